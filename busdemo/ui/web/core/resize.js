// resize.js: OpenCV's resizes, to the last bit where bytes come out: area averaging (INTER_AREA) to
// shrink a scan, linear interpolation (INTER_LINEAR) to enlarge one, and the same of a map's floats.

/** @typedef {{at: number, from: number, share: number}} Share Of source `from` in target `at`. */

const STEADY = 2048; // OpenCV's fixed point: 11 bits of a weight

/**
 * Area averaging of bytes; both sides stay or shrink.
 * @param {Uint8Array} pixels
 * @param {number} width
 * @param {number} height
 * @param {number} toWidth
 * @param {number} toHeight
 */
export function shrink(pixels, width, height, toWidth, toHeight) {
  if (width === toWidth && height === toHeight) return pixels.slice();
  const byX = width / toWidth, byY = height / toHeight;
  if (Number.isInteger(byX) && Number.isInteger(byY)) return averageBlocks(pixels, width, toWidth, toHeight, byX, byY);
  return averageParts(pixels, width, height, toWidth, toHeight);
}

/**
 * @param {Uint8Array} pixels
 * @param {number} width
 * @param {number} toWidth
 * @param {number} toHeight
 * @param {number} byX
 * @param {number} byY
 */
function averageBlocks(pixels, width, toWidth, toHeight, byX, byY) {
  const out = new Uint8Array(toWidth * toHeight), share = Math.fround(1 / (byX * byY)), isQuarter = byX === 2 && byY === 2;
  for (let y = 0, i = 0; y < toHeight; y++) {
    for (let x = 0; x < toWidth; x++, i++) {
      let sum = 0;
      for (let row = y * byY; row < (y + 1) * byY; row++) {
        for (let at = row * width + x * byX, end = at + byX; at < end; at++) sum += pixels[at];
      }
      out[i] = isQuarter ? (sum + 2) >> 2 : roundEven(Math.fround(sum * share));
    }
  }
  return out;
}

/**
 * @param {Uint8Array} pixels
 * @param {number} width
 * @param {number} height
 * @param {number} toWidth
 * @param {number} toHeight
 */
function averageParts(pixels, width, height, toWidth, toHeight) {
  const columns = sharesOf(width, toWidth), rows = sharesOf(height, toHeight);
  const out = new Uint8Array(toWidth * toHeight), line = new Float32Array(toWidth), sum = new Float32Array(toWidth);
  let current = 0;
  const finish = () => {
    for (let x = 0; x < toWidth; x++) out[current * toWidth + x] = roundEven(sum[x]);
  };
  for (const { at, from, share } of rows) {
    line.fill(0);
    // Stored as float32 after each step, as OpenCV's sums are.
    for (const column of columns) line[column.at] += Math.fround(pixels[from * width + column.from] * column.share);
    if (at !== current) {
      finish();
      sum.fill(0);
      current = at;
    }
    for (let x = 0; x < toWidth; x++) sum[x] += Math.fround(share * line[x]);
  }
  finish();
  return out;
}

/**
 * How much of each source pixel lies in each target pixel.
 * @param {number} size
 * @param {number} toSize
 */
function sharesOf(size, toSize) {
  /** @type {Share[]} */
  const shares = [];
  const scale = size / toSize;
  for (let at = 0; at < toSize; at++) {
    const start = at * scale, end = start + scale, cell = Math.min(scale, size - start);
    const last = Math.min(Math.floor(end), size - 1), first = Math.min(Math.ceil(start), last);
    if (first - start > 1e-3) shares.push({ at, from: first - 1, share: Math.fround((first - start) / cell) });
    for (let from = first; from < last; from++) shares.push({ at, from, share: Math.fround(1 / cell) });
    if (end - last > 1e-3) shares.push({ at, from: last, share: Math.fround(Math.min(end - last, 1, cell) / cell) });
  }
  return shares;
}

/**
 * Linear interpolation of bytes, in OpenCV's fixed point.
 * @param {Uint8Array} pixels
 * @param {number} width
 * @param {number} height
 * @param {number} toWidth
 * @param {number} toHeight
 */
export function interpolate(pixels, width, height, toWidth, toHeight) {
  if (width === toWidth && height === toHeight) return pixels.slice();
  const columns = placesOf(width, toWidth, true), rows = placesOf(height, toHeight, false);
  const steady = columns.map(({ low, high, weight }) => ({ low, high, ...fix(weight) }));
  const lines = new Int32Array(toWidth * height), out = new Uint8Array(toWidth * toHeight);
  for (let y = 0, i = 0; y < height; y++) {
    for (const { low, high, near, far } of steady) lines[i++] = pixels[y * width + low] * near + pixels[y * width + high] * far;
  }
  for (let y = 0, i = 0; y < toHeight; y++) {
    const { low, high, weight } = rows[y], { near, far } = fix(weight);
    for (let x = 0; x < toWidth; x++, i++) {
      const upper = (near * (lines[low * toWidth + x] >> 4)) >> 16, lower = (far * (lines[high * toWidth + x] >> 4)) >> 16;
      out[i] = (upper + lower + 2) >> 2;
    }
  }
  return out;
}

/** @param {number} weight */
function fix(weight) {
  return { near: roundEven(Math.fround(Math.fround(1 - weight) * STEADY)), far: roundEven(Math.fround(weight * STEADY)) };
}

/**
 * Linear interpolation of floats.
 * @param {Float32Array} values
 * @param {number} width
 * @param {number} height
 * @param {number} toWidth
 * @param {number} toHeight
 */
export function interpolateFloats(values, width, height, toWidth, toHeight) {
  const columns = placesOf(width, toWidth, true), rows = placesOf(height, toHeight, true);
  const lines = new Float64Array(toWidth * height), out = new Float32Array(toWidth * toHeight);
  for (let y = 0, i = 0; y < height; y++) {
    for (const { low, high, weight } of columns) {
      const near = values[y * width + low];
      lines[i++] = near + (values[y * width + high] - near) * weight;
    }
  }
  for (let y = 0, i = 0; y < toHeight; y++) {
    const { low, high, weight } = rows[y];
    for (let x = 0; x < toWidth; x++, i++) {
      const near = lines[low * toWidth + x];
      out[i] = near + (lines[high * toWidth + x] - near) * weight;
    }
  }
  return out;
}

/**
 * The two source pixels around each target pixel, and the weight of the higher one. Where both are
 * the edge, OpenCV drops the weight for columns, and keeps it for rows of bytes, which rounds otherwise.
 * @param {number} size
 * @param {number} toSize
 * @param {boolean} drops
 */
function placesOf(size, toSize, drops) {
  const scale = size / toSize;
  return Array.from({ length: toSize }, (_, at) => {
    const place = Math.fround((at + 0.5) * scale - 0.5), below = Math.floor(place), isOutside = below < 0 || below >= size - 1;
    const low = Math.max(0, Math.min(below, size - 1)), high = Math.max(0, Math.min(below + 1, size - 1));
    return { low, high, weight: isOutside && drops ? 0 : Math.fround(place - below) };
  });
}

/**
 * Half to even, as C's rint; for values that are not negative.
 * @param {number} value
 */
export function roundEven(value) {
  const floor = Math.floor(value), rest = value - floor;
  return rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor;
}
