// outcome.js: what the chosen model's probabilities come to at this threshold, with these steps:
// mask, score and lesions, computed once however many ask.

import { findComponents, labelPixels } from '../core/components.js';
import { measureLesions } from '../core/lesions.js';
import { matchLesions } from '../core/matching.js';
import { STEP_NAMES, processMask } from '../core/postprocess.js';
import { scoreAt, scoreCounts } from '../core/scoring.js';
import { isReady } from '../workspace/layers.js';
/** @import { Lesion } from '../core/lesions.js' */
/** @import { Steps } from '../core/postprocess.js' */
/** @import { Session } from './session.js' */
/** @import { Layer } from '../workspace/layers.js' */
/** @import { Components } from '../core/components.js' */
/** @import { Score, Tally } from '../core/scoring.js' */

/**
 * components and what follows are missing while several models are compared.
 * @typedef {object} Outcome
 * @property {Uint8Array} raw
 * @property {Uint8Array} mask
 * @property {Steps} steps
 * @property {Score | null} score
 * @property {Score | null} rawScore
 * @property {number} area
 * @property {number} rawArea
 * @property {any} [components]
 * @property {any} [lesions]
 * @property {any} [matched]
 * @property {any} [reference]
 */

// Beyond these, lesions are counted and matched, but neither listed nor numbered on the scan.
const MOST_LISTED = 30;

export class OutcomeCache {
  /**
   * @param {Session} session
   */
  constructor(session) {
    this.session = session;
    /** @type {any[]} */
    this.key = [];
    /** @type {Outcome | null} */
    this.kept = null;
    /** @type {{pixels: Uint8Array | null, components: Components | null, lesions: Lesion[]}} */
    this.reference = { pixels: null, components: null, lesions: [] };
  }

  // null while the chosen model has no result; without lesions while several models are compared.
  // -> {raw, mask, steps, score, rawScore, area, rawArea, components, lesions, matched, reference}
  get() {
    const { chosen, steps, state, comparison } = this.session;
    if (!isReady(chosen) || !state.grey) return null;
    const key = [chosen.levels, state.reference, state.stop, comparison.shown, ...STEP_NAMES.map((name) => steps[name])];
    if (!this.kept || key.some((part, k) => part !== this.key[k])) {
      this.key = key;
      this.kept = this.compute(chosen, steps);
    }
    return this.kept;
  }

  /**
   * @param {Layer & {levels: Uint8Array, tally: Tally}} layer
   * @param {Steps} steps
   */
  compute(layer, steps) {
    const { state } = this.session, { width, height, stop } = state, { levels, tally } = layer;
    const raw = new Uint8Array(levels.length);
    for (let i = 0; i < levels.length; i++) raw[i] = levels[i] >= stop ? 1 : 0;
    const mask = processMask(raw, width, height, steps), rawScore = scoreAt(tally, stop), rawArea = tally.predicted[stop];
    if (this.session.comparison.shown) return { raw, mask, steps, score: rawScore, rawScore, area: rawArea, rawArea };
    const components = findComponents(mask, width), lesions = measureLesions(components, width, levels, MOST_LISTED, state.aspect);
    const reference = this.referenceOf(state.reference, width);
    const area = mask === raw ? rawArea : components.areas.reduce((sum, px) => sum + px, 0);
    const score = mask === raw || !rawScore || !state.reference ? rawScore : scoreMask(mask, state.reference, area, tally.lesion);
    const matched = reference.components ? matchLesions(components, reference.components) : null;
    return { raw, mask, steps, score, rawScore, area, rawArea, components, lesions, matched, reference };
  }

  /**
   * @param {Uint8Array | null} pixels
   * @param {number} width
   */
  referenceOf(pixels, width) {
    if (this.reference.pixels === pixels) return this.reference;
    this.reference = { pixels, components: null, lesions: [] };
    if (pixels) {
      /** @type {Components} */
      const components = findComponents(pixels.map((value) => (value ? 1 : 0)), width);
      components.labels = labelPixels(components, pixels.length);
      Object.assign(this.reference, { components, lesions: measureLesions(components, width, null, MOST_LISTED, this.session.state.aspect) });
    }
    return this.reference;
  }
}

/**
 * @param {Uint8Array} mask
 * @param {Uint8Array} reference
 * @param {number} area
 * @param {number} lesion
 */
function scoreMask(mask, reference, area, lesion) {
  let hit = 0;
  for (let i = 0; i < mask.length; i++) if (mask[i] && reference[i]) hit++;
  return scoreCounts({ hit, extra: area - hit, missed: lesion - hit });
}
