// uncertainty.js: entropy and disagreement as planes of levels 0 to 199, by the same arithmetic as
// busdemo/scoring/uncertainty.py.

import { STOPS } from './scoring.js';

const ENTROPY_LEVELS = Uint8Array.from({ length: STOPS }, (_, level) => {
  const p = (level + 0.5) / STOPS;
  return levelOf(-(p * Math.log2(p) + (1 - p) * Math.log2(1 - p)), 1);
});

/**
 * The level of a value between 0 and top.
 * @param {any} value
 * @param {number} top
 */
function levelOf(value, top) {
  return Math.min(STOPS - 1, Math.floor((value / top) * STOPS));
}

/**
 * -> Uint8Array of entropies as levels of 0 to 1 bit.
 * @param {Uint8Array} levels
 */
export function entropyPlane(levels) {
  return levels.map((level) => ENTROPY_LEVELS[level]);
}

/**
 * Standard deviation over maps (Uint8Arrays of one length), as levels of 0 to 0.5. Whole numbers
 * up to the root, so that Python gets the very same.
 * @param {Uint8Array[]} maps
 */
export function spreadPlane(maps) {
  const plane = new Uint8Array(maps[0].length), n = maps.length;
  for (let i = 0; i < plane.length; i++) {
    let total = 0, squares = 0;
    for (const levels of maps) {
      total += levels[i];
      squares += levels[i] * levels[i];
    }
    plane[i] = levelOf(Math.sqrt(n * squares - total * total) / (n * STOPS), 0.5);
  }
  return plane;
}
