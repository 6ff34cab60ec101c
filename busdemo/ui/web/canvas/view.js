// view.js: one zoom and position for all four panes, and the scaling of a source into a pane.

/** @import { Point } from '../core/lesions.js' */

/** @typedef {{width: number, height: number}} Size */

const CLOSEST = 24; // CSS pixels one pixel of the scan may grow to

/**
 * Of what is drawn: opaque, so that nothing behind it shows.
 * @param {HTMLCanvasElement} canvas
 * @returns {CanvasRenderingContext2D}
 */
export function contextOf(canvas) {
  return /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d', { alpha: false }));
}

export class LinkedView {
  constructor() {
    this.scan = { width: 1, height: 1 };
    this.pane = { width: 1, height: 1 };
    this.zoom = 1;
    /** @type {Point} */
    this.centre = { x: 0.5, y: 0.5 };
  }

  reset() {
    this.zoom = 1;
    this.centre = { x: this.scan.width / 2, y: this.scan.height / 2 };
  }

  /**
   * @param {number} width
   * @param {number} height
   */
  setScan(width, height) {
    this.scan = { width, height };
    this.reset();
  }

  /**
   * @param {number} width
   * @param {number} height
   */
  setPane(width, height) {
    this.pane = { width: Math.max(1, width), height: Math.max(1, height) };
    this.settle();
  }

  get isFitted() {
    return this.zoom <= 1;
  }

  // CSS pixels for one pixel of the scan.
  get scale() {
    const { scan, pane } = this;
    return Math.min(pane.width / scan.width, pane.height / scan.height) * this.zoom;
  }

  /**
   * Where the scan's pixel corner (0, 0) lies in the pane.
   * @returns {Point}
   */
  get offset() {
    const { scale, centre, pane } = this;
    return { x: pane.width / 2 - centre.x * scale, y: pane.height / 2 - centre.y * scale };
  }

  /**
   * @param {number} x
   * @param {number} y
   * @returns {Point}
   */
  toScan(x, y) {
    const { scale, offset } = this;
    return { x: (x - offset.x) / scale, y: (y - offset.y) / scale };
  }

  /**
   * @param {number} x
   * @param {number} y
   * @returns {Point}
   */
  toPane(x, y) {
    const { scale, offset } = this;
    return { x: x * scale + offset.x, y: y * scale + offset.y };
  }

  /**
   * Zoom by a factor around a point of the pane, which stays where it is.
   * @param {number} x
   * @param {number} y
   * @param {number} factor
   */
  zoomAt(x, y, factor) {
    const fixed = this.toScan(x, y), fit = this.scale / this.zoom;
    this.zoom = Math.max(1, Math.min(this.zoom * factor, Math.max(2, CLOSEST / fit)));
    const { scale, pane } = this;
    this.centre = { x: fixed.x - (x - pane.width / 2) / scale, y: fixed.y - (y - pane.height / 2) / scale };
    this.settle();
  }

  /**
   * @param {number} dx
   * @param {number} dy
   */
  panBy(dx, dy) {
    const { scale, centre } = this;
    this.centre = { x: centre.x - dx / scale, y: centre.y - dy / scale };
    this.settle();
  }

  // Keep the scan in the pane: never empty space where there could be scan.
  settle() {
    const { scale, scan, pane, centre } = this;
    const hold = (/** @type {number} */ at, /** @type {number} */ size, /** @type {number} */ room) => {
      const half = room / 2 / scale;
      return size <= 2 * half ? size / 2 : Math.max(half, Math.min(size - half, at));
    };
    this.centre = { x: hold(centre.x, scan.width, pane.width), y: hold(centre.y, scan.height, pane.height) };
  }

  /**
   * How many source pixels an outline needs to be about two screen pixels wide.
   * @param {number} step
   */
  outlineReach(step) {
    return Math.max(1, Math.min(24, Math.round(1.5 / (this.scale * step))));
  }

  /**
   * Draw a source canvas (step scan pixels to one of its own) into a pane's visible canvas.
   * @param {HTMLCanvasElement} target
   * @param {HTMLCanvasElement} source
   * @param {number} step
   */
  blit(target, source, step) {
    const ratio = window.devicePixelRatio || 1, { scale, offset } = this;
    const width = Math.round(this.pane.width * ratio), height = Math.round(this.pane.height * ratio);
    if (target.width !== width || target.height !== height) {
      target.width = width;
      target.height = height;
    }
    const context = contextOf(target);
    const grown = scale * ratio * step;
    context.fillStyle = '#000';
    context.fillRect(0, 0, width, height);
    // Far in, a clinician wants to see the pixels themselves; far out, no aliased speckle.
    context.imageSmoothingEnabled = grown < 4;
    context.imageSmoothingQuality = grown < 0.75 ? 'medium' : 'low';
    context.drawImage(source, offset.x * ratio, offset.y * ratio, source.width * grown, source.height * grown);
  }
}
