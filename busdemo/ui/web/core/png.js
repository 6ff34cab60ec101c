// png.js: from the bytes of a PNG to exactly its grey values.
//
// Canvas read-back is never used: colour management, premultiplied alpha and anti-fingerprinting
// all change pixels on that way, and every number on the page is a count of pixels.

/**
 * A decoded picture: one grey value a pixel, row by row.
 * @typedef {{width: number, height: number, pixels: Uint8Array}} Picture
 */

const PNG_HEADER = 0x49484452, PNG_DATA = 0x49444154, PNG_END = 0x49454e44;

/**
 * -> {width, height, pixels: Uint8Array}. Throws an Error with a plain sentence.
 * @param {Uint8Array} bytes
 * @returns {Promise<Picture>}
 */
export async function decodeGreyPng(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 45 || view.getUint32(0) !== 0x89504e47) throw new Error('The picture is not a PNG file.');
  let width = 0, height = 0;
  const parts = [];
  for (let at = 8; at + 12 <= bytes.length;) {
    const length = view.getUint32(at), kind = view.getUint32(at + 4), body = at + 8;
    if (kind === PNG_HEADER) {
      width = view.getUint32(body);
      height = view.getUint32(body + 4);
      if (bytes[body + 8] !== 8 || bytes[body + 9] !== 0 || bytes[body + 12] !== 0) {
        throw new Error('The picture is not an 8-bit grey PNG.');
      }
    } else if (kind === PNG_DATA) parts.push(bytes.subarray(body, body + length));
    else if (kind === PNG_END) break;
    at = body + length + 4;
  }
  const raw = await inflate(parts);
  if (!width || raw.length !== (width + 1) * height) throw new Error('The picture is cut off.');
  return { width, height, pixels: unfilter(raw, width, height, 1) };
}

/**
 * @param {Uint8Array[]} parts
 */
export async function inflate(parts) {
  const stream = new Blob(/** @type {BlobPart[]} */ (parts)).stream().pipeThrough(new DecompressionStream('deflate'));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/**
 * Undo the five row filters of the PNG specification (section 9.2).
 * @param {Uint8Array} raw Rows, each with its filter's number in front.
 * @param {number} rowBytes
 * @param {number} height
 * @param {number} step Bytes from a pixel to the next, at least one.
 */
export function unfilter(raw, rowBytes, height, step) {
  const out = new Uint8Array(rowBytes * height);
  for (let y = 0; y < height; y++) {
    const filter = raw[y * (rowBytes + 1)], from = y * (rowBytes + 1) + 1, to = y * rowBytes, above = to - rowBytes;
    if (filter === 0) {
      out.set(raw.subarray(from, from + rowBytes), to);
      continue;
    }
    for (let x = 0; x < rowBytes; x++) {
      const left = x >= step ? out[to + x - step] : 0, up = y ? out[above + x] : 0;
      let guess;
      if (filter === 1) guess = left;
      else if (filter === 2) guess = up;
      else if (filter === 3) guess = (left + up) >> 1;
      else guess = paeth(left, up, x >= step && y ? out[above + x - step] : 0);
      out[to + x] = raw[from + x] + guess;
    }
  }
  return out;
}

/**
 * @param {number} left
 * @param {number} up
 * @param {number} corner
 */
function paeth(left, up, corner) {
  const toLeft = Math.abs(up - corner), toUp = Math.abs(left - corner);
  const toCorner = Math.abs(left + up - 2 * corner);
  if (toLeft <= toUp && toLeft <= toCorner) return left;
  return toUp <= toCorner ? up : corner;
}
