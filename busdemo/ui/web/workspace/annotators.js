// annotators.js: who is compared. An annotator is the ground truth, an uploaded or drawn mask, a model
// at a threshold, or a consensus of the others; its mask is a plane (planes.js).

import { SLOTS } from '../core/planes.js';
import { TRUTH_COLOUR, pickLook } from '../canvas/palette.js';
/** @import { Steps } from '../core/postprocess.js' */

/**
 * A person's mask under one label, or under all.
 * @typedef {object} LabelMask
 * @property {string} label
 * @property {boolean} merged
 * @property {string} note
 * @property {string[]} sha256
 * @property {number} frame
 * @property {number} frames
 * @property {Record<string, any>} provenance As Python has it: it goes back as it came.
 * @property {Uint8Array} pixels
 */

/**
 * Whoever has a mask of the scan.
 * @typedef {object} Annotator
 * @property {string} key
 * @property {string} name
 * @property {'truth' | 'person' | 'model' | 'consensus'} kind
 * @property {number} slot Of its mask in the planes.
 * @property {string} colour
 * @property {number} dash
 * @property {boolean} shown
 * @property {'outline' | 'fill'} style
 * @property {boolean} ready
 * @property {number} version Of its mask.
 * @property {string} note
 * @property {boolean} open Whether its panel is.
 * @property {boolean} drawn Here, by hand.
 * @property {Record<string, any>} [provenance] As the server told it, and is told it again.
 * @property {boolean} passing Merely looked at: it leaves when another model is chosen.
 * @property {string[] | string} sha256 Of its files.
 * @property {File | null} file What its masks are read from, to read them again in another way.
 * @property {string} reader How the file calls who marked it.
 * @property {{frame?: number, invert?: boolean, least_score?: number}} how The file was read.
 * @property {LabelMask[] | null} masks A mask for each label of the file.
 * @property {string} label
 * @property {number} frame
 * @property {number} frames
 * @property {object} [asked] What is on its way.
 * @property {string} model Its id; what follows is a model's.
 * @property {number} frozen
 * @property {number} stop
 * @property {number} [ownStop] While all have one.
 * @property {Steps | null} steps
 * @property {number | null} presence How probable it is that the scan shows a lesion; null while that is unknown.
 * @property {number} cutOff In hundredths; under it the mask is withheld.
 * @property {number} frozenCutOff The model's own; 0 where it has no rule.
 * @property {Steps | null} ownSteps
 * @property {string} [state]
 * @property {string} [reason]
 * @property {Uint8Array} [levels]
 * @property {string} rule Of a consensus.
 * @property {string} among
 * @property {string[]} keys
 * @property {{version: number, text: string}} [written]
 * @property {{version: number, rings: Int32Array[], paths: Map<string, Path2D>}} [traced]
 */

export const MOST_ANNOTATORS = 20;

/** Whose mask may be the reference unasked. */
const PEOPLE = ['truth', 'person'];

/** @type {Record<string, string>} */
export const KIND_WORDS = { truth: 'ground truth', person: 'person', model: 'model', consensus: 'consensus' };

/** @type {Record<string, string>} */
export const RULES = { majority: 'Majority', union: 'Union', intersection: 'Intersection', staple: 'STAPLE' };

export class AnnotatorList {
  constructor() {
    /** @type {Annotator[]} */
    this.list = [];
    this.reference = ''; // people first; a model or a consensus only where a visitor says so
    this.isAsked = false; // whether a visitor has said whom the others are scored against
    this.counted = 0; // drawn and uploaded masks so far, for their keys
  }

  /**
   * @param {string} key
   * @returns {Annotator | null}
   */
  find(key) {
    return this.list.find((one) => one.key === key) || null;
  }

  get ready() {
    return this.list.filter((one) => one.ready);
  }

  get shown() {
    return this.list.filter((one) => one.ready && one.shown);
  }

  // Those who vote: a consensus has been counted with them.
  get voters() {
    return this.ready.filter((one) => one.kind !== 'consensus');
  }

  get isFull() {
    return this.list.filter((one) => one.kind !== 'consensus').length >= MOST_ANNOTATORS;
  }

  /**
   * -> the new annotator, or null when there are twenty already. first: at the head of the list.
   * @param {{key: string, name: string, kind: string} & Record<string, any>} it
   * @returns {Annotator | null}
   */
  add({ key, name, kind, first = false, ...facts }) {
    if (this.find(key) || (kind !== 'consensus' && this.isFull)) return null;
    const used = new Set(this.list.map((one) => one.slot));
    let slot = 0;
    while (used.has(slot)) slot++;
    if (slot >= SLOTS) return null;
    const look = kind === 'truth' ? { colour: TRUTH_COLOUR, dash: 0 } : pickLook(this.list);
    const annotator = /** @type {Annotator} */ ({
      key, kind, ...look, shown: true, style: 'outline', ready: false, version: 0, note: '', open: false,
      drawn: false, passing: false, sha256: [], file: null, reader: '', how: {}, masks: null, label: '', frame: 1, frames: 1, model: '', frozen: 0, stop: 0, steps: null, ownSteps: null,
      presence: null, cutOff: 0, frozenCutOff: 0,
      rule: '', among: '', keys: [],
      ...facts, slot, name: this.freeName(name, key),
    });
    this.list[first ? 'unshift' : 'push'](annotator);
    this.settleReference();
    return annotator;
  }

  // People first: a model or a consensus is the reference only where that was asked for.
  settleReference() {
    const kept = this.find(this.reference), human = this.list.find((one) => one.kind === 'truth') || this.list.find((one) => one.kind === 'person');
    if (kept && (this.isAsked || PEOPLE.includes(kept.kind))) return;
    this.isAsked = false;
    this.reference = human?.key || '';
  }

  /**
   * A visitor's wish.
   * @param {string} key
   */
  chooseReference(key) {
    this.reference = key;
    this.isAsked = true;
  }

  /**
   * @param {string} key
   */
  remove(key) {
    this.list = this.list.filter((one) => one.key !== key);
    this.settleReference();
  }

  /**
   * Names tell annotators apart in every table: a second one of a name gets a number.
   * @param {string} wanted
   * @param {string} key
   */
  freeName(wanted, key) {
    const name = wanted.replace(/[^ -~\u00a0-\uffff]/g, '').trim().slice(0, 60) || 'Unnamed';
    const isTaken = (/** @type {string} */ tried) => this.list.some((one) => one.key !== key && one.name === tried);
    let tried = name;
    for (let n = 2; isTaken(tried); n++) tried = `${name} (${n})`;
    return tried;
  }

  /**
   * @param {string} kind
   */
  newKey(kind) {
    this.counted++;
    return `${kind}:${this.counted}`;
  }

  /**
   * Whom a consensus is made of: all people and models, only people, only models, or those of `keys`.
   * @param {{among?: string, keys?: string[]}} it
   */
  membersOf({ among, keys = [] }) {
    const kinds = { all: ['person', 'model'], chosen: ['person', 'model'], people: ['person'], models: ['model'] }[among || 'all'] || [];
    return this.voters.filter((one) => kinds.includes(one.kind) && (among !== 'chosen' || keys.includes(one.key)));
  }
}

/**
 * One word with the bits of these annotators' planes.
 * @param {Annotator[]} annotators
 */
export function slotsOf(annotators) {
  return annotators.reduce((word, one) => word | (1 << one.slot), 0) >>> 0;
}

/**
 * How many members a pixel needs; more than half for the majority.
 * @param {string} rule
 * @param {number} count
 */
export function votesNeeded(rule, count) {
  if (rule === 'union') return 1;
  return rule === 'intersection' ? count : Math.floor(count / 2) + 1;
}

/**
 * A and B: those wished for, else the first two models, else the reference and another one.
 * @param {Annotator[]} among
 * @param {{a: string, b: string}} wished
 * @param {string} reference
 * @returns {{a: Annotator | null, b: Annotator | null}}
 */
export function pairAmong(among, wished, reference) {
  const models = among.filter((one) => one.kind === 'model' && one.shown);
  const usual = models.length > 1 ? models : [...among.filter((one) => one.key === reference), ...among];
  const a = among.find((one) => one.key === wished.a) || usual.find((one) => one.key !== wished.b) || null;
  const b = among.find((one) => one.key === wished.b && one !== a) || [...usual, ...among].find((one) => one !== a) || null;
  return { a, b };
}
