// postprocess.js: from a thresholded mask to the processed one: the same pixels as
// busdemo/imaging/post_processing.py, which documents the steps. Typed arrays, no canvas, no markup.

import { findComponents } from './components.js';

/**
 * Sizes in px; see busdemo/imaging/post_processing.py.
 * @typedef {object} Steps
 * @property {'all' | 'largest'} keep
 * @property {number} smallest_px
 * @property {boolean} fill_holes
 * @property {number} opening_px
 * @property {number} closing_px
 * @property {number} smoothing_px
 */

/** @type {Steps} */
export const NO_PROCESSING = { keep: 'all', smallest_px: 0, fill_holes: false, opening_px: 0, closing_px: 0, smoothing_px: 0 };

export const STEP_NAMES = /** @type {(keyof Steps)[]} */ (Object.keys(NO_PROCESSING));
export const MOST_SMALLEST_PX = 1000000, MOST_RADIUS_PX = 20;

/**
 * @param {Steps} steps
 */
export function isProcessing(steps) {
  return STEP_NAMES.some((name) => steps[name] !== NO_PROCESSING[name]);
}

/**
 * @param {Steps} one
 * @param {Steps} other
 */
export function sameSteps(one, other) {
  return STEP_NAMES.every((name) => one[name] === other[name]);
}

/**
 * mask: Uint8Array(width * height) of 0 and 1. -> a new one, or the same where no step is taken.
 * @param {Uint8Array} mask
 * @param {number} width
 * @param {number} height
 * @param {Steps} steps
 */
export function processMask(mask, width, height, steps) {
  if (!isProcessing(steps)) return mask;
  const drops = steps.keep === 'largest' || steps.smallest_px > 1;
  const kept = drops ? dropLesions(mask, width, steps) : mask, box = boundsOf(kept, width, height);
  if (!box) return kept;
  // No step reaches farther: beyond this margin there is nothing before and after.
  const margin = 2 * (steps.opening_px + steps.closing_px + steps.smoothing_px) + 1;
  const left = Math.max(0, box.left - margin), top = Math.max(0, box.top - margin);
  const w = Math.min(width, box.right + margin) - left, h = Math.min(height, box.bottom + margin) - top;
  const window = new Uint8Array(w * h), processed = new Uint8Array(mask.length);
  for (let y = 0; y < h; y++) {
    const from = (y + top) * width + left;
    window.set(kept.subarray(from, from + w), y * w);
  }
  const result = takeSteps(window, w, h, steps);
  for (let y = 0; y < h; y++) processed.set(result.subarray(y * w, y * w + w), (y + top) * width + left);
  return processed;
}

/**
 * @param {Uint8Array} mask
 * @param {number} w
 * @param {number} h
 * @param {Steps} it
 */
function takeSteps(mask, w, h, { fill_holes, opening_px, closing_px, smoothing_px }) {
  let now = mask;
  if (fill_holes) now = fillHoles(now, w, h);
  if (opening_px) now = spread(spread(now, w, 0, opening_px), w, 1, opening_px);
  if (closing_px) now = spread(spread(now, w, 1, closing_px), w, 0, closing_px);
  return smoothing_px ? smooth(now, w, h, smoothing_px) : now;
}

/**
 * right and bottom are exclusive; null for an empty mask.
 * @param {Uint8Array} mask
 * @param {number} width
 * @param {number} height
 */
export function boundsOf(mask, width, height) {
  let left = width, right = -1, top = -1, bottom = -1;
  for (let y = 0; y < height; y++) {
    const row = y * width, first = mask.indexOf(1, row);
    if (first < 0) break;
    if (first >= row + width) {
      y = Math.floor(first / width) - 1; // on with the row that holds it
      continue;
    }
    if (top < 0) top = y;
    bottom = y;
    left = Math.min(left, first - row);
    right = Math.max(right, mask.lastIndexOf(1, row + width - 1) - row);
  }
  return top < 0 ? null : { left, top, right: right + 1, bottom: bottom + 1 };
}

/**
 * @param {Uint8Array} mask
 * @param {number} w
 * @param {Steps} more
 */
function dropLesions(mask, w, { keep, smallest_px: smallest }) {
  const { runs, areas } = findComponents(mask, w), kept = new Uint8Array(mask.length);
  for (let k = 0; k < runs.count; k++) {
    const number = runs.numbers[k], stays = number === 1 || keep === 'all';
    if (stays && areas[number - 1] >= smallest) kept.fill(1, runs.starts[k], runs.ends[k]);
  }
  return kept;
}

/**
 * Background that no path of side steps leads out of.
 * @param {Uint8Array} mask
 * @param {number} w
 * @param {number} h
 */
function fillHoles(mask, w, h) {
  const outside = new Uint8Array(mask.length), stack = new Int32Array(mask.length);
  let n = 0;
  const reach = (/** @type {number} */ i) => {
    if (mask[i] || outside[i]) return;
    outside[i] = 1;
    stack[n++] = i;
  };
  for (let x = 0; x < w; x++) { reach(x); reach((h - 1) * w + x); }
  for (let y = 0; y < h; y++) { reach(y * w); reach(y * w + w - 1); }
  while (n) {
    const i = stack[--n], x = i % w;
    if (x > 0) reach(i - 1);
    if (x < w - 1) reach(i + 1);
    if (i >= w) reach(i - w);
    if (i + w < mask.length) reach(i + w);
  }
  for (let i = 0; i < outside.length; i++) outside[i] ^= 1;
  return outside;
}

/**
 * Half the width of a disc of this radius in the row dy from its middle: dx² + dy² <= r² + r.
 * @param {number} radius
 * @param {number} dy
 */
function discHalfWidth(radius, dy) {
  let dx = radius;
  while (dx * dx + dy * dy > radius * radius + radius) dx--;
  return dx;
}

/**
 * Pixels of this value, 0 or 1, take over all that a disc around them covers; what lies outside the
 * image takes over nothing. First the rows up or down to the nearest such pixel, then each row
 * covered by what reaches it from either side.
 * @param {Uint8Array} mask
 * @param {number} w
 * @param {number} value
 * @param {number} radius
 */
function spread(mask, w, value, radius) {
  const steps = stepsTo(value, mask, w, radius), taken = new Uint8Array(mask.length).fill(1 - value);
  const halves = Int32Array.from({ length: radius + 2 }, (_, dy) => (dy > radius ? -mask.length : discHalfWidth(radius, dy)));
  for (let row = 0; row < mask.length; row += w) {
    const end = row + w;
    for (let i = row, reach = -1; i < end; i++) {
      const to = i + halves[steps[i]];
      if (to > reach) reach = to;
      if (i <= reach) taken[i] = value;
    }
    for (let i = end - 1, reach = end; i >= row; i--) {
      const to = i - halves[steps[i]];
      if (to < reach) reach = to;
      if (i >= reach) taken[i] = value;
    }
  }
  return taken;
}

/**
 * -> Uint8Array: rows to the nearest pixel of this value in the column, radius + 1 if none is as near.
 * @param {number} value
 * @param {Uint8Array} mask
 * @param {number} w
 * @param {number} radius
 */
function stepsTo(value, mask, w, radius) {
  const steps = new Uint8Array(mask.length), far = radius + 1;
  for (let i = 0; i < mask.length; i++) {
    const above = i < w ? far : steps[i - w] + 1;
    steps[i] = mask[i] === value ? 0 : above < far ? above : far;
  }
  for (let i = mask.length - w - 1; i >= 0; i--) {
    const below = steps[i + w] + 1;
    if (below < steps[i]) steps[i] = below;
  }
  return steps;
}

/**
 * Lit where more than half of the disc's pixels inside the image are.
 * @param {Uint8Array} mask
 * @param {number} w
 * @param {number} h
 * @param {number} radius
 */
function smooth(mask, w, h, radius) {
  const smoothed = new Uint8Array(mask.length), wide = w + 2 * radius + 1, lit = new Int32Array(w);
  const sums = sumRows(mask, w, h, radius), halves = [];
  for (let dy = -radius; dy <= radius; dy++) halves.push(discHalfWidth(radius, Math.abs(dy)));
  const whole = halves.reduce((sum, half) => sum + 2 * half + 1, 0);
  for (let y = 0; y < h; y++) {
    const from = Math.max(-radius, -y), to = Math.min(radius, h - 1 - y);
    lit.fill(0);
    for (let dy = from; dy <= to; dy++) {
      const half = halves[dy + radius], left = (y + dy) * wide + radius - half;
      addSpans(lit, sums, left, left + 2 * half + 1);
    }
    const inside = to - from === 2 * radius;
    if (inside) markMajority(smoothed, y * w + radius, lit, radius, w - radius, whole);
    for (let x = 0; x < w; x++) {
      if (inside && x === radius && w > 2 * radius) x = w - radius; // between them the disc is whole
      if (2 * lit[x] > discInside(halves, radius, from, to, x, w)) smoothed[y * w + x] = 1;
    }
  }
  return smoothed;
}

/**
 * The hot loops stand alone, where a browser makes the fastest code of them.
 * @param {Int32Array} lit
 * @param {Int32Array} sums
 * @param {number} left
 * @param {number} right
 */
function addSpans(lit, sums, left, right) {
  for (let x = 0; x < lit.length; x++) lit[x] += sums[right + x] - sums[left + x];
}

/**
 * @param {Uint8Array} smoothed
 * @param {number} at
 * @param {Int32Array} lit
 * @param {number} from
 * @param {number} to
 * @param {number} whole
 */
function markMajority(smoothed, at, lit, from, to, whole) {
  for (let x = from; x < to; x++, at++) if (2 * lit[x] > whole) smoothed[at] = 1;
}

/**
 * Sums of each row from its left end, with room for the disc on both sides.
 * @param {Uint8Array} mask
 * @param {number} w
 * @param {number} h
 * @param {number} radius
 */
function sumRows(mask, w, h, radius) {
  const wide = w + 2 * radius + 1, sums = new Int32Array(wide * h);
  for (let y = 0, i = 0; y < h; y++) {
    let sum = 0, at = y * wide + radius + 1;
    for (let x = 0; x < w; x++) sums[at++] = sum += mask[i++];
    sums.fill(sum, at, (y + 1) * wide);
  }
  return sums;
}

/**
 * Pixels of the disc's rows from..to around column x that lie inside the image.
 * @param {number[]} halves
 * @param {number} radius
 * @param {number} from
 * @param {number} to
 * @param {number} x
 * @param {number} w
 */
function discInside(halves, radius, from, to, x, w) {
  let asked = 0;
  for (let dy = from; dy <= to; dy++) {
    const half = halves[dy + radius];
    asked += Math.min(w - 1, x + half) - Math.max(0, x - half) + 1;
  }
  return asked;
}
