// curve.js: Dice at every threshold, drawn over the slider on the same axis, so that the thumb is
// a cursor on the curve.

import { find, findAll } from '../page/dom.js';
import { STOPS, clampStop, stopToPercent } from '../core/scoring.js';

const NEAR_PX = 24;
const SVG = 'http://www.w3.org/2000/svg';

/**
 * curve: Float64Array from diceCurve. An undefined Dice is a gap in the line.
 * @param {Float64Array} curve
 */
function curvePath(curve) {
  let path = '', pen = 'M';
  for (let stop = 1; stop < STOPS; stop++) {
    if (Number.isNaN(curve[stop])) pen = 'M';
    else {
      path += `${pen}${stop - 1} ${(100 - curve[stop] * 100).toFixed(2)}`;
      pen = 'L';
    }
  }
  return path;
}

export class DiceCurve {
  /**
   * plot: the element that holds the svg, the lines and the dot; choose(stop): a click on it.
   * @param {HTMLElement} plot
   * @param {(stop: number, done?: boolean) => void} choose
   */
  constructor(plot, choose) {
    this.plot = plot;
    this.svg = find(plot, 'svg');
    this.frozenLine = find(plot, '.bd-frozen-line');
    this.cursor = find(plot, '.bd-cursor');
    this.dot = find(plot, '.bd-dot');
    this.note = find(plot, '.bd-plot-note');
    for (const at of [0, 50, 100]) this.svg.append(this.line(at));
    this.name = find(plot, '.bd-curve-name');
    /** @type {{id: string, name: string, curve: Float64Array | null}[]} */
    this.layers = [];
    this.followPointer(choose);
  }

  /**
   * The curve next to a pointer is named beside it; none is where the pointer is far from all.
   * @param {MouseEvent | null} event Null when it has left.
   */
  nameAt(event) {
    const box = this.plot.getBoundingClientRect();
    const stop = event ? clampStop(1 + ((event.clientX - box.left) / box.width) * (STOPS - 2)) : 0;
    let nearest = null, least = NEAR_PX;
    for (const layer of event ? this.layers : []) {
      const away = Math.abs(box.top + (1 - /** @type {Float64Array} */ (layer.curve)[stop]) * box.height - /** @type {MouseEvent} */ (event).clientY);
      if (away < least) [nearest, least] = [layer, away];
    }
    this.name.hidden = !nearest;
    for (const path of findAll(this.svg, '.bd-curve')) path.classList.toggle('bd-curve-named', path.dataset.model === nearest?.id);
    if (!nearest || !event) return;
    this.name.textContent = nearest.name;
    this.name.style.left = `${Math.min(event.clientX - box.left + 12, box.width - this.name.offsetWidth)}px`;
    this.name.style.top = `${event.clientY - box.top + 14}px`;
  }

  /**
   * @param {number} y
   */
  line(y) {
    const line = document.createElementNS(SVG, 'path');
    line.setAttribute('class', 'bd-grid');
    line.setAttribute('d', `M0 ${y}H198`);
    return line;
  }

  /**
   * layers: [{id, name, curve}] of the ready models; the chosen one is drawn last, on top.
   * @param {{id: string, name: string, curve: Float64Array | null}[]} layers
   * @param {string} chosen
   */
  draw(layers, chosen) {
    for (const path of findAll(this.svg, '.bd-curve')) path.remove();
    this.layers = layers;
    const ordered = [...layers].sort((a, b) => Number(a.id === chosen) - Number(b.id === chosen));
    for (const layer of ordered) {
      const path = document.createElementNS(SVG, 'path');
      path.setAttribute('class', layer.id === chosen ? 'bd-curve bd-curve-chosen' : 'bd-curve');
      path.setAttribute('d', curvePath(/** @type {Float64Array} */ (layer.curve)));
      path.dataset.model = layer.id;
      this.svg.append(path);
    }
  }

  /**
   * dice: of the chosen model at the stop, NaN or null where there is none.
   * @param {number} stop
   * @param {number | null} dice
   */
  moveTo(stop, dice) {
    const left = `${stopToPercent(stop)}%`, defined = dice !== null && !Number.isNaN(dice);
    this.cursor.style.left = left;
    this.dot.hidden = !defined;
    if (defined) {
      this.dot.style.left = left;
      this.dot.style.top = `${(1 - dice) * 100}%`;
    }
  }

  /**
   * @param {number | null} stop
   */
  markFrozen(stop) {
    this.frozenLine.hidden = stop === null;
    if (stop !== null) this.frozenLine.style.left = `${stopToPercent(stop)}%`;
  }

  /**
   * @param {string} text
   */
  say(text) {
    this.note.hidden = !text;
    this.note.textContent = text;
  }

  /**
   * The plot answers to a press and a drag as the slider under it does.
   * @param {(stop: number, done?: boolean) => void} choose
   */
  followPointer(choose) {
    const chooseAt = (/** @type {any} */ event, /** @type {boolean} */ done) => {
      const box = this.plot.getBoundingClientRect();
      choose(clampStop(1 + ((event.clientX - box.left) / box.width) * (STOPS - 2)), done);
    };
    this.plot.addEventListener('pointerdown', (event) => {
      if (event.button !== 0) return;
      this.plot.setPointerCapture(event.pointerId);
      chooseAt(event, false);
    });
    this.plot.addEventListener('pointermove', (event) => {
      if (this.plot.hasPointerCapture(event.pointerId)) chooseAt(event, false);
      else this.nameAt(event);
    });
    this.plot.addEventListener('pointerleave', () => this.nameAt(null));
    this.plot.addEventListener('pointerup', (event) => chooseAt(event, true));
  }
}
