// exif.js: which way up a picture is, from its EXIF block (Exif 2.32, tag 0x0112).

/**
 * The orientation of a JPEG file, 1 to 8; 1 where it says nothing that can be read.
 * @param {Uint8Array} bytes
 */
export function orientationOfJpeg(bytes) {
  const view = viewOf(bytes);
  for (let at = 2; at + 4 <= bytes.length && bytes[at] === 0xff && bytes[at + 1] !== 0xda;) {
    const length = view.getUint16(at + 2), body = bytes.subarray(at + 4, at + 2 + length);
    if (bytes[at + 1] === 0xe1 && textAt(body, 0, 4) === 'Exif') return orientationOf(body.subarray(6));
    at += 2 + length;
  }
  return 1;
}

/**
 * The orientation in a block of EXIF, which is laid out as a TIFF file.
 * @param {Uint8Array} block
 */
export function orientationOf(block) {
  const view = viewOf(block), order = textAt(block, 0, 2), little = order === 'II';
  if ((!little && order !== 'MM') || block.length < 14) return 1;
  const start = view.getUint32(4, little);
  if (start + 2 > block.length) return 1;
  const entries = view.getUint16(start, little);
  for (let i = 0, at = start + 2; i < entries && at + 12 <= block.length; i++, at += 12) {
    if (view.getUint16(at, little) !== 0x0112) continue;
    const value = view.getUint16(at + 8, little);
    return value >= 1 && value <= 8 ? value : 1;
  }
  return 1;
}

/** @param {Uint8Array} bytes */
export function viewOf(bytes) {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/**
 * @param {Uint8Array} bytes
 * @param {number} at
 * @param {number} length
 */
export function textAt(bytes, at, length) {
  return String.fromCharCode(...bytes.subarray(at, at + length));
}
