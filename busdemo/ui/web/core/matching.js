// matching.js: predicted lesions against the reference's, one by one: found, missed, extra, split,
// merged, by the rule of busdemo/scoring/lesionwise.py, which documents it.

/** @import { Components } from './components.js' */

/** @typedef {'found' | 'split' | 'merged' | 'missed' | 'extra'} LesionWord */

/**
 * A word for every lesion; partners: the reference's numbers of each predicted one.
 * @typedef {object} Matching
 * @property {LesionWord[]} predicted
 * @property {LesionWord[]} reference
 * @property {number[][]} partners
 * @property {number} precision
 * @property {number} recall
 * @property {number} f1
 */

const LEAST_GROUP_IOU = 0.1;

/** @type {Record<string, string>} */
export const LESION_WORDS = {
  found: 'One predicted lesion lies on one of the reference.',
  split: 'One lesion of the reference, several predicted ones.',
  merged: 'Several lesions of the reference, one predicted one.',
  missed: 'No predicted lesion lies on it.',
  extra: 'No lesion of the reference lies under it.',
};

/**
 * ours, theirs: from findComponents; theirs with its labels, from labelPixels.
 * -> {predicted, reference: words; partners: reference numbers of each predicted lesion; precision, recall, f1}
 * @param {Components} ours
 * @param {Components} theirs
 */
export function matchLesions(ours, theirs) {
  const counted = pairsThatCount(ours, theirs);
  /** @type {(n: number) => number[][]} */
  const lists = (n) => Array.from({ length: n }, () => []);
  const partners = lists(ours.n), backwards = lists(theirs.n);
  for (const { one, other } of counted) {
    partners[one - 1].push(other);
    backwards[other - 1].push(one);
  }
  const word = (/** @type {number[]} */ mine, /** @type {number[][]} */ their, /** @type {string[]} */ [alone, several, oneOfSeveral]) => {
    if (!mine.length) return alone;
    if (mine.length > 1) return several;
    return their[mine[0] - 1].length > 1 ? oneOfSeveral : 'found';
  };
  const share = (/** @type {number[][]} */ lists) => (lists.length ? lists.filter((/** @type {number[]} */ list) => list.length).length / lists.length : NaN);
  const precision = share(partners), recall = share(backwards);
  return {
    predicted: partners.map((mine) => word(mine, backwards, ['extra', 'merged', 'split'])),
    reference: backwards.map((mine) => word(mine, partners, ['missed', 'split', 'merged'])),
    partners: partners.map((mine) => mine.sort((one, other) => one - other)),
    precision, recall, f1: harmonicMean(precision, recall),
  };
}

/**
 * @param {number} precision
 * @param {number} recall
 */
function harmonicMean(precision, recall) {
  if (Number.isNaN(precision) && Number.isNaN(recall)) return NaN;
  return precision > 0 && recall > 0 ? (2 * precision * recall) / (precision + recall) : 0;
}

/**
 * Pairs that share at least half of the smaller one, in a group whose IoU is large enough.
 * @param {Components} ours
 * @param {Components} theirs
 */
function pairsThatCount(ours, theirs) {
  const pairs = sharedPixels(ours, theirs), links = pairs.filter(
    ({ one, other, shared }) => 2 * shared >= Math.min(ours.areas[one - 1], theirs.areas[other - 1]),
  );
  const parents = Array.from({ length: ours.n + theirs.n + 1 }, (_, node) => node);
  const groupOf = (/** @type {number} */ node) => {
    while (parents[node] !== node) node = parents[node] = parents[parents[node]];
    return node;
  };
  for (const { one, other } of links) parents[groupOf(one)] = groupOf(ours.n + other);
  const area = new Float64Array(parents.length), hit = new Float64Array(parents.length);
  ours.areas.forEach((px, k) => { area[groupOf(k + 1)] += px; });
  theirs.areas.forEach((px, k) => { area[groupOf(ours.n + k + 1)] += px; });
  for (const { one, other, shared } of pairs) {
    if (groupOf(one) === groupOf(ours.n + other)) hit[groupOf(one)] += shared;
  }
  return links.filter(({ one }) => {
    const group = groupOf(one);
    return hit[group] / (area[group] - hit[group]) >= LEAST_GROUP_IOU;
  });
}

/**
 * -> [{one, other, shared}]: pixels that each pair of lesions shares, if any.
 * @param {Components} it
 * @param {Components} theirs
 */
function sharedPixels({ runs }, theirs) {
  const counts = new Map(), step = theirs.n + 1, labels = /** @type {Int32Array} */ (theirs.labels);
  for (let k = 0; k < runs.count; k++) {
    const own = runs.numbers[k] * step;
    for (let i = runs.starts[k], from = i; i < runs.ends[k]; i = from) {
      const other = labels[i];
      while (from < runs.ends[k] && labels[from] === other) from++;
      if (other) counts.set(own + other, (counts.get(own + other) || 0) + from - i);
    }
  }
  return [...counts].map(([pair, shared]) => ({ one: Math.floor(pair / step), other: pair % step, shared }));
}
