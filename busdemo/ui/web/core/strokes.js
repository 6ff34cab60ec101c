// strokes.js: brush, polygon and fill on one mask of the planes, and undoing them. Each writes bits
// and tells the box it touched. Plain arrays, without canvas and markup.

/** @import { Point } from './lesions.js' */
/** @import { Planes } from './planes.js' */

const UNDO_STEPS = 50;

// One mask under the hand: strokes go through `edit`, which keeps what was there before.
export class DrawnMask {
  /**
   * @param {Planes} planes
   * @param {number} slot
   */
  constructor(planes, slot) {
    this.planes = planes;
    this.slot = slot;
    /** @type {Map<number, number>[]} */
    this.done = [];
    /** @type {Map<number, number>[]} */
    this.undone = [];
    /** @type {Map<number, number> | null} */
    this.touched = null; // while a stroke lasts: number of a group of 32 pixels -> their bits before
  }

  begin() {
    this.touched = new Map();
  }

  /**
   * Set or clear pixels from x0 (inside) to x1 (outside) of a row.
   * @param {number} y
   * @param {number} x0
   * @param {number} x1
   * @param {boolean} on
   */
  span(y, x0, x1, on) {
    const { width, height } = this.planes;
    if (y < 0 || y >= height) return;
    const from = y * width + Math.max(0, x0), to = y * width + Math.min(width, x1);
    for (let i = from; i < to; i++) {
      if (this.planes.has(this.slot, i) === on) continue;
      this.note(i);
      this.planes.flip(this.slot, i);
    }
    if (to > from) this.planes.grow(this.slot, { left: from - y * width, top: y, right: to - y * width, bottom: y + 1 });
  }

  /**
   * Pixel i is about to change: remember the 32 pixels around it as they are.
   * @param {number} i
   */
  note(i) {
    const group = i >>> 5;
    if (!this.touched || this.touched.has(group)) return;
    this.touched.set(group, this.bitsOf(group));
  }

  /**
   * @param {number} group
   */
  bitsOf(group) {
    const { words } = this.planes, end = Math.min(words.length, (group + 1) << 5);
    let bits = 0;
    for (let i = group << 5, k = 0; i < end; i++, k++) bits |= ((words[i] >>> this.slot) & 1) << k;
    return bits >>> 0;
  }

  // The stroke is over: one step to undo. False if it has changed nothing.
  commit() {
    const changed = this.touched !== null && this.touched.size > 0;
    if (this.touched && changed) {
      this.done.push(this.touched);
      if (this.done.length > UNDO_STEPS) this.done.shift();
      this.undone = [];
    }
    this.touched = null;
    return changed;
  }

  // The stroke never was: a second finger came down to zoom.
  cancel() {
    if (!this.touched) return;
    this.swap(this.touched);
    this.touched = null;
  }

  undo() {
    return this.move(this.done, this.undone);
  }

  redo() {
    return this.move(this.undone, this.done);
  }

  /**
   * @param {Map<number, number>[]} from
   * @param {Map<number, number>[]} to
   */
  move(from, to) {
    if (this.touched || !from.length) return false;
    to.push(this.swap(/** @type {Map<number, number>} */ (from.pop())));
    return true;
  }

  /**
   * Put groups of bits back; -> the bits they replaced.
   * @param {Map<number, number>} groups
   */
  swap(groups) {
    const { words, width } = this.planes, replaced = new Map();
    for (const [group, bits] of groups) {
      replaced.set(group, this.bitsOf(group));
      const end = Math.min(words.length, (group + 1) << 5), start = group << 5;
      for (let i = start, k = 0; i < end; i++, k++) if (((words[i] >>> this.slot) ^ (bits >>> k)) & 1) this.planes.flip(this.slot, i);
      const top = Math.floor(start / width), bottom = Math.floor((end - 1) / width) + 1, whole = bottom - top > 1;
      if (bits) this.planes.grow(this.slot, { left: whole ? 0 : start - top * width, top, right: whole ? width : end - top * width, bottom });
    }
    return replaced;
  }
}

/**
 * A stroke from one point to the next with a round brush: pixels whose centre is within `radius`
 * of the line. Points in scan pixels.
 * @param {DrawnMask} mask
 * @param {Point} from
 * @param {Point} to
 * @param {number} radius
 * @param {boolean} on
 */
export function brushLine(mask, from, to, radius, on) {
  const top = Math.floor(Math.min(from.y, to.y) - radius - 0.5), bottom = Math.ceil(Math.max(from.y, to.y) + radius);
  for (let y = top; y <= bottom; y++) {
    const span = capsuleSpan(from, to, radius, y + 0.5);
    if (span) mask.span(y, Math.ceil(span[0] - 0.5), Math.floor(span[1] - 0.5) + 1, on);
  }
  // A brush smaller than a pixel still marks the pixel it is in.
  const x = Math.floor(to.x);
  mask.span(Math.floor(to.y), x, x + 1, on);
}

/**
 * The stretch of x at height y within `radius` of the line from a to b, or null.
 * @param {Point} a
 * @param {Point} b
 * @param {number} radius
 * @param {number} y
 */
function capsuleSpan(a, b, radius, y) {
  let low = Infinity, high = -Infinity;
  const include = (/** @type {number} */ x0, /** @type {number} */ x1) => {
    low = Math.min(low, x0);
    high = Math.max(high, x1);
  };
  for (const { x, y: cy } of [a, b]) {
    const half = radius * radius - (y - cy) * (y - cy);
    if (half >= 0) include(x - Math.sqrt(half), x + Math.sqrt(half));
  }
  const dx = b.x - a.x, dy = b.y - a.y, length = Math.hypot(dx, dy);
  if (length > 1e-9) {
    // The rectangle around the line: its corners' polygon cut at height y.
    const nx = (-dy / length) * radius, ny = (dx / length) * radius;
    const corners = [[a.x + nx, a.y + ny], [b.x + nx, b.y + ny], [b.x - nx, b.y - ny], [a.x - nx, a.y - ny]];
    for (let k = 0; k < 4; k++) {
      const [x0, y0] = corners[k], [x1, y1] = corners[(k + 1) & 3];
      if ((y0 <= y) === (y1 <= y)) continue;
      const x = x0 + ((y - y0) / (y1 - y0)) * (x1 - x0);
      include(x, x);
    }
  }
  return low <= high ? [low, high] : null;
}

/**
 * Pixels whose centre lies inside a polygon, by the even-odd rule. points: [{x, y}], scan pixels.
 * @param {DrawnMask} mask
 * @param {Point[]} points
 * @param {boolean} on
 */
export function fillPolygon(mask, points, on) {
  const ys = points.map((point) => point.y), { height } = mask.planes;
  const top = Math.max(0, Math.floor(Math.min(...ys))), bottom = Math.min(height, Math.ceil(Math.max(...ys)) + 1);
  for (let y = top; y < bottom; y++) {
    /** @type {number[]} */
    const cuts = [];
    points.forEach((a, k) => {
      const b = points[(k + 1) % points.length];
      if ((a.y <= y + 0.5) !== (b.y <= y + 0.5)) cuts.push(a.x + ((y + 0.5 - a.y) / (b.y - a.y)) * (b.x - a.x));
    });
    cuts.sort((a, b) => a - b);
    for (let k = 0; k + 1 < cuts.length; k += 2) mask.span(y, Math.ceil(cuts[k] - 0.5), Math.ceil(cuts[k + 1] - 0.5), on);
  }
}

/**
 * Fill the hole or the enclosed region that pixel (x, y) lies in. False, and nothing is changed, if
 * the region reaches the border of the scan: it is not enclosed.
 * @param {DrawnMask} mask
 * @param {number} x
 * @param {number} y
 */
export function fillEnclosed(mask, x, y) {
  const { words, width, height } = mask.planes, { slot } = mask, isIn = (/** @type {number} */ i) => (words[i] >>> slot) & 1;
  if (x < 0 || y < 0 || x >= width || y >= height || isIn(y * width + x)) return false;
  const seen = new Uint8Array(words.length), rows = [], todo = [y * width + x];
  while (todo.length) {
    const i = /** @type {number} */ (todo.pop()), row = Math.floor(i / width), begin = row * width;
    if (seen[i]) continue;
    let left = i, right = i + 1;
    while (left > begin && !isIn(left - 1)) left--;
    while (right < begin + width && !isIn(right)) right++;
    if (left === begin || right === begin + width || row === 0 || row === height - 1) return false;
    seen.fill(1, left, right);
    rows.push([row, left - begin, right - begin]);
    for (const next of [-width, width]) {
      for (let k = left + next; k < right + next; k++) {
        if (!isIn(k) && !seen[k] && (k === left + next || isIn(k - 1))) todo.push(k);
      }
    }
  }
  for (const [row, from, to] of rows) mask.span(row, from, to, true);
  return true;
}
