// scoring.js: every number for every threshold, by the same rules and the same arithmetic as
// busdemo/scoring (which documents them); a test compares the two at all 199 stops.

/**
 * Pixels of at least a level: predicted, and of them in the reference; by level, 0 to 256.
 * @typedef {{predicted: Uint32Array, hit: Uint32Array, lesion: number, hasReference: boolean}} Tally
 */

/** @typedef {{hit: number, extra: number, missed: number}} Counts In pixels. */

/** @typedef {'agreement' | 'partial' | 'missed lesion' | 'false alarm' | 'correct rejection'} OutcomeWord */

/**
 * Dice, IoU, precision and recall are NaN where they are undefined.
 * @typedef {{dice: number, iou: number, precision: number, recall: number, outcome: OutcomeWord} & Counts} Score
 */

export const STOPS = 200; // slider stop c stands for the threshold c / STOPS

/**
 * One pass over the pixels gives cumulative histograms, after which each stop costs O(1).
 * levels, reference: Uint8Array of one length; reference may be null.
 * @param {Uint8Array} levels
 * @param {Uint8Array | null} reference
 * @returns {Tally}
 */
export function tallyLevels(levels, reference) {
  const predicted = new Uint32Array(257), hit = new Uint32Array(257);
  if (reference) {
    for (let i = 0; i < levels.length; i++) {
      predicted[levels[i]]++;
      if (reference[i]) hit[levels[i]]++;
    }
  } else {
    for (let i = 0; i < levels.length; i++) predicted[levels[i]]++;
  }
  for (let c = 255; c >= 0; c--) {
    predicted[c] += predicted[c + 1];
    hit[c] += hit[c + 1];
  }
  return { predicted, hit, lesion: hit[0], hasReference: reference !== null };
}

/**
 * Pixels at a stop: `level >= stop` is exactly `probability >= stop / 200`.
 * @param {Tally} tally
 * @param {number} stop
 * @returns {Counts}
 */
function countsAt(tally, stop) {
  const hit = tally.hit[stop];
  return { hit, extra: tally.predicted[stop] - hit, missed: tally.lesion - hit };
}

/**
 * Dice, IoU, precision, recall; NaN where the divisor is 0, shown as a dash.
 * @param {Counts} it
 * @returns {Score}
 */
export function scoreCounts({ hit, extra, missed }) {
  return {
    dice: ratio(2 * hit, 2 * hit + extra + missed),
    iou: ratio(hit, hit + extra + missed),
    precision: ratio(hit, hit + extra),
    recall: ratio(hit, hit + missed),
    outcome: outcomeOf(hit, extra, missed),
    hit, extra, missed,
  };
}

/**
 * @param {number} part
 * @param {number} whole
 */
function ratio(part, whole) {
  return whole ? part / whole : NaN;
}

// IoU from which two masks are said to agree: the detection criterion of PASCAL VOC.
const AGREEMENT_IOU = 0.5;

/**
 * @param {number} hit
 * @param {number} extra
 * @param {number} missed
 * @returns {OutcomeWord}
 */
function outcomeOf(hit, extra, missed) {
  if (hit + missed === 0) return extra ? 'false alarm' : 'correct rejection';
  if (hit === 0) return 'missed lesion';
  return hit / (hit + extra + missed) >= AGREEMENT_IOU ? 'agreement' : 'partial';
}

/**
 * The score at a stop, or null where there is nothing to score against.
 * @param {Tally | null} tally
 * @param {number} stop
 * @returns {Score | null}
 */
export function scoreAt(tally, stop) {
  return tally && tally.hasReference ? scoreCounts(countsAt(tally, stop)) : null;
}

/**
 * Dice at stops 1..199; NaN where undefined.
 * @param {Tally} tally
 */
export function diceCurve(tally) {
  const curve = new Float64Array(STOPS);
  for (let stop = 1; stop < STOPS; stop++) curve[stop] = scoreCounts(countsAt(tally, stop)).dice;
  return curve;
}

/**
 * @param {number} stop
 */
export function clampStop(stop) {
  return Math.max(1, Math.min(STOPS - 1, Math.round(stop)));
}

/**
 * Stop 1 lies at the left end, stop 199 at the right one, as the slider's thumb does.
 * @param {number} stop
 */
export function stopToPercent(stop) {
  return ((stop - 1) / (STOPS - 2)) * 100;
}
