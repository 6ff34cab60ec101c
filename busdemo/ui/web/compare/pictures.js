// pictures.js: the two panes. The picture: outlines over the scan, all, two halves, or two in turn.
// The map: votes, their entropy, or A against B. Outlines are paths, drawn at the screen's own
// resolution; maps are pixels of the scan.

import { buildPath, pathDetail } from '../canvas/outlines.js';
import { MOST_DRAWN, PaneSource, thinPixels } from '../canvas/painter.js';
import { DASHES, PAIR_COLOURS, buildGreyTable, buildMapTable, heatColour, packColour, voteColours } from '../canvas/palette.js';
import { traceRings } from '../core/contours.js';
import { countPair, countVotes, voteEntropy } from '../core/planes.js';
import { countKinds, paintKinds } from '../core/votes.js';
import { slotsOf } from '../workspace/annotators.js';
/** @import { Look } from '../canvas/palette.js' */
/** @import { CompareView } from './view.js' */
/** @import { Annotator } from '../workspace/annotators.js' */

const LINE = 1.6, REFERENCE_LINE = 2.6, RIM_WIDTH = 0.8; // CSS pixels

const RIM = 'rgb(0 0 0 / 55%)';

export class Pictures {
  /**
   * @param {CompareView} desk
   */
  constructor(desk) {
    this.desk = desk;
    this.canvases = { picture: desk.find('[data-stage=picture] canvas'), map: desk.find('[data-stage=map] canvas') };
    this.step = 1; // pixels of the scan to a drawn one
    this.size = { width: 0, height: 0 };
    /** @type {Uint8Array} */
    this.grey = new Uint8Array(0); // as drawn
    this.greys = new Uint8Array(256);
    this.sources = { picture: new PaneSource(1, 1), map: new PaneSource(1, 1) };
    this.kinds = new Uint8Array(0);
    this.counts = new Uint32Array(256);
    this.answered = '';
  }

  /**
   * grey: Uint8Array(width * height).
   * @param {number} width
   * @param {number} height
   * @param {Uint8Array} grey
   */
  setScan(width, height, grey) {
    const step = Math.max(1, Math.ceil(Math.sqrt((width * height) / MOST_DRAWN)));
    this.step = step;
    this.size = { width, height };
    this.grey = thinPixels(grey, width, height, step);
    const across = Math.ceil(width / step), down = Math.ceil(height / step);
    this.sources = { picture: new PaneSource(across, down), map: new PaneSource(across, down) };
    this.kinds = new Uint8Array(width * height);
    this.counts = countKinds(this.kinds, 256);
    this.answered = '';
  }

  /**
   * @param {Look} look
   */
  drawScan(look) {
    const { pixels } = this.sources.picture;
    this.greys = buildGreyTable(look);
    const words = Uint32Array.from(this.greys, (shown) => packColour(shown, shown, shown));
    for (let i = 0; i < pixels.length; i++) pixels[i] = words[this.grey[i]];
    this.sources.picture.show();
  }

  // ---- the picture

  drawPicture() {
    const { desk } = this, { view } = desk, canvas = this.canvases.picture, ratio = window.devicePixelRatio || 1;
    view.blit(canvas, this.sources.picture.canvas, this.step);
    const context = canvas.getContext('2d', { alpha: false }), { scale, offset } = view, grown = scale * ratio;
    context.save();
    context.setTransform(grown, 0, 0, grown, offset.x * ratio, offset.y * ratio);
    // All the dark rims first, so that no line hides under another's rim.
    const layers = desk.layersShown();
    for (const rim of [true, false]) {
      for (const { annotator, from, to } of layers) {
        context.save();
        if (from > 0 || to < 1) this.clip(context, from, to);
        this.drawAnnotator(context, annotator, scale, { ratio, rim });
        context.restore();
      }
    }
    desk.easel.drawHand(context, scale);
    context.restore();
  }

  /**
   * Only the stretch of the pane between two shares of its width.
   * @param {CanvasRenderingContext2D} context
   * @param {number} from
   * @param {number} to
   */
  clip(context, from, to) {
    const { view } = this.desk, a = view.toScan(from * view.pane.width, 0), b = view.toScan(to * view.pane.width, view.pane.height);
    context.beginPath();
    context.rect(a.x, a.y, b.x - a.x, b.y - a.y);
    context.clip();
  }

  /**
   * The fill and the line's dark rim, or the line itself.
   * @param {CanvasRenderingContext2D} context
   * @param {Annotator} annotator
   * @param {number} scale
   * @param {{ratio: number, rim: boolean}} it
   */
  drawAnnotator(context, annotator, scale, { ratio, rim }) {
    const { desk } = this, path = this.pathOf(annotator, scale * ratio);
    const width = annotator.key === desk.roster.reference ? REFERENCE_LINE : LINE;
    const others = desk.pointed && desk.picture === 'outlines' && desk.pointed !== annotator.key;
    const strength = others ? 0.15 : 1;
    context.lineJoin = 'round';
    if (rim && (annotator.style === 'fill' || annotator.key === desk.easel.key)) {
      context.globalAlpha = strength * desk.opacity;
      context.fillStyle = annotator.colour;
      context.fill(path, 'evenodd');
    }
    context.globalAlpha = strength;
    context.setLineDash(DASHES[annotator.dash].map((length) => length / scale));
    context.strokeStyle = rim ? RIM : annotator.colour;
    context.lineWidth = (rim ? width + 2 * RIM_WIDTH : width) / scale;
    context.stroke(path);
  }

  /**
   * Rings are traced once a change of the mask, the path of a zoom level once.
   * @param {Annotator} annotator
   * @param {number} scale
   */
  pathOf(annotator, scale) {
    const { planes } = this.desk, { slot, version } = annotator;
    if (!annotator.traced || annotator.traced.version !== version) {
      const rings = traceRings(planes.words, slot, planes.width, planes.height, planes.boxes[slot]);
      annotator.traced = { version, rings, paths: new Map() };
    }
    const detail = pathDetail(scale), key = `${detail.corners}${detail.least}`, { rings, paths } = annotator.traced;
    const path = paths.get(key) || buildPath(rings, detail);
    paths.set(key, path);
    return path;
  }

  // ---- the map

  /**
   * What the map says of the pixels from `from` to `to`, for colours and counts: their kinds.
   * @param {number} from
   * @param {number} to
   */
  classify(from, to) {
    const { desk, counts } = this, { a, b } = desk.pair, kinds = this.kinds.subarray(from, to), words = desk.planes.words.subarray(from, to);
    const before = countKinds(kinds, 256);
    if (desk.map !== 'pair') countVotes(kinds, words, slotsOf(desk.votersShown));
    else if (a && b) countPair(kinds, words, a.slot, b.slot);
    else kinds.fill(0);
    countKinds(kinds, 256).forEach((px, k) => { counts[k] += px - before[k]; });
  }

  // Whose masks the map is made of, and how: another one is drawn anew, this one where it has changed.
  get question() {
    const { map, pair: { a, b }, votersShown } = this.desk;
    return [map, ...(map === 'pair' ? [a, b].map((one) => (one ? one.slot : '')) : [slotsOf(votersShown)])].join(' ');
  }

  colours() {
    const { map, votersShown: { length: n } } = this.desk, { a, b, both } = PAIR_COLOURS;
    if (map === 'pair') return [null, a, b, both];
    if (map === 'votes') return [null, ...voteColours(n)];
    return Array.from({ length: n + 1 }, (_, k) => (voteEntropy(k, n) ? heatColour(0.3 + 0.7 * voteEntropy(k, n)) : null));
  }

  /**
   * isNew: the scan or its brightness.
   * @param {boolean} isNew
   */
  drawMap(isNew) {
    const { desk, question, size: { height } } = this, changed = desk.planes.takeChanged();
    if (isNew || question !== this.answered) this.paintMap(0, height);
    else if (changed) this.paintMap(changed.top, changed.bottom);
    this.answered = question;
    desk.view.blit(this.canvases.map, this.sources.map.canvas, this.step);
  }

  /**
   * Rows of the scan; all of them where not every one is drawn.
   * @param {number} top
   * @param {number} bottom
   */
  paintMap(top, bottom) {
    const { width, height } = this.size, source = this.sources.map, table = buildMapTable(this.greys, this.colours());
    this.classify(top * width, bottom * width);
    if (this.step > 1) {
      paintKinds(source.pixels, thinPixels(this.kinds, width, height, this.step), this.grey, table);
      source.show();
      return;
    }
    const from = top * width, to = bottom * width;
    paintKinds(source.pixels.subarray(from, to), this.kinds.subarray(from, to), this.grey.subarray(from, to), table);
    source.show(top, bottom);
  }
}
