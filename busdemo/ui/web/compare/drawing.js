// drawing.js: drawing with mouse, pen and touch on the picture: brush, eraser, polygon, fill. One
// finger draws, two zoom and move, as everywhere; while a tool but "move" is chosen, the wheel
// changes the brush.

import { DrawnMask, brushLine, fillEnclosed, fillPolygon } from '../core/strokes.js';

const BRUSH = { least: 1, most: 150 }; // radius, pixels of the scan

export class Easel {
  constructor(desk) {
    this.desk = desk;
    this.pane = desk.find('[data-stage=picture]');
    this.tool = 'brush';
    this.radius = 12;
    this.mask = null; // the DrawnMask under the hand
    this.corners = []; // of the polygon begun
    this.at = null; // where the hand is, in pixels of the scan
    this.stroke = null;
    this.pointers = new Set();
    this.histories = new Map(); // of every drawn mask, by its key
    this.listen();
  }

  get isOn() {
    return this.mask !== null;
  }

  // Whether one pointer draws rather than moves the picture (asked by pointer.js).
  get holds() {
    return this.isOn && this.tool !== 'move';
  }

  open(annotator) {
    const { histories, desk } = this;
    if (!histories.has(annotator.key)) histories.set(annotator.key, new DrawnMask(desk.planes, annotator.slot));
    this.mask = histories.get(annotator.key);
    this.key = annotator.key;
  }

  close() {
    if (this.stroke) this.cancel();
    this.mask = null;
    this.corners = [];
    this.key = '';
  }

  forget(key) {
    if (this.key === key) this.close();
    this.histories.delete(key);
  }

  listen() {
    const { pane } = this, on = (type, act) => pane.addEventListener(type, (event) => this.holds && act(event), { capture: true, passive: false });
    on('pointerdown', (event) => this.press(event));
    on('pointermove', (event) => this.drag(event));
    for (const end of ['pointerup', 'pointercancel']) pane.addEventListener(end, (event) => this.lift(event), { capture: true });
    on('dblclick', () => this.tool === 'polygon' && this.closePolygon());
    on('wheel', (event) => {
      if (event.ctrlKey || event.metaKey) return; // zooms
      event.preventDefault();
      event.stopImmediatePropagation();
      this.setRadius(this.radius * (event.deltaY > 0 ? 1 / 1.12 : 1.12));
    });
    pane.addEventListener('pointerleave', () => {
      this.at = null;
      this.desk.redraw('picture');
    });
  }

  place(event) {
    const box = this.pane.getBoundingClientRect();
    return this.desk.view.toScan(event.clientX - box.left, event.clientY - box.top);
  }

  press(event) {
    if (event.button !== 0 || event.target.closest('.bd-divider')) return;
    this.pointers.add(event.pointerId);
    if (this.pointers.size > 1) return this.cancel();
    const at = this.place(event);
    this.at = at;
    if (this.tool === 'polygon') return this.addCorner(at);
    if (this.tool === 'fill') return this.fill(at);
    this.mask.begin();
    this.stroke = { id: event.pointerId, last: at, on: this.tool === 'brush' };
    this.paint(at);
  }

  drag(event) {
    this.at = this.place(event);
    this.desk.redraw('picture');
    if (!this.stroke || event.pointerId !== this.stroke.id) return;
    const events = event.getCoalescedEvents ? event.getCoalescedEvents() : [];
    for (const one of events.length ? events : [event]) this.paint(this.place(one));
  }

  paint(at) {
    brushLine(this.mask, this.stroke.last, at, this.radius, this.stroke.on);
    this.stroke.last = at;
    this.desk.maskChanged(this.key);
  }

  lift(event) {
    this.pointers.delete(event.pointerId);
    if (!this.stroke || event.pointerId !== this.stroke.id) return;
    this.stroke = null;
    this.mask.commit();
    this.desk.strokeEnded(this.key);
  }

  cancel() {
    if (this.corners.length) this.corners.pop(); // the first finger had set one
    if (!this.stroke) return;
    this.stroke = null;
    this.mask.cancel();
    this.desk.maskChanged(this.key);
  }

  // ---- polygon and fill

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

  fill(at) {
    let enclosed = false;
    this.once(() => {
      enclosed = fillEnclosed(this.mask, Math.floor(at.x), Math.floor(at.y));
    });
    this.desk.say(enclosed ? '' : 'This place is not enclosed by the outline; close the outline first.');
  }

  // One change as one step to undo.
  once(change) {
    this.mask.begin();
    change();
    this.mask.commit();
    this.desk.maskChanged(this.key);
    this.desk.strokeEnded(this.key);
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

  step(way) {
    if (!this.isOn || this.stroke || !this.mask[way]()) return;
    this.desk.maskChanged(this.key);
    this.desk.strokeEnded(this.key);
  }

  // ---- tools

  setTool(tool) {
    if (tool !== 'polygon') this.corners = [];
    this.tool = tool;
    this.desk.showTools();
  }

  setRadius(radius) {
    this.radius = Math.max(BRUSH.least, Math.min(BRUSH.most, radius));
    this.desk.showTools();
  }

  // What shows where the hand is: the brush's circle, the polygon begun.
  drawHand(context, scale) {
    if (!this.holds) return;
    const { at, corners, radius } = this;
    context.setLineDash([]);
    context.globalAlpha = 1;
    const outline = (path) => {
      for (const [colour, width] of [['rgb(0 0 0 / 60%)', 3], ['#fff', 1.2]]) {
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
