// drawing.js: drawing with mouse, pen and touch on the picture: brush, eraser, polygon, fill. One
// finger draws, two zoom and move, as the wheel, the middle button and the space bar held do; Shift
// with the wheel changes the brush.

import { closest } from '../page/dom.js';
import { DrawnMask, brushLine, fillEnclosed, fillPolygon } from '../core/strokes.js';
/** @import { CompareView } from './view.js' */
/** @import { Point } from '../core/lesions.js' */
/** @import { Annotator } from '../workspace/annotators.js' */

const BRUSH = { least: 1, most: 150 }; // radius, pixels of the scan

export class DrawingTool {
  /**
   * @param {CompareView} desk
   */
  constructor(desk) {
    this.desk = desk;
    this.pane = desk.find('[data-stage=picture]');
    this.tool = 'brush';
    this.radius = 12;
    /** @type {DrawnMask | null} */
    this.drawn = null; // the mask under the hand
    this.key = ''; // whose it is
    this.isPanning = false; // while the space bar is held
    /** @type {Point[]} */
    this.corners = []; // of the polygon begun
    /** @type {Point | null} */
    this.at = null; // where the hand is, in pixels of the scan
    /** @type {{id: number, last: Point, on: boolean} | null} */
    this.stroke = null;
    /** @type {Set<number>} */
    this.pointers = new Set();
    /** @type {Map<string, DrawnMask>} */
    this.histories = new Map(); // of every drawn mask, by its key
    this.listen();
  }

  // The mask under the hand, while there is one.
  get mask() {
    return /** @type {DrawnMask} */ (this.drawn);
  }

  get isOn() {
    return this.drawn !== null;
  }

  // Whether one pointer draws rather than moves the picture (asked by pointer.js).
  get holds() {
    return this.isOn && this.tool !== 'move' && !this.isPanning;
  }

  // ---- whose mask is under the hand

  // A new mask, or the annotator's own if it was drawn here, else a copy of it.
  start(key = '') {
    const { desk } = this, { store, roster } = desk;
    if (!desk.state.grey) return;
    const source = roster.find(key);
    let one = source && source.drawn ? source : null;
    if (!one) {
      const name = source ? `${source.name}, edited` : 'Drawn';
      one = store.addAnnotator({ key: roster.newKey('drawn'), name, kind: 'person', drawn: true }, null);
      if (!one) return;
      one.ready = true;
      if (source) {
        store.planes.copy(source.slot, one.slot);
        this.drawFrom(one, source);
      }
    }
    one.shown = true;
    store.revealed = one.key;
    this.open(one);
    desk.changed('masks', 'layout');
  }

  stop() {
    this.close();
    this.desk.blind = false;
    this.desk.changed('masks', 'layout');
  }

  /**
   * Put a model's mask, or nothing, under the hand: one step that can be undone.
   * @param {string} key
   */
  startFrom(key) {
    const { planes, roster } = this.desk, source = roster.find(key), { width, height } = planes;
    const one = roster.find(this.key);
    if (one && source) this.drawFrom(one, source);
    const isIn = source ? (/** @type {number} */ i) => planes.has(source.slot, i) : () => false;
    this.once(() => {
      for (let y = 0, i = 0; y < height; y++) {
        for (let from = 0; from < width;) {
          const on = isIn(i + from);
          let to = from + 1;
          while (to < width && isIn(i + to) === on) to++;
          this.mask.span(y, from, to, on);
          from = to;
        }
        i += width;
      }
    });
  }

  /**
   * It stays so, whatever is done to the mask: who has started from another's has seen it.
   * @param {Annotator} one
   * @param {Annotator} source
   */
  drawFrom(one, source) {
    one.provenance = { ...one.provenance, drawn_from: source.provenance?.drawn_from || source.name };
    this.desk.redraw('list');
  }

  // A change begins. Who draws once with the others in sight has not drawn blind.
  begin() {
    const { desk } = this, one = desk.roster.find(this.key);
    const blind = desk.blind && one?.provenance?.blind !== false;
    if (one && one.provenance?.blind !== blind) {
      one.provenance = { ...one.provenance, blind };
      desk.redraw('list');
    }
    this.mask.begin();
  }

  /**
   * @param {Annotator} annotator
   */
  open(annotator) {
    const { histories, desk } = this;
    if (!histories.has(annotator.key)) histories.set(annotator.key, new DrawnMask(desk.planes, annotator.slot));
    this.drawn = histories.get(annotator.key) || null;
    // The button may stand a screen below the picture, as on a phone; it has another size only then.
    requestAnimationFrame(() => {
      const { top, bottom } = this.pane.getBoundingClientRect();
      if (top < 0 || bottom > innerHeight) this.pane.closest('.bd-surface').scrollIntoView();
    });
    this.key = annotator.key;
  }

  close() {
    if (this.stroke) this.cancel();
    this.drawn = null;
    this.corners = [];
    this.key = '';
  }

  /**
   * @param {string} key
   */
  leave(key) {
    if (this.key === key) this.stop();
    this.histories.delete(key);
  }

  listen() {
    const { pane } = this, on = (/** @type {string} */ type, /** @type {(event: any) => void} */ act) => pane.addEventListener(type, (/** @type {Event} */ event) => this.holds && act(event), { capture: true, passive: false });
    on('pointerdown', (/** @type {PointerEvent} */ event) => this.press(event));
    on('pointermove', (/** @type {PointerEvent} */ event) => this.drag(event));
    for (const end of ['pointerup', 'pointercancel']) pane.addEventListener(end, (/** @type {PointerEvent} */ event) => this.lift(event), { capture: true });
    on('dblclick', () => this.tool === 'polygon' && this.closePolygon());
    on('wheel', (/** @type {WheelEvent} */ event) => {
      if (!event.shiftKey) return; // zooms, at the cursor
      event.preventDefault();
      event.stopImmediatePropagation();
      this.setRadius(this.radius * ((event.deltaY || event.deltaX) > 0 ? 1 / 1.12 : 1.12));
    });
    pane.addEventListener('pointerleave', () => {
      this.at = null;
      this.desk.redraw('picture');
    });
  }

  /**
   * @param {PointerEvent} event
   */
  place(event) {
    const box = this.pane.getBoundingClientRect();
    return this.desk.view.toScan(event.clientX - box.left, event.clientY - box.top);
  }

  /**
   * @param {PointerEvent} event
   */
  press(event) {
    if (event.button !== 0 || closest(event, '.bd-divider')) return;
    this.pointers.add(event.pointerId);
    if (this.pointers.size > 1) return this.cancel();
    const at = this.place(event);
    this.at = at;
    if (this.tool === 'polygon') return this.addCorner(at);
    if (this.tool === 'fill') return this.fill(at);
    this.begin();
    this.stroke = { id: event.pointerId, last: at, on: this.tool === 'brush' };
    this.paint(at);
  }

  /**
   * @param {PointerEvent} event
   */
  drag(event) {
    this.at = this.place(event);
    this.desk.redraw('picture');
    if (!this.stroke || event.pointerId !== this.stroke.id) return;
    const events = event.getCoalescedEvents ? event.getCoalescedEvents() : [];
    for (const one of events.length ? events : [event]) this.paint(this.place(one));
  }

  /**
   * @param {Point} at
   */
  paint(at) {
    if (!this.stroke) return;
    brushLine(this.mask, this.stroke.last, at, this.radius, this.stroke.on);
    this.stroke.last = at;
    this.desk.store.maskChanged(this.key);
  }

  /**
   * @param {PointerEvent} event
   */
  lift(event) {
    this.pointers.delete(event.pointerId);
    if (!this.stroke || event.pointerId !== this.stroke.id) return;
    this.stroke = null;
    this.mask.commit();
    this.desk.showTools();
  }

  cancel() {
    if (this.corners.length) this.corners.pop(); // the first finger had set one
    if (!this.stroke) return;
    this.stroke = null;
    this.mask.cancel();
    this.desk.store.maskChanged(this.key);
  }

  // ---- polygon and fill

  /**
   * @param {Point} at
   */
  addCorner(at) {
    const { corners, desk } = this, near = 8 / desk.view.scale;
    const last = corners[corners.length - 1], first = corners[0];
    if (corners.length > 2 && Math.hypot(at.x - first.x, at.y - first.y) < near) return this.closePolygon();
    if (!last || Math.hypot(at.x - last.x, at.y - last.y) >= 0.5) corners.push(at); // not twice by a double click
    desk.redraw('picture');
  }

  closePolygon() {
    const { corners } = this;
    this.corners = [];
    if (corners.length > 2) this.once(() => fillPolygon(this.mask, corners, true));
    this.desk.redraw('picture');
  }

  dropPolygon() {
    const had = this.corners.length > 0;
    this.corners = [];
    this.desk.redraw('picture');
    return had;
  }

  /**
   * @param {Point} at
   */
  fill(at) {
    let enclosed = false;
    this.once(() => {
      enclosed = fillEnclosed(this.mask, Math.floor(at.x), Math.floor(at.y));
    });
    this.desk.say(enclosed ? '' : 'This place is not enclosed by the outline; close the outline first.');
  }

  /**
   * One change as one step to undo.
   * @param {() => void} change
   */
  once(change) {
    this.begin();
    change();
    this.mask.commit();
    this.desk.store.maskChanged(this.key);
    this.desk.showTools();
  }

  undo() {
    if (this.corners.length) {
      this.corners.pop();
      this.desk.redraw('picture');
    } else this.step('undo');
  }

  redo() {
    this.step('redo');
  }

  /**
   * @param {'undo' | 'redo'} way
   */
  step(way) {
    if (!this.isOn || this.stroke || !this.mask[way]()) return;
    this.desk.store.maskChanged(this.key);
    this.desk.showTools();
  }

  /** @param {boolean} on */
  setPanning(on) {
    this.isPanning = on && this.stroke === null;
    this.desk.showTools();
  }

  // ---- tools

  /**
   * @param {string} tool
   */
  setTool(tool) {
    if (tool !== 'polygon') this.corners = [];
    this.tool = tool;
    this.desk.showTools();
  }

  /**
   * @param {number} radius
   */
  setRadius(radius) {
    this.radius = Math.max(BRUSH.least, Math.min(BRUSH.most, radius));
    this.desk.showTools();
  }

  /**
   * What shows where the hand is: the brush's circle, the polygon begun.
   * @param {CanvasRenderingContext2D} context
   * @param {number} scale
   */
  drawHand(context, scale) {
    if (!this.holds) return;
    const { at, corners, radius } = this;
    context.setLineDash([]);
    context.globalAlpha = 1;
    const outline = (/** @type {Path2D} */ path) => {
      for (const { width, colour } of [{ width: 3, colour: 'rgb(0 0 0 / 60%)' }, { width: 1.2, colour: '#fff' }]) {
        context.strokeStyle = colour;
        context.lineWidth = width / scale;
        context.stroke(path);
      }
    };
    const path = new Path2D();
    if (corners.length) {
      for (const corner of at ? [...corners, at] : corners) path.lineTo(corner.x, corner.y);
      path.moveTo(corners[0].x + 4 / scale, corners[0].y);
      path.arc(corners[0].x, corners[0].y, 4 / scale, 0, 7);
    } else if (at && (this.tool === 'brush' || this.tool === 'eraser')) path.arc(at.x, at.y, radius, 0, 7);
    outline(path);
  }
}
