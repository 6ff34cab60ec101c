// painter.js: grey values and levels into the colours of source canvases, at the scan's own
// resolution. transform.js scales those into the panes, so zooming never draws a pixel anew.

import { contextOf } from './view.js';
import { BLACK, WHITE, buildBlendTable, buildGreyTable, buildHeatTable, buildOverlayTable, packColour } from './palette.js';
import { STOPS } from '../core/scoring.js';
/** @import { Look } from './palette.js' */

// Beyond this, panes are drawn from every 2nd, 3rd, ... pixel: a 40-megapixel scan would need
// 1.3 GB of canvases. Counts and metrics are always those of all pixels.
export const MOST_DRAWN = 4e6;

/**
 * Every step-th pixel of every step-th row.
 * @param {Uint8Array} pixels
 * @param {number} width
 * @param {number} height
 * @param {number} step
 */
export function thinPixels(pixels, width, height, step) {
  if (step === 1) return pixels;
  const across = Math.ceil(width / step), down = Math.ceil(height / step);
  const thinned = new Uint8Array(across * down);
  for (let y = 0, to = 0; y < height; y += step) {
    for (let x = 0; x < width; x += step) thinned[to++] = pixels[y * width + x];
  }
  return thinned;
}

export class PaneSource {
  /**
   * @param {number} width
   * @param {number} height
   */
  constructor(width, height) {
    this.canvas = document.createElement('canvas');
    this.canvas.width = width;
    this.canvas.height = height;
    this.context = contextOf(this.canvas);
    this.image = this.context.createImageData(width, height);
    this.pixels = new Uint32Array(this.image.data.buffer);
  }

  // All of it, or the rows from `top` to `bottom` (exclusive) alone.
  show(top = 0, bottom = this.canvas.height) {
    this.context.putImageData(this.image, 0, 0, 0, top, this.canvas.width, bottom - top);
  }
}

export class Painter {
  constructor() {
    this.heatTable = buildHeatTable();
    /** @type {Record<string, PaneSource>} */
    this.sources = {};
    this.size = { width: 1, height: 1 };
    this.step = 1; // pixels of the scan to a drawn one
    this.width = this.height = 1; // drawn
    /** @type {{image: ImageData, pixels: Uint32Array} | null} */
    this.spare = null;
    /** @type {WeakMap<Uint8Array, Uint8Array>} */
    this.thinned = new WeakMap();
    this.hasReference = false;
    this.classes = new Uint8Array(0);
    this.codes = new Uint16Array(0);
    this.greyTable = new Uint8Array(256);
    this.overlayTable = new Uint32Array(1024);
  }

  /**
   * grey: Uint8Array(width * height); reference: the same, 0 = background, or null.
   * @param {{width: number, height: number, grey: Uint8Array, reference: Uint8Array | null}} it
   */
  setCase({ width, height, grey, reference }) {
    this.size = { width, height };
    this.step = Math.max(1, Math.ceil(Math.sqrt((width * height) / MOST_DRAWN)));
    this.width = Math.ceil(width / this.step);
    this.height = Math.ceil(height / this.step);
    this.sources = {};
    for (const pane of ['original', 'reference', 'raw', 'prediction', 'overlay']) {
      this.sources[pane] = new PaneSource(this.width, this.height);
    }
    this.spare = null;
    this.thinned = new WeakMap();
    this.hasReference = reference !== null;
    this.classes = new Uint8Array(this.width * this.height);
    // Grey value and reference bit of a pixel as one number, so that the overlay's colour is
    // one look-up however the threshold moves.
    const shownGrey = this.thin(grey), shownReference = reference && this.thin(reference);
    this.codes = Uint16Array.from(shownGrey);
    if (shownReference) for (let i = 0; i < this.codes.length; i++) if (shownReference[i]) this.codes[i] |= 512;
    this.drawReference();
  }

  /**
   * @param {Uint8Array} pixels
   */
  thin(pixels) {
    if (!this.thinned.has(pixels)) {
      this.thinned.set(pixels, thinPixels(pixels, this.size.width, this.size.height, this.step));
    }
    return /** @type {Uint8Array} */ (this.thinned.get(pixels));
  }

  /**
   * look: {brightness, contrast, invert, opacity}. Cheap: tables only; then draw what shows them.
   * @param {Look & {opacity: number}} look
   */
  setLook(look) {
    this.greyTable = buildGreyTable(look);
    this.overlayTable = buildOverlayTable(this.greyTable, look.opacity, this.hasReference);
  }

  drawOriginal() {
    const { pixels } = this.sources.original, { codes } = this;
    const table = new Uint32Array(256).map((_, grey) => packColour(this.greyTable[grey], this.greyTable[grey], this.greyTable[grey]));
    for (let i = 0; i < codes.length; i++) pixels[i] = table[codes[i] & 255];
    this.sources.original.show();
  }

  drawReference() {
    const { pixels } = this.sources.reference, { codes } = this;
    for (let i = 0; i < codes.length; i++) pixels[i] = codes[i] & 512 ? WHITE : BLACK;
    this.sources.reference.show();
  }

  /**
   * Prediction and overlay at a stop. levels: Uint8Array of the scan's size, or null while a
   * model has no result. mask: the processed one, 0 and 1, or null for the threshold's. style:
   * 'fill', 'outline' or 'off'. reach: thickness of outlines in pixels. heat: what the prediction
   * is coloured by, {levels, opacity, contour}, or null.
   * @param {{levels: Uint8Array | null, mask: Uint8Array | null, stop: number, style: string, heat: {levels: Uint8Array, opacity: number, contour: boolean} | null, reach: number}} it
   */
  drawResult({ levels, mask, stop, style, heat, reach }) {
    if (!levels) this.drawNoResult();
    else {
      const shown = this.thin(levels);
      if (mask) this.drawMasks(thinPixels(mask, this.size.width, this.size.height, this.step), 1, style === 'fill');
      else this.drawMasks(shown, stop, style === 'fill');
      if (style === 'off') this.drawPlain(this.sources.overlay.pixels);
      if (style === 'outline') this.drawOutlines(this.sources.overlay.pixels, reach);
      if (heat) this.drawHeat(heat, reach);
    }
    this.sources.prediction.show();
    this.sources.overlay.show();
  }

  /**
   * mask: the one before processing, or null.
   * @param {Uint8Array | null} mask
   */
  drawRaw(mask) {
    const { pixels } = this.sources.raw, shown = mask && thinPixels(mask, this.size.width, this.size.height, this.step);
    for (let i = 0; i < pixels.length; i++) pixels[i] = shown && shown[i] ? WHITE : BLACK;
    this.sources.raw.show();
  }

  /**
   * The overlay alone, into any pixels: one pass a pane when several models are compared.
   * @param {Uint32Array} overlay
   * @param {{mask: Uint8Array | null, style: string, reach: number}} other
   */
  drawOverlay(overlay, { mask, style, reach }) {
    const { codes, classes, overlayTable, size: { width, height } } = this, shown = mask && thinPixels(mask, width, height, this.step);
    if (!shown || style === 'off') this.drawPlain(overlay);
    else if (style === 'fill') {
      for (let i = 0; i < shown.length; i++) overlay[i] = overlayTable[(shown[i] << 8) | codes[i]];
    } else {
      for (let i = 0; i < shown.length; i++) classes[i] = shown[i] | (codes[i] >> 8);
      this.drawOutlines(overlay, reach);
    }
  }

  /**
   * Let write(pixels) fill a canvas. All share one buffer: eight panes of a large scan would
   * otherwise hold eight.
   * @param {HTMLCanvasElement} canvas
   * @param {(pixels: Uint32Array) => void} write
   */
  paint(canvas, write) {
    if (!this.spare) {
      const image = new ImageData(this.width, this.height);
      this.spare = { image, pixels: new Uint32Array(image.data.buffer) };
    }
    if (canvas.width !== this.width || canvas.height !== this.height) {
      canvas.width = this.width;
      canvas.height = this.height;
    }
    write(this.spare.pixels);
    contextOf(canvas).putImageData(this.spare.image, 0, 0);
  }

  /**
   * The one pass that a threshold move costs.
   * @param {Uint8Array} levels
   * @param {number} stop
   * @param {boolean} fill
   */
  drawMasks(levels, stop, fill) {
    const { codes, classes, overlayTable } = this;
    const prediction = this.sources.prediction.pixels, overlay = this.sources.overlay.pixels;
    if (fill) {
      for (let i = 0; i < levels.length; i++) {
        const predicted = levels[i] >= stop ? 1 : 0, code = codes[i];
        classes[i] = predicted | (code >> 8);
        prediction[i] = predicted ? WHITE : BLACK;
        overlay[i] = overlayTable[(predicted << 8) | code];
      }
      return;
    }
    for (let i = 0; i < levels.length; i++) {
      const predicted = levels[i] >= stop ? 1 : 0;
      classes[i] = predicted | (codes[i] >> 8);
      prediction[i] = predicted ? WHITE : BLACK;
    }
  }

  /**
   * The edges of the hit, extra and missed regions, each in its colour.
   * @param {Uint32Array} overlay
   * @param {number} reach
   */
  drawOutlines(overlay, reach) {
    const { codes, classes, overlayTable } = this;
    for (let i = 0; i < codes.length; i++) {
      const kind = classes[i], grey = codes[i] & 255;
      overlay[i] = overlayTable[kind && this.isEdge(classes, i, kind, 3, reach) ? (kind << 8) | grey : grey];
    }
  }

  /**
   * @param {Uint32Array} overlay
   */
  drawPlain(overlay) {
    const { codes, overlayTable } = this;
    for (let i = 0; i < codes.length; i++) overlay[i] = overlayTable[codes[i] & 255];
  }

  /**
   * A heat map over the scan; with a contour, the threshold as a white line.
   * @param {{levels: Uint8Array, opacity: number, contour: boolean}} it
   * @param {number} reach
   */
  drawHeat({ levels, opacity, contour }, reach) {
    const { classes, codes } = this, prediction = this.sources.prediction.pixels;
    const table = buildBlendTable(this.heatTable, this.greyTable, opacity), shown = this.thin(levels);
    for (let i = 0; i < shown.length; i++) {
      const edge = contour && classes[i] & 1 && this.isEdge(classes, i, 1, 1, reach);
      prediction[i] = edge ? WHITE : table[(shown[i] << 8) | (codes[i] & 255)];
    }
  }

  /**
   * Whether a pixel of this kind has another kind within reach; beyond the scan all is background.
   * @param {Uint8Array} classes
   * @param {number} i
   * @param {number} kind
   * @param {number} bits
   * @param {number} reach
   */
  isEdge(classes, i, kind, bits, reach) {
    const { width } = this, x = i % width, down = reach * width;
    return x < reach || x + reach >= width || i < down || i + down >= classes.length
      || (classes[i - reach] & bits) !== kind || (classes[i + reach] & bits) !== kind
      || (classes[i - down] & bits) !== kind || (classes[i + down] & bits) !== kind;
  }

  drawNoResult() {
    this.classes.fill(0);
    this.sources.prediction.pixels.fill(BLACK);
    this.drawPlain(this.sources.overlay.pixels);
  }

  /**
   * A key to the heat map, 1 at the top: drawn from the same table as the map.
   * @param {HTMLCanvasElement} canvas
   */
  drawScale(canvas) {
    const context = contextOf(canvas), image = context.createImageData(1, STOPS);
    new Uint32Array(image.data.buffer).forEach((_, y, words) => {
      words[y] = this.heatTable[STOPS - 1 - y];
    });
    context.putImageData(image, 0, 0);
  }
}
