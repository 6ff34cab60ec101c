// votes.js: pixels by how many masks mark them, or which of two: counted, summed up and painted.
// Plain arrays, without canvas and markup.

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
 * counts: of the eight kinds of countPair with a reference (planes.js), in pixels.
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
