// imagefile.js: a visitor's image file to a scan, or the one sentence that refuses it; as Python's
// `read_scan`. PNG is decoded here. JPEG, BMP and WebP are decoded by whoever calls, as the browser
// does it; what a browser cannot decode is refused.

import { orientationOfJpeg, textAt, viewOf } from './exif.js';
import { toGrey, turn } from './grey.js';
import { decodePng, readPngHeader } from './pngfile.js';
/** @import { Decoded } from './grey.js' */

const MOST_BYTES = 20 * 2 ** 20, MOST_PIXELS = 40e6, LEAST_SIDE = 16;
const NEED_SERVER = new Map([['TIFF', 'a TIFF picture'], ['DICOM', 'a DICOM file'], ['NIFTI', 'a NIfTI file']]);

/**
 * A grey scan, as the viewer shows it and a network is given it.
 * @typedef {{width: number, height: number, pixels: Uint8Array, name: string, notes: string[]}} Scan
 */

/** What is no image for this device; its message is one sentence for a visitor. */
export class UnreadableImage extends Error {}

/**
 * Throws UnreadableImage.
 * @param {Uint8Array} bytes
 * @param {string} name
 * @param {(bytes: Uint8Array, kind: string) => Promise<Decoded>} decodeOther Upright as it is stored.
 * @returns {Promise<Scan>}
 */
export async function readScan(bytes, name, decodeOther) {
  const kind = requireKind(bytes, name);
  let read;
  try {
    read = kind === 'PNG' ? await readPng(bytes, name) : await readOther(bytes, name, kind, decodeOther);
  } catch (error) {
    if (error instanceof UnreadableImage) throw error;
    throw new UnreadableImage(describeDamage(bytes, name, kind));
  }
  const notes = read.frames > 1 ? [`first of ${read.frames} frames`] : [];
  if (read.orientation !== 1) notes.push('rotated as its EXIF tag says');
  const upright = turn(read.decoded, read.orientation), { width, height } = upright, grey = toGrey(upright);
  return { width, height, pixels: grey.pixels, name, notes: [...notes, ...grey.notes] };
}

/**
 * @param {Uint8Array} bytes
 * @param {string} name
 */
async function readPng(bytes, name) {
  const header = readPngHeader(bytes);
  if (header) requireSize(header.width, header.height, name);
  return decodePng(bytes);
}

/**
 * @param {Uint8Array} bytes
 * @param {string} name
 * @param {string} kind
 * @param {(bytes: Uint8Array, kind: string) => Promise<Decoded>} decodeOther
 */
async function readOther(bytes, name, kind, decodeOther) {
  // Browsers fill a JPEG up that is cut short; Python refuses it.
  if (isCut(bytes, kind)) throw new Error('It is cut off.');
  const decoded = await decodeOther(bytes, kind);
  requireSize(decoded.width, decoded.height, name);
  return { decoded, orientation: kind === 'JPEG' ? orientationOfJpeg(bytes) : 1, frames: 1 };
}

/**
 * Which of the kinds that a browser decodes this is.
 * @param {Uint8Array} bytes
 * @param {string} name
 */
function requireKind(bytes, name) {
  if (!bytes.length) throw new UnreadableImage(`${name} is empty (0 bytes); please use a PNG, JPEG, BMP or WebP image.`);
  if (bytes.length > MOST_BYTES) throw new UnreadableImage(`${name} is larger than 20 MB; please use a smaller file.`);
  const kind = kindOf(bytes), foreign = NEED_SERVER.get(kind);
  if (foreign) throw new UnreadableImage(`${name} is ${foreign}, which this device does not read: please save it as PNG, or switch "On this device" off, and the server reads it.`);
  if (!kind) throw new UnreadableImage(`${name} is not an image that this device reads; please use a PNG, JPEG, BMP or WebP image.`);
  return kind;
}

/**
 * @param {Uint8Array} bytes
 * @returns {string} '' for none of those that are known.
 */
export function kindOf(bytes) {
  const starts = (/** @type {string} */ text) => textAt(bytes, 0, text.length) === text;
  if (textAt(bytes, 128, 4) === 'DICM') return 'DICOM';
  if (starts('\x89PNG\r\n\x1a\n')) return 'PNG';
  if (starts('\xff\xd8\xff')) return 'JPEG';
  if (['II*\0', 'MM\0*', 'II+\0', 'MM\0+'].some(starts)) return 'TIFF';
  if (starts('RIFF') && textAt(bytes, 8, 4) === 'WEBP') return 'WEBP';
  if (starts('BM') && [12, 16, 40, 52, 56, 64, 108, 124].includes(bytes[14])) return 'BMP';
  if (starts('\x1f\x8b') || textAt(bytes, 344, 4) === 'n+1\0' || textAt(bytes, 4, 3) === 'n+2') return 'NIFTI';
  return '';
}

/**
 * @param {number} width
 * @param {number} height
 * @param {string} name
 */
function requireSize(width, height, name) {
  if (width * height > MOST_PIXELS) throw new UnreadableImage(`${name} has more than 40 million pixels; please save a smaller version and upload that.`);
  if (Math.min(width, height) < LEAST_SIDE) {
    throw new UnreadableImage(`${name} is ${width}x${height} px, which is too small; please upload one of at least ${LEAST_SIDE} px on each side.`);
  }
}

/**
 * @param {Uint8Array} bytes
 * @param {string} name
 * @param {string} kind
 */
function describeDamage(bytes, name, kind) {
  if (isCut(bytes, kind)) return `${name} ends too early, as if its copy was cut short; please upload it again.`;
  return `${name} is damaged and cannot be read; please save it again and upload that copy.`;
}

/**
 * @param {Uint8Array} bytes
 * @param {string} kind
 */
function isCut(bytes, kind) {
  const view = viewOf(bytes);
  if (kind === 'PNG') return !holds(bytes, [0x49, 0x45, 0x4e, 0x44]);
  if (kind === 'JPEG') return !holds(bytes, [0xff, 0xd9]);
  if (bytes.length < 16) return true;
  return kind === 'WEBP' ? view.getUint32(4, true) + 8 > bytes.length : view.getUint32(2, true) > bytes.length;
}

/**
 * @param {Uint8Array} bytes
 * @param {number[]} part
 */
function holds(bytes, part) {
  for (let at = bytes.length - part.length; at >= 0; at--) {
    if (part.every((value, i) => bytes[at + i] === value)) return true;
  }
  return false;
}
