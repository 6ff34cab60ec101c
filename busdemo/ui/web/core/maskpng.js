// maskpng.js: a mask as a PNG file of 1 bit a pixel, for the server. CRC-32 is PNG's own checksum
// (specification, annex D); compression is the browser's.

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
  let c = n;
  for (let k = 0; k < 8; k++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
  return c >>> 0;
});

/**
 * @param {Uint8Array} bytes
 */
export function checksum(bytes) {
  let crc = 0xffffffff;
  for (let i = 0; i < bytes.length; i++) crc = CRC_TABLE[(crc ^ bytes[i]) & 255] ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}

/**
 * @param {string} kind
 * @param {Uint8Array} body
 */
function pngChunk(kind, body) {
  const chunk = new Uint8Array(body.length + 12), view = new DataView(chunk.buffer);
  view.setUint32(0, body.length);
  for (let i = 0; i < 4; i++) chunk[4 + i] = kind.charCodeAt(i);
  chunk.set(body, 8);
  view.setUint32(body.length + 8, checksum(chunk.subarray(4, body.length + 8)));
  return chunk;
}

/**
 * Rows of bits, the first pixel in the highest bit, each after a filter byte of 0.
 * @param {Uint32Array} words
 * @param {number} slot
 * @param {number} width
 * @param {number} height
 */
function packRows(words, slot, width, height) {
  const stride = Math.ceil(width / 8) + 1, rows = new Uint8Array(stride * height);
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0, at = y * stride + 1; x < width; x++, i++) {
      if ((words[i] >>> slot) & 1) rows[at + (x >> 3)] |= 128 >> (x & 7);
    }
  }
  return rows;
}

/**
 * -> Uint8Array of a whole PNG file, True = white.
 * @param {Uint32Array} words
 * @param {number} slot
 * @param {number} width
 * @param {number} height
 */
export async function encodeMaskPng(words, slot, width, height) {
  const header = new Uint8Array(13), view = new DataView(header.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  header[8] = 1;
  const stream = new Blob([/** @type {BlobPart} */ (packRows(words, slot, width, height))]).stream().pipeThrough(new CompressionStream('deflate'));
  const data = new Uint8Array(await new Response(stream).arrayBuffer());
  const signature = Uint8Array.of(137, 80, 78, 71, 13, 10, 26, 10);
  const parts = [signature, pngChunk('IHDR', header), pngChunk('IDAT', data), pngChunk('IEND', new Uint8Array(0))];
  return new Uint8Array(await new Blob(/** @type {BlobPart[]} */ (parts)).arrayBuffer());
}
