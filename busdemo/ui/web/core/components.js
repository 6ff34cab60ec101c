// components.js: connected regions of a mask: the same as busdemo/imaging/components.py, which
// documents them. Typed arrays and whole numbers.

/** @typedef {import('./planes.js').Box} Box */

/**
 * The lit stretches of a mask, row by row: pixels from `starts[k]` to `ends[k]` (just outside), and
 * the number of the lesion each is part of.
 * @typedef {{starts: number[], ends: number[], parents: number[], count: number, numbers: Int32Array}} Runs
 */

/**
 * Lesions, numbered from 1 by size. labels: of every pixel, once they are asked for (`labelPixels`).
 * @typedef {{runs: Runs, areas: number[], boxes: Box[], n: number, labels?: Int32Array}} Components
 */

/**
 * -> {runs, areas, boxes, n}: 8-connected, numbered from 1 by size, then by place.
 * @param {Uint8Array} mask
 * @param {number} width
 */
export function findComponents(mask, width) {
  const runs = joinRuns(mask, width), { starts, ends, parents, count } = runs;
  const area = new Float64Array(count), boxOf = new Map();
  for (let k = 0; k < count; k++) {
    const root = parents[k], y = Math.floor(starts[k] / width), left = starts[k] - y * width, right = ends[k] - y * width;
    area[root] += right - left;
    const box = boxOf.get(root);
    if (!box) boxOf.set(root, { left, top: y, right, bottom: y + 1 });
    else {
      if (left < box.left) box.left = left;
      if (right > box.right) box.right = right;
      box.bottom = y + 1;
    }
  }
  // The root of a lesion is its first run, row by row.
  const roots = [...boxOf.keys()].sort((one, other) => area[other] - area[one] || one - other);
  const numbers = new Int32Array(count);
  roots.forEach((root, k) => { numbers[root] = k + 1; });
  for (let k = 0; k < count; k++) numbers[k] = numbers[parents[k]];
  return { runs: { ...runs, numbers }, areas: roots.map((root) => area[root]), boxes: roots.map((root) => boxOf.get(root)), n: roots.length };
}

/**
 * The lit stretches of every row, [starts[k], ends[k]) in pixels of the whole mask, and the first
 * run of the lesion each is part of.
 * @param {Uint8Array} mask
 * @param {number} width
 */
function joinRuns(mask, width) {
  /** @type {number[][]} */
  const [starts, ends, parents] = [[], [], []];
  const rootOf = (/** @type {number} */ run) => {
    while (parents[run] !== run) run = parents[run] = parents[parents[run]];
    return run;
  };
  for (let end = width, above = 0, start = mask.indexOf(1); start >= 0; end += width) {
    const first = starts.length;
    while (start >= 0 && start < end) {
      let stop = start + 1;
      while (stop < end && mask[stop]) stop++;
      const run = parents.push(starts.length) - 1;
      starts.push(start);
      ends.push(stop);
      // Runs of the row above that touch this one, by a side or a corner.
      while (above < first && ends[above] + width < start) above++;
      for (let k = above; k < first && starts[k] + width <= stop; k++) {
        const one = rootOf(k), other = rootOf(run);
        parents[Math.max(one, other)] = Math.min(one, other);
      }
      start = mask.indexOf(1, stop);
    }
    above = first;
  }
  for (let k = 0; k < parents.length; k++) parents[k] = rootOf(k);
  return { starts, ends, parents, count: starts.length };
}

/**
 * -> Int32Array: the number of each pixel's lesion, 0 where there is none.
 * @param {Components} it
 * @param {number} pixels
 */
export function labelPixels({ runs }, pixels) {
  const labels = new Int32Array(pixels);
  for (let k = 0; k < runs.count; k++) labels.fill(runs.numbers[k], runs.starts[k], runs.ends[k]);
  return labels;
}
