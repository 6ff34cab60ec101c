// votes.js: several models' masks at once, pixel by pixel: how many mark it, which of two, and
// which of two is right. Plain arrays, without canvas and markup.

/** @typedef {{id?: string, levels: Uint8Array, stop: number}} Thresholded A model's levels and its threshold. */

/**
 * kinds: Uint8Array to be filled with how many of the maps mark each pixel. maps: [{levels, stop}].
 * @param {Uint8Array} kinds
 * @param {Thresholded[]} maps
 */
export function sumVotes(kinds, maps) {
  kinds.fill(0);
  for (const { levels, stop } of maps) {
    for (let i = 0; i < kinds.length; i++) kinds[i] += levels[i] >= stop ? 1 : 0;
  }
}

/**
 * kinds: to be filled with bits: 1 "A marks it", 2 "B marks it", 4 "in the reference" (which may be null).
 * @param {Uint8Array} kinds
 * @param {Thresholded} a
 * @param {Thresholded} b
 * @param {Uint8Array | null} reference
 */
export function classifyPair(kinds, a, b, reference) {
  for (let i = 0; i < kinds.length; i++) {
    kinds[i] = (a.levels[i] >= a.stop ? 1 : 0) | (b.levels[i] >= b.stop ? 2 : 0);
  }
  if (!reference) return;
  for (let i = 0; i < kinds.length; i++) if (reference[i]) kinds[i] |= 4;
}

/**
 * -> Uint32Array(n): how many pixels are of each kind.
 * @param {Uint8Array} kinds
 * @param {number} n
 */
export function countKinds(kinds, n) {
  const counts = new Uint32Array(n);
  for (let i = 0; i < kinds.length; i++) counts[kinds[i]]++;
  return counts;
}

/**
 * counts: of the eight kinds of classifyPair, in pixels.
 * @param {Uint32Array} counts
 */
export function summarizePair(counts) {
  const [neither, falseA, falseB, falseBoth, missedByBoth, trueA, trueB, trueBoth] = counts;
  return {
    aOnly: falseA + trueA,
    bOnly: falseB + trueB,
    both: falseBoth + trueBoth,
    neither: neither + missedByBoth,
    // Where only one of them marks a pixel, exactly one of them is right about it.
    aRight: trueA + falseB,
    bRight: trueB + falseA,
    agree: neither + falseBoth + missedByBoth + trueBoth,
  };
}

/**
 * codes: grey value in the low byte. table: from buildMapTable.
 * @param {Uint32Array} pixels
 * @param {Uint8Array} kinds
 * @param {ArrayLike<number>} codes
 * @param {Uint32Array} table
 */
export function paintKinds(pixels, kinds, codes, table) {
  for (let i = 0; i < kinds.length; i++) pixels[i] = table[(kinds[i] << 8) | (codes[i] & 255)];
}
