// annotators.js: who is compared. An annotator is the ground truth, an uploaded or drawn mask, a model
// at a threshold, or a consensus of the others; its mask is a plane (planes.js).

import { TRUTH_COLOUR, pickLook } from '../canvas/palette.js';
import { SLOTS } from '../core/planes.js';

export const MOST_ANNOTATORS = 20;

export const KIND_WORDS = { truth: 'ground truth', person: 'person', model: 'model', consensus: 'consensus' };

export const RULES = { majority: 'Majority', union: 'Union', intersection: 'Intersection', staple: 'STAPLE' };

export class Roster {
  constructor() {
    this.list = [];
    this.reference = '';
    this.counted = 0; // drawn and uploaded masks so far, for their keys
  }

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

  // -> the new annotator, or null when there are twenty already.
  add({ key, name, kind, ...facts }) {
    if (this.find(key) || (kind !== 'consensus' && this.isFull)) return null;
    const used = new Set(this.list.map((one) => one.slot));
    const slot = Array.from({ length: SLOTS }, (_, k) => k).find((k) => !used.has(k));
    const look = kind === 'truth' ? { colour: TRUTH_COLOUR, dash: 0 } : pickLook(this.list);
    const annotator = {
      key, kind, slot, ...look, shown: true, style: 'outline', ready: false, version: 0, note: '', open: false,
      ...facts, name: this.freeName(name, key),
    };
    this.list.push(annotator);
    if (!this.find(this.reference)) this.reference = key;
    return annotator;
  }

  remove(key) {
    this.list = this.list.filter((one) => one.key !== key);
    if (this.reference === key) this.reference = this.list.length ? this.list[0].key : '';
  }

  // Names tell annotators apart in every table: a second one of a name gets a number.
  freeName(wanted, key) {
    const name = wanted.replace(/[^ -~\u00a0-\uffff]/g, '').trim().slice(0, 60) || 'Unnamed';
    const isTaken = (tried) => this.list.some((one) => one.key !== key && one.name === tried);
    let tried = name;
    for (let n = 2; isTaken(tried); n++) tried = `${name} (${n})`;
    return tried;
  }

  newKey(kind) {
    this.counted++;
    return `${kind}:${this.counted}`;
  }

  // Whom a consensus is made of: all people and models, only people, only models, or those of `keys`.
  membersOf({ among, keys }) {
    const isOne = {
      all: () => true, people: (one) => one.kind === 'person', models: (one) => one.kind === 'model', chosen: (one) => keys.includes(one.key),
    }[among];
    return this.voters.filter((one) => one.kind !== 'truth' && isOne(one));
  }
}

// One word with the bits of these annotators' planes.
export function slotsOf(annotators) {
  return annotators.reduce((word, one) => word | (1 << one.slot), 0) >>> 0;
}

// How many members a pixel needs; more than half for the majority.
export function votesNeeded(rule, count) {
  return { majority: Math.floor(count / 2) + 1, union: 1, intersection: count }[rule];
}
