// grey.js: decoded values of one to four channels to 8-bit grey, as Python's `read_scan` makes it,
// with a note on all that was changed.

import { roundEven } from './resize.js';

/**
 * Decoded values, interleaved, row by row; `depth` is 8 or 16, channels are grey, grey and alpha,
 * RGB, or RGBA.
 * @typedef {{width: number, height: number, depth: number, channels: 1 | 2 | 3 | 4, values: Uint8Array | Uint16Array}} Decoded
 */

/**
 * @param {Decoded} decoded
 * @returns {{pixels: Uint8Array, notes: string[]}}
 */
export function toGrey(decoded) {
  /** @type {string[]} */
  const notes = [], opaque = dropAlpha(decoded, notes), grey = dropColour(opaque, notes);
  const pixels = grey instanceof Uint16Array ? toBytes(grey, notes) : grey;
  if (!pixels.some(Boolean)) notes.push('the image is all black');
  return { pixels, notes };
}

/**
 * Transparency is put on black.
 * @param {Decoded} decoded
 * @param {string[]} notes
 * @returns {Decoded}
 */
function dropAlpha(decoded, notes) {
  const { channels, depth, values } = decoded;
  if (channels % 2) return decoded;
  const kept = /** @type {1 | 3} */ (channels - 1), top = 2 ** depth - 1, pixels = values.length / channels, scale = Math.fround(1 / top);
  const out = depth === 8 ? new Uint8Array(pixels * kept) : new Uint16Array(pixels * kept);
  let isOpaque = true;
  for (let i = 0; i < pixels; i++) {
    const alpha = values[i * channels + kept];
    if (alpha < top) isOpaque = false;
    for (let c = 0; c < kept; c++) {
      const value = values[i * channels + c];
      out[i * kept + c] = alpha === top ? value : roundEven(Math.fround(Math.fround(scale * value) * alpha));
    }
  }
  if (!isOpaque) notes.push('transparent parts taken as black');
  return { ...decoded, channels: kept, values: out };
}

/**
 * Rec. 601 luma, in OpenCV's fixed point of 15 bits.
 * @param {Decoded} decoded
 * @param {string[]} notes
 */
function dropColour({ channels, depth, values }, notes) {
  if (channels === 1) return values;
  const pixels = values.length / 3, out = depth === 8 ? new Uint8Array(pixels) : new Uint16Array(pixels);
  let isColoured = false;
  for (let i = 0; i < pixels; i++) {
    const red = values[3 * i], green = values[3 * i + 1], blue = values[3 * i + 2];
    if (red !== green || green !== blue) isColoured = true;
    // The weights add up to 2 ** 15: three equal values stay what they are.
    out[i] = Math.floor((9798 * red + 19235 * green + 3735 * blue + 16384) / 32768);
  }
  if (isColoured) notes.push('colour reduced to grey');
  return out;
}

/**
 * Values of more than 8 bits, divided by the smallest power of two (less one) that holds them all.
 * @param {Uint16Array} values
 * @param {string[]} notes
 */
function toBytes(values, notes) {
  const high = values.reduce((most, value) => Math.max(most, value), 0), bits = Math.max(8, high.toString(2).length);
  const table = Uint8Array.from({ length: high + 1 }, (_, value) => roundEven(value * (255 / (2 ** bits - 1))));
  notes.push(bits === 8 ? '8-bit values in a deeper file kept as they are' : `${bits}-bit values scaled to 8 bits`);
  return Uint8Array.from(values, (value) => table[value]);
}

/**
 * Undo an EXIF orientation (1 is upright).
 * @param {Decoded} decoded
 * @param {number} orientation
 * @returns {Decoded}
 */
export function turn(decoded, orientation) {
  const { width, height, channels, values } = decoded, swaps = orientation >= 5;
  if (orientation === 1) return decoded;
  const toWidth = swaps ? height : width, toHeight = swaps ? width : height, out = values.slice();
  const flipsY = [3, 4, 7, 8].includes(orientation), flipsX = [2, 3, 6, 7].includes(orientation);
  for (let y = 0, to = 0; y < toHeight; y++) {
    for (let x = 0; x < toWidth; x++) {
      const row = flipsY ? toHeight - 1 - y : y, column = flipsX ? toWidth - 1 - x : x;
      const from = (swaps ? column * width + row : row * width + column) * channels;
      for (let c = 0; c < channels; c++) out[to++] = values[from + c];
    }
  }
  return { ...decoded, width: toWidth, height: toHeight, values: out };
}
