// outcome.js: what the chosen model's probabilities come to at this threshold, with these steps:
// mask, score and lesions, computed once however many ask.

import { findComponents, labelPixels } from '../core/components.js';
import { measureLesions } from '../core/lesions.js';
import { matchLesions } from '../core/matching.js';
import { NO_PROCESSING, isProcessing } from '../core/postprocess.js';
import { withholds } from '../core/presence.js';
import { scoreAt } from '../core/scoring.js';
import { maskOf } from '../core/steps.js';
/** @import { Lesion } from '../core/lesions.js' */
/** @import { Steps } from '../core/postprocess.js' */
/** @import { Session } from './session.js' */
/** @import { Annotator } from '../workspace/annotators.js' */
/** @import { Components } from '../core/components.js' */
/** @import { Score } from '../core/scoring.js' */

/**
 * components and what follows are missing while several models are compared; raw is before processing.
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
  get() {
    const { workspace: { chosen, reference }, comparison } = this.session;
    if (!chosen?.ready || !chosen.levels) return null;
    const key = [chosen.levels, chosen.version, reference?.key, reference?.version, comparison.shown];
    if (!this.kept || key.some((part, k) => part !== this.key[k])) {
      this.key = key;
      this.kept = this.compute(chosen, chosen.levels);
    }
    return this.kept;
  }

  /**
   * @param {Annotator} one
   * @param {Uint8Array} levels
   * @returns {Outcome}
   */
  compute(one, levels) {
    const { workspace, state } = this.session, { stop, steps: taken } = one, steps = taken || NO_PROCESSING, { width } = state;
    const mask = workspace.planes.read(one.slot), known = workspace.tallyOf(workspace.layer), rawScore = known && scoreAt(known.tally, stop);
    const area = workspace.masks.area(one), rawArea = known ? known.tally.predicted[stop] : area, score = workspace.scoreOf(one);
    const raw = isProcessing(steps) || withholds(one.presence, one.cutOff) ? maskOf({ levels, stop, steps: NO_PROCESSING }, width, state.height) : mask;
    const outcome = { raw, mask, steps, score, rawScore, area, rawArea };
    if (this.session.comparison.shown) return outcome;
    const components = findComponents(mask, width), lesions = measureLesions(components, width, levels, MOST_LISTED, state.aspect);
    const reference = this.referenceOf(state.reference, width);
    return { ...outcome, components, lesions, reference, matched: reference.components ? matchLesions(components, reference.components) : null };
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
