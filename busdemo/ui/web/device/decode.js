// decode.js: JPEG, BMP and WebP, decoded by the browser without colour management and read back from a
// canvas. Some browsers falsify what is read back, against fingerprinting: a canary finds out.

import { viewOf } from '../core/exif.js';
import { UnreadableImage } from '../core/imagefile.js';
/** @import { Decoded } from '../core/grey.js' */

const TYPES = new Map([['JPEG', 'image/jpeg'], ['BMP', 'image/bmp'], ['WEBP', 'image/webp']]);
const CANARY_SIDE = 16;

/**
 * The values of a file as they are stored, not turned. Throws for what cannot be decoded, and
 * UnreadableImage where the browser falsifies them.
 * @param {Uint8Array} bytes
 * @param {string} kind
 * @returns {Promise<Decoded>}
 */
export async function decodeByBrowser(bytes, kind) {
  if (kind === 'JPEG' && countComponents(bytes) === 4) throw new UnreadableImage('This JPEG has the four colours of print, which this device does not read: please save it as PNG.');
  if (!readsBackTruly()) throw new UnreadableImage('This browser changes pixels that are read (its protection against fingerprinting): please save the image as PNG, which needs no such reading, or use the server.');
  const blob = new Blob([/** @type {BlobPart} */ (bytes)], { type: TYPES.get(kind) });
  const picture = await createImageBitmap(blob, { colorSpaceConversion: 'none', imageOrientation: 'none', premultiplyAlpha: 'none' });
  const { width, height } = picture, context = makeContext(width, height);
  context.fillStyle = '#000'; // what is transparent is put on black
  context.fillRect(0, 0, width, height);
  context.drawImage(picture, 0, 0);
  picture.close();
  const { data } = context.getImageData(0, 0, width, height), values = new Uint8Array(width * height * 3);
  for (let i = 0, to = 0; i < data.length; i += 4) {
    values[to++] = data[i];
    values[to++] = data[i + 1];
    values[to++] = data[i + 2];
  }
  return { width, height, depth: 8, channels: 3, values };
}

/**
 * @param {number} width
 * @param {number} height
 */
function makeContext(width, height) {
  const context = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true, alpha: false });
  if (!context) throw new Error('No canvas.');
  return context;
}

// Random values, put into a canvas and read again.
export function readsBackTruly() {
  const context = makeContext(CANARY_SIDE, CANARY_SIDE), picture = context.createImageData(CANARY_SIDE, CANARY_SIDE), { data } = picture;
  crypto.getRandomValues(data);
  for (let i = 3; i < data.length; i += 4) data[i] = 255;
  context.putImageData(picture, 0, 0);
  return context.getImageData(0, 0, CANARY_SIDE, CANARY_SIDE).data.every((value, i) => value === data[i]);
}

/**
 * Colours of a JPEG, from the header of its frame.
 * @param {Uint8Array} bytes
 */
function countComponents(bytes) {
  const view = viewOf(bytes);
  for (let at = 2; at + 10 <= bytes.length && bytes[at] === 0xff;) {
    const marker = bytes[at + 1];
    if (marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)) return bytes[at + 9];
    at += 2 + view.getUint16(at + 2);
  }
  return 0;
}
