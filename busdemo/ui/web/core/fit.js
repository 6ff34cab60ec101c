// fit.js: a scan as a network sees it, and a network's map back at the scan's own size, as Python's
// `Fit`, `prepare` and `quantize` do it.

import { interpolate, interpolateFloats, roundEven, shrink } from './resize.js';

/**
 * How a scan becomes a network's input; sides in px, mean and deviation of grey in [0, 1].
 * @typedef {{width: number, height: number, mean: number[], deviation: number[], rule: 'stretch' | 'letterbox'}} Preprocessing
 */

/**
 * Where a scan lies in the network's input.
 * @typedef {{width: number, height: number, left: number, top: number, innerWidth: number, innerHeight: number}} Fit
 */

const STOPS = 200;

/**
 * @param {number} width Of the scan, in px.
 * @param {number} height
 * @param {Preprocessing} input
 * @returns {Fit}
 */
export function fitScan(width, height, input) {
  if (input.rule === 'stretch') return { width, height, left: 0, top: 0, innerWidth: input.width, innerHeight: input.height };
  const scale = Math.min(input.width / width, input.height / height);
  const innerWidth = Math.max(1, Math.min(input.width, roundEven(width * scale))), innerHeight = Math.max(1, Math.min(input.height, roundEven(height * scale)));
  return { width, height, innerWidth, innerHeight, left: (input.width - innerWidth) >> 1, top: (input.height - innerHeight) >> 1 };
}

/**
 * The scan's grey values resized, and framed with black.
 * @param {Uint8Array} pixels
 * @param {Fit} fit
 * @param {Preprocessing} input
 */
export function applyFit(pixels, fit, input) {
  const { width, height, innerWidth, innerHeight, left, top } = fit;
  const resize = innerWidth <= width && innerHeight <= height ? shrink : interpolate;
  const inner = resize(pixels, width, height, innerWidth, innerHeight);
  if (innerWidth === input.width && innerHeight === input.height) return inner;
  const framed = new Uint8Array(input.width * input.height);
  for (let y = 0; y < innerHeight; y++) framed.set(inner.subarray(y * innerWidth, (y + 1) * innerWidth), (top + y) * input.width + left);
  return framed;
}

/**
 * The network's input, (channels, height, width).
 * @param {Uint8Array} pixels The scan's.
 * @param {Fit} fit
 * @param {Preprocessing} input
 */
export function prepareScan(pixels, fit, input) {
  const grey = applyFit(pixels, fit, input), values = new Float32Array(grey.length * input.mean.length);
  input.mean.forEach((mean, channel) => {
    const lift = Math.fround(mean), deviation = Math.fround(input.deviation[channel]);
    const table = Float32Array.from({ length: 256 }, (_, value) => Math.fround(Math.fround(value / 255) - lift) / deviation);
    for (let i = 0, to = channel * grey.length; i < grey.length; i++) values[to++] = table[grey[i]];
  });
  return values;
}

/**
 * Logits of the network's input size as probabilities of the scan's. Throws where they are no numbers.
 * @param {Float32Array} logits
 * @param {Fit} fit
 * @param {Preprocessing} input
 */
export function restoreMap(logits, fit, input) {
  const { width, height, innerWidth, innerHeight, left, top } = fit, inner = new Float32Array(innerWidth * innerHeight);
  for (let y = 0, i = 0; y < innerHeight; y++) {
    for (let from = (top + y) * input.width + left, x = 0; x < innerWidth; x++, i++) inner[i] = 1 / (1 + Math.exp(-logits[from + x]));
  }
  if (!inner.every(Number.isFinite)) throw new Error('It gave numbers that are not finite.');
  return interpolateFloats(inner, innerWidth, innerHeight, width, height);
}

/**
 * The mean of several maps, added in their order, as a recipe's is.
 * @param {Float32Array[]} maps
 */
export function averageMaps(maps) {
  const sum = new Float32Array(maps[0].length);
  for (const map of maps) for (let i = 0; i < sum.length; i++) sum[i] += map[i];
  return sum.map((value) => value / maps.length);
}

const EDGES = Float32Array.from({ length: STOPS + 1 }, (_, stop) => (stop < STOPS ? stop / STOPS : Infinity));

/**
 * Levels 0 to 199 such that `level >= stop` is exactly `probability >= float32(stop / 200)`.
 * @param {Float32Array} map
 */
export function quantizeMap(map) {
  const levels = new Uint8Array(map.length);
  for (let i = 0; i < map.length; i++) {
    let level = Math.min(STOPS - 1, Math.max(0, Math.trunc(map[i] * STOPS)));
    if (map[i] >= EDGES[level + 1]) level++;
    else if (level && map[i] < EDGES[level]) level--;
    levels[i] = level;
  }
  return levels;
}
