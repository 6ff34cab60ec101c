// lesions.js: measures of lesions, the same numbers as busdemo/scoring/lesions.py, which documents
// them. Typed arrays and whole numbers.

import { STOPS } from './scoring.js';
/** @import { Components } from './components.js' */
/** @import { Box } from './planes.js' */

/** @typedef {{x: number, y: number}} Point In pixels of the scan. */

/**
 * Lengths in px; ends: of the longest diameter; probability: mean over its pixels.
 * @typedef {object} Lesion
 * @property {number} number
 * @property {number} area
 * @property {Box} box
 * @property {number} longest
 * @property {number} perpendicular
 * @property {number} depthToWidth
 * @property {Point} centre
 * @property {Point[]} ends
 * @property {number | null} probability
 */

/**
 * The first `most` lesions' measures, in px. levels: of the scan's size, or null.
 * @param {Components} it
 * @param {number} width
 * @param {Uint8Array | null} levels
 * @param {number} [most]
 * @param {number} [aspect] Height of a pixel over its width; where it is not 1, a px is the side of
 *   the square of a pixel's area.
 */
export function measureLesions({ runs, areas, boxes, n }, width, levels, most = Infinity, aspect = 1) {
  const shown = Math.min(n, most);
  const sums = Array.from({ length: shown }, () => ({ corners: [], x: 0, y: 0, levels: 0 }));
  for (let k = 0; k < runs.count; k++) {
    if (runs.numbers[k] <= shown) addRun(sums[runs.numbers[k] - 1], runs.starts[k], runs.ends[k], width, levels);
  }
  return sums.map((sum, k) => describeLesion(k + 1, areas[k], boxes[k], sum, levels !== null, aspect));
}

/**
 * @param {{corners: Point[], x: number, y: number, levels: number}} sum
 * @param {number} start
 * @param {number} end
 * @param {number} width
 * @param {Uint8Array | null} levels
 */
function addRun(sum, start, end, width, levels) {
  const y = Math.floor(start / width), left = start - y * width, right = end - y * width;
  sum.corners.push({ x: left, y }, { x: right, y }, { x: left, y: y + 1 }, { x: right, y: y + 1 });
  sum.x += ((left + right - 1) * (right - left)) / 2;
  sum.y += y * (right - left);
  for (let i = start; levels && i < end; i++) sum.levels += levels[i];
}

/**
 * @param {number} number
 * @param {number} area
 * @param {Box} box
 * @param {{corners: Point[], x: number, y: number, levels: number}} sum
 * @param {boolean} hasLevels
 * @param {number} aspect
 */
function describeLesion(number, area, box, sum, hasLevels, aspect) {
  const hull = convexHull(sum.corners.sort((one, other) => one.x - other.x || one.y - other.y));
  const { one, other, squared } = findDiameter(hull, aspect), longest = Math.sqrt(squared);
  // A cross product is an area: that of a pixel is 1 whatever its shape.
  const across = hull.map(({ x, y }) => x * (other.y - one.y) - y * (other.x - one.x));
  return {
    number, area, box, longest, perpendicular: (Math.max(...across) - Math.min(...across)) / longest,
    depthToWidth: ((box.bottom - box.top) * aspect) / (box.right - box.left), centre: { x: sum.x / area, y: sum.y / area },
    ends: [one, other], probability: hasLevels ? sum.levels / (STOPS * area) : null,
  };
}

/**
 * Andrew's monotone chain over sorted points.
 * @param {Point[]} points
 */
function convexHull(points) {
  const half = (/** @type {Point[]} */ ordered) => {
    const chain = [];
    for (const point of ordered) {
      while (chain.length > 1 && turnOf(chain[chain.length - 2], chain[chain.length - 1], point) <= 0) chain.pop();
      chain.push(point);
    }
    chain.pop();
    return chain;
  };
  return half(points).concat(half([...points].reverse()));
}

/**
 * @param {Point} origin
 * @param {Point} before
 * @param {Point} after
 */
function turnOf(origin, before, after) {
  return (before.x - origin.x) * (after.y - origin.y) - (before.y - origin.y) * (after.x - origin.x);
}

/**
 * The two corners farthest apart; of several pairs the one that begins first, row by row.
 * @param {Point[]} hull
 * @param {number} aspect
 */
function findDiameter(hull, aspect) {
  const ordered = [...hull].sort((one, other) => one.y - other.y || one.x - other.x);
  let found = { one: ordered[0], other: ordered[0], squared: -1 };
  ordered.forEach((one, i) => {
    for (let j = i + 1; j < ordered.length; j++) {
      const other = ordered[j], squared = (one.x - other.x) ** 2 / aspect + (one.y - other.y) ** 2 * aspect;
      if (squared > found.squared) found = { one, other, squared };
    }
  });
  return found;
}
