// planes.js: up to 32 masks in one word a pixel: bit `slot` of `words[i]` says whether that mask
// marks pixel i. Every picture of the comparison is read from these words; what each pair of masks
// shares is counted along with every change (`flip`), so that a threshold moved or a stroke costs
// what it changes, not the whole scan. Plain arrays, without canvas and markup.

import { scoreCounts } from './scoring.js';

/** @typedef {{left: number, top: number, right: number, bottom: number}} Box Right and bottom are just outside. */

export const SLOTS = 32;

export const NO_BOX = { left: 0, top: 0, right: 0, bottom: 0 }; // right and bottom are just outside

export class Planes {
  /**
   * @param {number} width
   * @param {number} height
   */
  constructor(width, height) {
    this.width = width;
    this.height = height;
    this.words = new Uint32Array(width * height);
    this.boxes = Array.from({ length: SLOTS }, () => NO_BOX);
    this.shared = new Float64Array(SLOTS * SLOTS); // pixels both masks of a pair mark, areas on the diagonal
    this.changed = null; // {first, last}: pixels between which something has changed
  }

  /**
   * Pixel i changes sides in one mask.
   * @param {number} slot
   * @param {number} i
   */
  flip(slot, i) {
    const { words, shared, changed } = this, bit = 1 << slot, by = words[i] & bit ? -1 : 1;
    for (let rest = words[i] & ~bit; rest; rest &= rest - 1) {
      const other = 31 - Math.clz32(rest & -rest);
      shared[slot * SLOTS + other] += by;
      shared[other * SLOTS + slot] += by;
    }
    shared[slot * SLOTS + slot] += by;
    words[i] ^= bit;
    if (!changed) this.changed = { first: i, last: i };
    else if (i < changed.first) changed.first = i;
    else if (i > changed.last) changed.last = i;
  }

  // -> {top, bottom}: rows that have changed since this was last asked, or null.
  takeChanged() {
    const { changed, width } = this;
    this.changed = null;
    return changed && { top: Math.floor(changed.first / width), bottom: Math.floor(changed.last / width) + 1 };
  }

  /**
   * The mask `levels >= stop`; with stop 1, any Uint8Array whose 0 is background. box: what holds
   * all of it, where that is known.
   * @param {number} slot
   * @param {Uint8Array} levels
   * @param {number} stop
   * @param {Box} [box]
   */
  write(slot, levels, stop, box = { left: 0, top: 0, right: this.width, bottom: this.height }) {
    const { words, width, height } = this, whole = joinBoxes(this.boxes[slot], box);
    let left = width, right = 0, top = height, bottom = 0;
    for (let y = whole.top; y < whole.bottom; y++) {
      let first = -1, last = -1;
      for (let x = whole.left, i = y * width + x; x < whole.right; x++, i++) {
        const on = levels[i] >= stop ? 1 : 0;
        if (((words[i] >>> slot) & 1) !== on) this.flip(slot, i);
        if (!on) continue;
        if (first < 0) first = x;
        last = x;
      }
      if (first < 0) continue;
      if (first < left) left = first;
      if (last >= right) right = last + 1;
      if (y < top) top = y;
      bottom = y + 1;
    }
    this.boxes[slot] = bottom ? { left, top, right, bottom } : NO_BOX;
  }

  /**
   * The mask of the pixels that at least `least` of the masks in `members` (a word of bits) mark.
   * @param {number} slot
   * @param {number} members
   * @param {number} least
   */
  writeVotes(slot, members, least) {
    const { words } = this, votes = new Uint8Array(words.length);
    countVotes(votes, words, members);
    this.write(slot, votes, least);
  }

  /**
   * @param {number} from
   * @param {number} to
   */
  copy(from, to) {
    this.write(to, this.read(from), 1);
  }

  /**
   * @param {number} slot
   */
  clear(slot) {
    const { width } = this, { left, top, right, bottom } = this.boxes[slot];
    for (let y = top; y < bottom; y++) {
      for (let i = y * width + left; i < y * width + right; i++) if (this.has(slot, i)) this.flip(slot, i);
    }
    this.boxes[slot] = NO_BOX;
  }

  /**
   * @param {number} slot
   * @param {number} i
   */
  has(slot, i) {
    return ((this.words[i] >>> slot) & 1) === 1;
  }

  /**
   * -> Uint8Array, 1 where the mask is.
   * @param {number} slot
   */
  read(slot) {
    const { words } = this, mask = new Uint8Array(words.length);
    for (let i = 0; i < words.length; i++) mask[i] = (words[i] >>> slot) & 1;
    return mask;
  }

  /**
   * A drawn mask grows by strokes: its box holds it, but may be larger than it.
   * @param {number} slot
   * @param {Box} box
   */
  grow(slot, box) {
    this.boxes[slot] = joinBoxes(this.boxes[slot], box);
  }
}

/**
 * @param {Box} a
 * @param {Box} b
 */
function joinBoxes(a, b) {
  if (b.right <= b.left || b.bottom <= b.top) return a;
  if (!a.right) return b;
  return {
    left: Math.min(a.left, b.left), top: Math.min(a.top, b.top), right: Math.max(a.right, b.right), bottom: Math.max(a.bottom, b.bottom),
  };
}

/**
 * @param {number} word
 */
function countBits(word) {
  let bits = word - ((word >>> 1) & 0x55555555);
  bits = (bits & 0x33333333) + ((bits >>> 2) & 0x33333333);
  return Math.imul((bits + (bits >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

/**
 * votes: Uint8Array to be filled with how many masks of `members` mark each pixel. Neighbours
 * mostly have the same word, so that it is counted once a run.
 * @param {Uint8Array} votes
 * @param {Uint32Array} words
 * @param {number} members
 */
export function countVotes(votes, words, members) {
  for (let i = 0, last = 0, count = 0; i < words.length; i++) {
    const word = words[i] & members;
    if (word !== last) {
      last = word;
      count = countBits(word);
    }
    votes[i] = count;
  }
}

/**
 * kinds: to be filled with bits: 1 "a marks it", 2 "b marks it", 4 "in the reference", if there is one.
 * @param {Uint8Array} kinds
 * @param {Uint32Array} words
 * @param {number} a
 * @param {number} b
 * @param {number} [reference]
 */
export function countPair(kinds, words, a, b, reference) {
  const known = reference === undefined ? 0 : 1, third = reference || 0;
  for (let i = 0; i < words.length; i++) {
    const word = words[i];
    kinds[i] = ((word >>> a) & 1) | (((word >>> b) & 1) << 1) | ((((word >>> third) & known) & 1) << 2);
  }
}

/**
 * Disagreement of a pixel that k of n mark: the entropy of one vote, in bits, 0 to 1.
 * @param {number} k
 * @param {number} n
 */
export function voteEntropy(k, n) {
  if (k === 0 || k >= n) return 0;
  const p = k / n;
  return -(p * Math.log2(p) + (1 - p) * Math.log2(1 - p));
}

/**
 * The score of mask `a` against mask `b`, by the rules of scoring.js.
 * @param {Float64Array} shared
 * @param {number} a
 * @param {number} b
 */
export function scorePair(shared, a, b) {
  const hit = shared[a * SLOTS + b];
  return scoreCounts({ hit, extra: shared[a * SLOTS + a] - hit, missed: shared[b * SLOTS + b] - hit });
}
