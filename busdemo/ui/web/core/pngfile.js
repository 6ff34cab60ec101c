// pngfile.js: a visitor's PNG of any kind to exactly its values: grey, colour and palettes of 1 to 16
// bits, transparency, interlaced or not. Colour profiles and gamma are not applied: values are counted.

import { orientationOf, textAt, viewOf } from './exif.js';
import { checksum } from './maskpng.js';
import { inflate, unfilter } from './png.js';
/** @import { Decoded } from './grey.js' */

/**
 * @typedef {object} Header
 * @property {number} width
 * @property {number} height
 * @property {number} bits Of a sample.
 * @property {number} colour 0 grey, 2 RGB, 3 palette, 4 grey and alpha, 6 RGBA.
 * @property {boolean} interlaced
 */

/** Samples a pixel, by the kind of colour. */
const SAMPLES = new Map([[0, 1], [2, 3], [3, 1], [4, 2], [6, 4]]);
const BITS = new Map([[0, [1, 2, 4, 8, 16]], [2, [8, 16]], [3, [1, 2, 4, 8]], [4, [8, 16]], [6, [8, 16]]]);
/** First column and row of each of the seven passes, and the steps between them. */
const PASSES = [[0, 0, 8, 8], [4, 0, 8, 8], [0, 4, 4, 8], [2, 0, 4, 4], [0, 2, 2, 4], [1, 0, 2, 2], [0, 1, 1, 2]];

/**
 * @param {Uint8Array} bytes
 * @returns {Header | null} Null where the file does not begin as a PNG does.
 */
export function readPngHeader(bytes) {
  if (bytes.length < 33 || textAt(bytes, 12, 4) !== 'IHDR') return null;
  const view = viewOf(bytes);
  return { width: view.getUint32(16), height: view.getUint32(20), bits: bytes[24], colour: bytes[25], interlaced: bytes[28] === 1 };
}

/**
 * Throws for a file that is damaged or cut short.
 * @param {Uint8Array} bytes
 * @returns {Promise<{decoded: Decoded, orientation: number, frames: number}>}
 */
export async function decodePng(bytes) {
  const header = readPngHeader(bytes), chunks = readChunks(bytes);
  if (!header || !BITS.get(header.colour)?.includes(header.bits)) throw new Error('No such kind of PNG.');
  const samples = await readSamples(header, chunks.filter(({ kind }) => kind === 'IDAT').map(({ body }) => body));
  const find = (/** @type {string} */ kind) => chunks.find((chunk) => chunk.kind === kind)?.body;
  const exif = find('eXIf'), animation = find('acTL');
  return {
    decoded: colour(header, samples, find('PLTE'), find('tRNS')), orientation: exif ? orientationOf(exif) : 1,
    frames: animation ? viewOf(animation).getUint32(0) : 1,
  };
}

/** @param {Uint8Array} bytes */
function readChunks(bytes) {
  const view = viewOf(bytes), chunks = [];
  for (let at = 8; at + 12 <= bytes.length;) {
    const length = view.getUint32(at), kind = textAt(bytes, at + 4, 4), end = at + 8 + length;
    if (end + 4 > bytes.length) throw new Error('It is cut off.');
    if (view.getUint32(end) !== checksum(bytes.subarray(at + 4, end))) throw new Error('A checksum is wrong.');
    chunks.push({ kind, body: bytes.subarray(at + 8, end) });
    if (kind === 'IEND') return chunks;
    at = end + 4;
  }
  throw new Error('It is cut off.');
}

/**
 * One sample after another, as bytes or words.
 * @param {Header} header
 * @param {Uint8Array[]} parts
 */
async function readSamples(header, parts) {
  const raw = await inflate(parts), count = SAMPLES.get(header.colour) || 1, { width, height, bits } = header;
  const samples = bits === 16 ? new Uint16Array(width * height * count) : new Uint8Array(width * height * count);
  let at = 0;
  for (const [left, top, stepX, stepY] of header.interlaced ? PASSES : [[0, 0, 1, 1]]) {
    const columns = Math.ceil((width - left) / stepX), rows = Math.ceil((height - top) / stepY);
    if (columns <= 0 || rows <= 0) continue;
    const rowBytes = Math.ceil((columns * count * bits) / 8), end = at + rows * (rowBytes + 1);
    if (end > raw.length) throw new Error('It is cut off.');
    const lines = unfilter(raw.subarray(at, end), rowBytes, rows, Math.max(1, (count * bits) >> 3));
    at = end;
    for (let y = 0; y < rows; y++) {
      for (let x = 0; x < columns; x++) {
        const to = ((top + y * stepY) * width + left + x * stepX) * count;
        for (let c = 0; c < count; c++) samples[to + c] = sampleAt(lines, y * rowBytes, x * count + c, bits);
      }
    }
  }
  return samples;
}

/**
 * @param {Uint8Array} lines
 * @param {number} start
 * @param {number} n
 * @param {number} bits
 */
function sampleAt(lines, start, n, bits) {
  if (bits === 8) return lines[start + n];
  if (bits === 16) return (lines[start + 2 * n] << 8) | lines[start + 2 * n + 1];
  const bit = n * bits;
  return (lines[start + (bit >> 3)] >> (8 - bits - (bit & 7))) & (2 ** bits - 1);
}

/**
 * Samples as values: palettes looked up, few bits stretched to eight, a transparent colour applied.
 * @param {Header} header
 * @param {Uint8Array | Uint16Array} samples
 * @param {Uint8Array} [palette]
 * @param {Uint8Array} [clear]
 * @returns {Decoded}
 */
function colour(header, samples, palette, clear) {
  const { width, height, bits, colour: kind } = header, size = { width, height };
  if (kind === 3) return { ...size, depth: 8, ...lookUp(samples, palette || new Uint8Array(0), clear) };
  // Pillow, which reads these for Python, keeps the high byte of grey with alpha.
  if (kind === 4 && bits === 16) return { ...size, depth: 8, channels: 2, values: Uint8Array.from(samples, (value) => value >> 8) };
  const channels = /** @type {1 | 2 | 3 | 4} */ (SAMPLES.get(kind)), depth = bits === 16 ? 16 : 8;
  const values = bits < 8 ? samples.map((value) => value * (255 / (2 ** bits - 1))) : samples;
  // With 16 bits it does not apply the transparent colour.
  if (!clear || depth === 16 || channels % 2 === 0) return { ...size, depth, channels, values };
  return { ...size, depth, ...hide(values, /** @type {1 | 3} */ (channels), viewOf(clear)) };
}

/**
 * @param {Uint8Array | Uint16Array} samples
 * @param {Uint8Array} palette
 * @param {Uint8Array} [clear] How opaque the first colours are.
 * @returns {{channels: 3 | 4, values: Uint8Array}}
 */
function lookUp(samples, palette, clear) {
  const channels = clear ? 4 : 3, values = new Uint8Array(samples.length * channels);
  for (let i = 0; i < samples.length; i++) {
    for (let c = 0; c < 3; c++) values[i * channels + c] = palette[3 * samples[i] + c] || 0;
    if (clear) values[i * channels + 3] = samples[i] < clear.length ? clear[samples[i]] : 255;
  }
  return { channels, values };
}

/**
 * @param {Uint8Array | Uint16Array} values
 * @param {1 | 3} channels
 * @param {DataView} clear The colour that is transparent, a word a channel.
 * @returns {{channels: 2 | 4, values: Uint8Array}}
 */
function hide(values, channels, clear) {
  const pixels = values.length / channels, out = new Uint8Array(pixels * (channels + 1));
  for (let i = 0; i < pixels; i++) {
    let isClear = true;
    for (let c = 0; c < channels; c++) {
      const value = out[i * (channels + 1) + c] = values[i * channels + c];
      if (value !== clear.getUint16(2 * c)) isClear = false;
    }
    out[i * (channels + 1) + channels] = isClear ? 0 : 255;
  }
  return { channels: channels === 1 ? 2 : 4, values: out };
}
