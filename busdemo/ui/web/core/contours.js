// contours.js: the outline of a mask as closed rings along the edges of its pixels. A ring is an
// Int32Array x0, y0, x1, y1, … of pixel corners.

/** @import { Box } from './planes.js' */

// Steps along the four directions right, down, left, up, with the mask on the right-hand side.
const STEP_X = [1, 0, -1, 0], STEP_Y = [0, 1, 0, -1];

// From a corner to the pixel ahead on the right; the one on the left is that of the direction before.
const AHEAD_X = [0, -1, -1, 0], AHEAD_Y = [0, 0, -1, -1];

/**
 * All rings of a mask; outer ones run clockwise on the screen, holes the other way.
 * @param {Uint32Array} words
 * @param {number} slot
 * @param {number} width
 * @param {number} height
 * @param {Box} box
 * @returns {Int32Array[]}
 */
export function traceRings(words, slot, width, height, box) {
  const left = Math.max(0, box.left), top = Math.max(0, box.top);
  const across = Math.min(width, box.right) - left, down = Math.min(height, box.bottom) - top;
  if (across <= 0 || down <= 0) return [];
  const isIn = (/** @type {number} */ x, /** @type {number} */ y) => x >= 0 && y >= 0 && x < width && y < height && (words[y * width + x] >>> slot) & 1;
  const seen = new Uint8Array(across * down), rings = []; // upper edges already on a ring
  for (let y = top; y < top + down; y++) {
    for (let x = left, i = y * width + left; x < left + across; x++, i++) {
      if (!((words[i] >>> slot) & 1) || (y > 0 && (words[i - width] >>> slot) & 1)) continue;
      if (!seen[(y - top) * across + x - left]) rings.push(followRing(isIn, seen, x, y, left, top, across));
    }
  }
  return rings;
}

/**
 * One ring from the upper left corner of pixel (x, y), whose upper edge is on it. Where two pixels
 * touch at a corner only, the ring turns right: it stays with its own pixel.
 * @param {(x: number, y: number) => boolean | number} isIn
 * @param {Uint8Array} seen
 * @param {number} x
 * @param {number} y
 * @param {number} left
 * @param {number} top
 * @param {number} across
 */
function followRing(isIn, seen, x, y, left, top, across) {
  const ring = [], startX = x, startY = y;
  let direction = 0, turned = true;
  do {
    if (turned) ring.push(x, y);
    if (direction === 0) seen[(y - top) * across + x - left] = 1;
    x += STEP_X[direction];
    y += STEP_Y[direction];
    const next = turnAt(isIn, x, y, direction);
    turned = next !== direction;
    direction = next;
  } while (x !== startX || y !== startY || direction !== 0);
  return Int32Array.from(ring);
}

/**
 * The pixels ahead of corner (x, y), to the right and to the left of the way, decide where to go.
 * @param {(x: number, y: number) => boolean | number} isIn
 * @param {number} x
 * @param {number} y
 * @param {number} direction
 */
function turnAt(isIn, x, y, direction) {
  if (!isIn(x + AHEAD_X[direction], y + AHEAD_Y[direction])) return (direction + 1) & 3;
  const left = (direction + 3) & 3;
  return isIn(x + AHEAD_X[left], y + AHEAD_Y[left]) ? left : direction;
}
