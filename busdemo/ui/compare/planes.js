// planes.js: up to 32 masks in one word a pixel: bit `slot` of `words[i]` says whether that mask
// marks pixel i. Every picture and every count of the comparison is read from these words. Plain
// arrays, without canvas and markup.

const SLOTS = 32;
const NO_BOX = { left: 0, top: 0, right: 0, bottom: 0 }; // right and bottom are just outside

class Planes {
  constructor(width, height) {
    this.width = width;
    this.height = height;
    this.words = new Uint32Array(width * height);
    this.boxes = Array.from({ length: SLOTS }, () => NO_BOX);
  }

  // The mask `levels >= stop`; with stop 1, any Uint8Array whose 0 is background.
  write(slot, levels, stop) {
    const { words, width, height } = this, bit = (1 << slot) >>> 0, rest = ~bit;
    let left = width, right = 0, top = height, bottom = 0;
    for (let y = 0, i = 0; y < height; y++) {
      let first = -1, last = -1;
      for (let x = 0; x < width; x++, i++) {
        if (levels[i] >= stop) {
          words[i] |= bit;
          if (first < 0) first = x;
          last = x;
        } else words[i] &= rest;
      }
      if (first < 0) continue;
      if (first < left) left = first;
      if (last >= right) right = last + 1;
      if (y < top) top = y;
      bottom = y + 1;
    }
    this.boxes[slot] = bottom ? { left, top, right, bottom } : NO_BOX;
  }

  // The mask of the pixels that at least `least` of the masks in `members` (a word of bits) mark.
  writeVotes(slot, members, least) {
    const { words } = this, votes = new Uint8Array(words.length);
    countVotes(votes, words, members);
    this.write(slot, votes, least);
  }

  copy(from, to) {
    this.write(to, this.read(from), 1);
  }

  clear(slot) {
    const rest = ~(1 << slot), { words } = this;
    for (let i = 0; i < words.length; i++) words[i] &= rest;
    this.boxes[slot] = NO_BOX;
  }

  has(slot, i) {
    return ((this.words[i] >>> slot) & 1) === 1;
  }

  // -> Uint8Array, 1 where the mask is.
  read(slot) {
    const { words } = this, mask = new Uint8Array(words.length);
    for (let i = 0; i < words.length; i++) mask[i] = (words[i] >>> slot) & 1;
    return mask;
  }

  // A drawn mask grows by strokes: its box holds it, but may be larger than it.
  grow(slot, box) {
    const known = this.boxes[slot];
    if (box.right <= box.left || box.bottom <= box.top) return;
    this.boxes[slot] = known.right ? {
      left: Math.min(known.left, box.left), top: Math.min(known.top, box.top),
      right: Math.max(known.right, box.right), bottom: Math.max(known.bottom, box.bottom),
    } : box;
  }
}

function countBits(word) {
  let bits = word - ((word >>> 1) & 0x55555555);
  bits = (bits & 0x33333333) + ((bits >>> 2) & 0x33333333);
  return Math.imul((bits + (bits >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

// votes: Uint8Array to be filled with how many masks of `members` mark each pixel. Neighbours
// mostly have the same word, so that it is counted once a run.
function countVotes(votes, words, members) {
  for (let i = 0, last = 0, count = 0; i < words.length; i++) {
    const word = words[i] & members;
    if (word !== last) {
      last = word;
      count = countBits(word);
    }
    votes[i] = count;
  }
}

// kinds: to be filled with 1 where only a marks, 2 where only b does, 3 where both do.
function countPair(kinds, words, a, b) {
  for (let i = 0; i < words.length; i++) {
    const word = words[i];
    kinds[i] = ((word >>> a) & 1) | (((word >>> b) & 1) << 1);
  }
}

// Every step-th word of every step-th row, as thinPixels does for bytes.
function thinWords(words, width, height, step) {
  if (step === 1) return words;
  const thinned = new Uint32Array(Math.ceil(width / step) * Math.ceil(height / step));
  for (let y = 0, to = 0; y < height; y += step) {
    for (let x = 0; x < width; x += step) thinned[to++] = words[y * width + x];
  }
  return thinned;
}

// Disagreement of a pixel that k of n mark: the entropy of one vote, in bits, 0 to 1.
function voteEntropy(k, n) {
  if (k === 0 || k >= n) return 0;
  const p = k / n;
  return -(p * Math.log2(p) + (1 - p) * Math.log2(1 - p));
}

// Pixels shared by each pair of masks: Float64Array(32 * 32), areas on its diagonal. Neighbours mostly
// have the same word and an image holds few different ones, so pixels are counted by word first.
function countOverlaps(words) {
  const pixels = new Map();
  let last = 0, from = 0;
  for (let i = 0; i <= words.length; i++) {
    const word = i < words.length ? words[i] : last ^ 1;
    if (word === last) continue;
    if (last) pixels.set(last, (pixels.get(last) || 0) + i - from);
    last = word;
    from = i;
  }
  const shared = new Float64Array(SLOTS * SLOTS), slots = new Int32Array(SLOTS);
  for (const [word, count] of pixels) {
    let n = 0;
    for (let rest = word; rest; rest &= rest - 1) slots[n++] = 31 - Math.clz32(rest & -rest);
    for (let a = 0; a < n; a++) for (let b = 0; b < n; b++) shared[slots[a] * SLOTS + slots[b]] += count;
  }
  return shared;
}

// The score of mask `a` against mask `b`, by the rules of scoring.js.
function scorePair(shared, a, b) {
  const hit = shared[a * SLOTS + b];
  return scoreCounts({ hit, extra: shared[a * SLOTS + a] - hit, missed: shared[b * SLOTS + b] - hit });
}
