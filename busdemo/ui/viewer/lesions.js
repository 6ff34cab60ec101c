// lesions.js: lesions as connected regions, their measures and their match with a reference: the
// same numbers as busdemo/imaging/components.py and busdemo/scoring/lesions.py and lesionwise.py,
// which document them. Typed arrays and whole numbers, no canvas, no markup.

// -> {runs, areas, boxes, n}: 8-connected, numbered from 1 by size, then by place.
function findComponents(mask, width) {
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

// The lit stretches of every row, [starts[k], ends[k]) in pixels of the whole mask, and the first
// run of the lesion each is part of.
function joinRuns(mask, width) {
  const starts = [], ends = [], parents = [];
  const rootOf = (run) => {
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

// -> Int32Array: the number of each pixel's lesion, 0 where there is none.
function labelPixels({ runs }, pixels) {
  const labels = new Int32Array(pixels);
  for (let k = 0; k < runs.count; k++) labels.fill(runs.numbers[k], runs.starts[k], runs.ends[k]);
  return labels;
}

// The first `most` lesions' measures, in px. levels: of the scan's size, or null.
function measureLesions({ runs, areas, boxes, n }, width, levels, most = Infinity) {
  const shown = Math.min(n, most);
  const sums = Array.from({ length: shown }, () => ({ corners: [], x: 0, y: 0, levels: 0 }));
  for (let k = 0; k < runs.count; k++) {
    if (runs.numbers[k] <= shown) addRun(sums[runs.numbers[k] - 1], runs.starts[k], runs.ends[k], width, levels);
  }
  return sums.map((sum, k) => describeLesion(k + 1, areas[k], boxes[k], sum, levels !== null));
}

function addRun(sum, start, end, width, levels) {
  const y = Math.floor(start / width), left = start - y * width, right = end - y * width;
  sum.corners.push({ x: left, y }, { x: right, y }, { x: left, y: y + 1 }, { x: right, y: y + 1 });
  sum.x += ((left + right - 1) * (right - left)) / 2;
  sum.y += y * (right - left);
  for (let i = start; levels && i < end; i++) sum.levels += levels[i];
}

function describeLesion(number, area, box, sum, hasLevels) {
  const hull = convexHull(sum.corners.sort((one, other) => one.x - other.x || one.y - other.y));
  const { one, other, squared } = findDiameter(hull), longest = Math.sqrt(squared);
  const across = hull.map(({ x, y }) => x * (other.y - one.y) - y * (other.x - one.x));
  return {
    number, area, box, longest, perpendicular: (Math.max(...across) - Math.min(...across)) / longest,
    depthToWidth: (box.bottom - box.top) / (box.right - box.left), centre: { x: sum.x / area, y: sum.y / area },
    ends: [one, other], probability: hasLevels ? sum.levels / (STOPS * area) : null,
  };
}

// Andrew's monotone chain over sorted points.
function convexHull(points) {
  const half = (ordered) => {
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

function turnOf(origin, before, after) {
  return (before.x - origin.x) * (after.y - origin.y) - (before.y - origin.y) * (after.x - origin.x);
}

// The two corners farthest apart; of several pairs the one that begins first, row by row.
function findDiameter(hull) {
  const ordered = [...hull].sort((one, other) => one.y - other.y || one.x - other.x);
  let found = { one: ordered[0], other: ordered[0], squared: -1 };
  ordered.forEach((one, i) => {
    for (let j = i + 1; j < ordered.length; j++) {
      const other = ordered[j], squared = (one.x - other.x) ** 2 + (one.y - other.y) ** 2;
      if (squared > found.squared) found = { one, other, squared };
    }
  });
  return found;
}
