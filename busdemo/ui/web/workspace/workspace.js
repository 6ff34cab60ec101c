// workspace.js: what is on the table: a scan, whoever has a mask of it, which mask is the reference,
// and how all of it is looked at. Every view of the page draws from this one store and changes it
// through its verbs. Knows no page, no server and no view; who listens is told which parts changed.

import { NO_PROCESSING } from '../core/postprocess.js';
import { clampCutOff } from '../core/presence.js';
import { clampStop } from '../core/scoring.js';
import { checkSteps } from '../core/steps.js';
import { AnnotatorList, MOST_ANNOTATORS, RULES, pairAmong } from './annotators.js';
import { chooseModel, firstPicks, isUsable, tallyOf } from './layers.js';
import { Masks } from './masks.js';
/** @import { Annotator } from './annotators.js' */
/** @import { Look } from '../canvas/palette.js' */
/** @import { Steps } from '../core/postprocess.js' */
/** @import { Layer } from './layers.js' */

/**
 * The scan on the table.
 * @typedef {object} Scan
 * @property {string | null} case
 * @property {string} title
 * @property {string} example Its id; '' for an upload.
 * @property {boolean} simulated
 * @property {number} width
 * @property {number} height
 * @property {Uint8Array | null} grey
 * @property {number} spacing In mm per px; 0 is unknown.
 * @property {number} aspect Height of a pixel over its width.
 * @property {number} frame Which frame of its file the scan is, from 1.
 * @property {number} frames
 * @property {string} note What was done with the file.
 * @property {string} sha256 Of the file.
 * @property {string} url Of the picture, on the server.
 * @property {Record<string, any>} facts As the server told it: a question about masks takes it along.
 * @property {string} area Of the scan in its picture: "x,y,w,h", or "none".
 */

/**
 * Who hears of changes. parts: 'scan', 'models', 'list', 'masks', 'names', 'map', 'look', 'spacing', 'notice', 'waiting'.
 * @typedef {object} Listener
 * @property {(...parts: string[]) => void} changed
 * @property {(sentence: string) => void} [say]
 * @property {(key: string) => void} [leaves] An annotator is about to go.
 * @property {() => void} [closes] Another scan is about to be opened.
 */

/** @type {Scan} */
export const NO_SCAN = {
  case: null, title: '', example: '', simulated: false, width: 0, height: 0, grey: null, spacing: 0, aspect: 1,
  frame: 1, frames: 1, note: '', sha256: '', url: '', area: '', facts: {},
};

const TRUTH = 'truth';

/**
 * What a model's annotator is called in the list.
 * @param {string} id
 */
export function keyOf(id) {
  return `model:${id}`;
}

export class Workspace {
  constructor() {
    /** @type {Set<Listener>} */
    this.listeners = new Set();
    /** @type {Scan} */
    this.scan = { ...NO_SCAN };
    /** @type {Layer[]} */
    this.layers = [];
    this.model = ''; // the chosen one's id
    this.own = true; // each model its own threshold, or one for all
    this.twoStage = false;
    this.isWaiting = false; // another scan has been asked for: what is shown is no longer asked about
    /** @type {Look} */
    this.look = { brightness: 0, contrast: 0, invert: false };
    this.sides = { a: '', b: '' };
    this.roster = new AnnotatorList();
    this.masks = new Masks(1, 1);
    this.revealed = ''; // whose row is to be scrolled into sight
    this.notice = { text: '', label: '', act: () => {} }; // one sentence, and what may be done about it
  }

  get planes() {
    return this.masks.planes;
  }

  /**
   * @param {Listener} listener
   * @param {AbortSignal} signal
   */
  listen(listener, signal) {
    this.listeners.add(listener);
    signal.addEventListener('abort', () => this.listeners.delete(listener));
  }

  /** @param {...string} parts */
  tell(...parts) {
    for (const one of this.listeners) one.changed(...parts);
  }

  /** @param {string} sentence */
  say(sentence) {
    for (const one of this.listeners) one.say?.(sentence);
  }

  /**
   * @param {string} text
   * @param {string} [label]
   * @param {() => void} [act]
   */
  notify(text, label = '', act = () => {}) {
    this.notice = { text, label, act };
    this.tell('notice');
  }

  /** @param {boolean} isWaiting */
  wait(isWaiting) {
    this.isWaiting = isWaiting;
    this.tell('waiting');
  }

  // ---- the scan and its models

  /**
   * Another scan. The models that were compared are compared on it, too, each at its own threshold.
   * people: whose masks come with it; a mask that is not there yet follows (`fill`).
   * @param {Partial<Scan>} scan
   * @param {Layer[]} layers
   * @param {string} model To be chosen.
   * @param {({key: string, name: string, kind: string, pixels: Uint8Array | null} & Record<string, any>)[]} people
   */
  open(scan, layers, model, people) {
    const before = this.models.filter((one) => !one.passing), listening = [...this.listeners];
    for (const one of listening) one.closes?.();
    this.notice = { ...this.notice, text: '' };
    this.isWaiting = false;
    for (const { key } of this.roster.list) for (const one of listening) one.leaves?.(key);
    this.listeners.clear(); // nobody hears of a scan half opened
    this.scan = { ...NO_SCAN, ...scan };
    this.layers = layers;
    this.roster = new AnnotatorList();
    this.masks = new Masks(this.scan.width, this.scan.height);
    this.sides = { a: '', b: '' };
    this.model = '';
    for (const { pixels, ...facts } of people) this.addAnnotator(facts, pixels);
    const kept = before.filter((one) => layers.some((layer) => layer.id === one.model && isUsable(layer)));
    const wanted = kept.length ? kept : firstPicks(layers, model).map((id) => ({ model: id, shown: true }));
    for (const { model: id, shown } of wanted) this.addModel(id, { shown });
    this.chooseModel(model);
    for (const one of listening) this.listeners.add(one);
    this.tell('scan');
  }

  /**
   * The same scan again: what the server knows of the models by now.
   * @param {Partial<Scan>} scan
   * @param {Layer[]} layers
   */
  update(scan, layers) {
    Object.assign(this.scan, scan);
    for (const layer of layers) layer.levels ||= this.layers.find((one) => one.url && one.url === layer.url)?.levels || null;
    this.layers = layers;
    if (!this.layer || !isUsable(this.layer)) this.chooseModel(chooseModel(layers, this.model));
    this.fillModels();
  }

  close() {
    Object.assign(this, { scan: { ...NO_SCAN }, layers: [], model: '', roster: new AnnotatorList(), masks: new Masks(1, 1) });
    this.tell('scan');
  }

  /**
   * The ground truth, or the uploaded reference, of the scan; null: there is none any more.
   * @param {{name: string, pixels: Uint8Array} | null} truth
   */
  setTruth(truth) {
    const one = this.roster.find(TRUTH);
    if (!truth) {
      if (one) this.removeAnnotator(TRUTH);
      return;
    }
    const had = this.roster.reference;
    const made = one || this.roster.add({ key: TRUTH, name: truth.name, kind: 'truth', first: true });
    if (!made) return this.say(`At most ${MOST_ANNOTATORS} annotators are compared at once; please remove one first.`);
    made.name = this.roster.freeName(truth.name, TRUTH);
    this.roster.reference = one ? had : TRUTH;
    this.fill(made, truth.pixels, 1);
  }

  /** @returns {Layer | null} The chosen model's. */
  get layer() {
    return this.layers.find((layer) => layer.id === this.model) || null;
  }

  /** @returns {Annotator | null} The chosen model. */
  get chosen() {
    return this.roster.find(keyOf(this.model));
  }

  get models() {
    return this.roster.list.filter((one) => one.kind === 'model');
  }

  /**
   * keep: it stays in the list; otherwise until another is chosen.
   * @param {string} id
   * @param {boolean} [keep]
   * @returns {boolean} Whether it could be chosen.
   */
  chooseModel(id, keep = false) {
    const layer = this.layers.find((one) => one.id === id && isUsable(one)), { chosen: last } = this;
    if (!layer) return false;
    if (last?.passing && last.model !== id) this.removeAnnotator(last.key, false);
    this.model = id;
    const one = this.chosen || this.addModel(id, { passing: true });
    if (one && keep) one.passing = false;
    this.tell('models');
    return Boolean(one);
  }

  // ---- annotators that come and go

  /**
   * An annotator that is there.
   * @param {string} key
   * @returns {Annotator}
   */
  get(key) {
    return /** @type {Annotator} */ (this.roster.find(key));
  }

  /**
   * The same, which a visitor changes: it stays in the list.
   * @param {string} key
   */
  touch(key) {
    return Object.assign(this.get(key), { passing: false });
  }

  /**
   * @param {{key: string, name: string, kind: string} & Record<string, any>} facts
   * @param {Uint8Array | null} [levels] Its mask; none yet.
   */
  addAnnotator(facts, levels = null) {
    const one = this.roster.add(facts);
    if (!one) {
      this.say(`At most ${MOST_ANNOTATORS} annotators are compared at once; please remove one first.`);
      return null;
    }
    if (levels) this.fill(one, levels, 1);
    else this.tell('list', 'masks');
    return one;
  }

  /**
   * A model of the zoo; its levels may come later.
   * @param {string} id
   * @param {{stop?: number, steps?: Steps | null, cutOff?: number, shown?: boolean, passing?: boolean}} [settings]
   */
  addModel(id, { stop = 0, steps = null, cutOff, shown = true, passing = false } = {}) {
    const layer = this.layers.find((one) => one.id === id), known = this.roster.find(keyOf(id));
    if (known) known.passing &&= passing;
    if (!layer || !isUsable(layer) || known) return null;
    const ownSteps = checkSteps({ ...NO_PROCESSING, ...layer.processing });
    const one = this.addAnnotator({
      key: keyOf(id), name: layer.name, kind: 'model', model: id, frozen: layer.frozen, stop: clampStop(stop || layer.frozen),
      steps: steps || ownSteps, ownSteps, shown, passing, presence: layer.presence ?? null,
      cutOff: clampCutOff(cutOff ?? layer.cut_off ?? 0), frozenCutOff: layer.cut_off ?? 0,
    });
    if (one) this.fillModels();
    return one;
  }

  /**
   * early: of a link, whose models have not answered yet.
   * keys: of those it is made of, where `among` is "chosen".
   * @param {string} rule
   * @param {string} among
   * @param {boolean} [early]
   * @param {string[]} [keys]
   */
  addConsensus(rule, among, early = false, keys = this.roster.shown.map((one) => one.key)) {
    const isMember = (/** @type {Annotator | null} */ one) => one !== null && (one.kind === 'person' || one.kind === 'model');
    const members = among === 'chosen' ? keys.filter((key) => isMember(this.roster.find(key))) : [];
    const words = { all: '', people: ' of people', models: ' of models', chosen: ` of ${members.length} chosen` }[among];
    const key = ['consensus', rule, among, ...members].join(':');
    const one = this.roster.add({ key, name: `${RULES[rule]}${words}`, kind: 'consensus', rule, among, keys: members });
    if (!one) return;
    if (!early && !this.roster.membersOf(one).length) {
      this.roster.remove(one.key);
      this.say('There is nobody yet to make a consensus of.');
      return;
    }
    this.masksChanged('list');
  }

  /**
   * @param {string} key
   * @param {boolean} [isAsked] By the visitor, who may undo it.
   */
  removeAnnotator(key, isAsked = true) {
    const one = this.get(key), was = { place: this.roster.list.indexOf(one), reference: this.roster.reference, case: this.scan.case };
    const mask = isAsked && one.ready ? this.planes.read(one.slot) : null;
    for (const listener of this.listeners) listener.leaves?.(key);
    this.planes.clear(one.slot);
    this.roster.remove(key);
    if (one.model && one.model === this.model) this.model = this.models[0]?.model || '';
    this.masksChanged('list', 'models');
    if (isAsked) this.notify(`${one.name} was removed.`, 'Undo', () => this.putBack(one, mask, was));
  }

  /**
   * @param {Annotator} one
   * @param {Uint8Array | null} mask
   * @param {{place: number, reference: string, case: string | null}} was
   */
  putBack(one, mask, was) {
    const made = was.case === this.scan.case ? this.roster.add({ ...one }) : null;
    if (!made) return;
    this.roster.list.splice(was.place, 0, /** @type {Annotator} */ (this.roster.list.pop()));
    if (was.reference === one.key) this.roster.reference = one.key;
    if (mask) this.masks.fill(made, mask, 1);
    this.notify('');
    this.masksChanged('list', 'names', 'map', 'models');
  }

  // ---- masks

  /**
   * Give an annotator its mask: levels from a stop on.
   * @param {Annotator} annotator
   * @param {Uint8Array} levels
   * @param {number} stop
   */
  fill(annotator, levels, stop) {
    this.masks.fill(annotator, levels, stop);
    this.masksChanged('list');
  }

  /**
   * The planes of an annotator have changed under the hand.
   * @param {string} key
   */
  maskChanged(key) {
    this.get(key).version++;
    this.masksChanged();
  }

  /** @param {...string} parts What else has changed. */
  masksChanged(...parts) {
    this.masks.updateConsensus(this.roster);
    this.tell('masks', ...parts);
  }

  // Models whose levels have arrived, or are those of other stages now.
  fillModels() {
    for (const one of this.models) {
      const layer = this.layers.find((other) => other.id === one.model);
      Object.assign(one, { state: layer?.state, reason: layer?.reason });
      const presence = layer?.presence ?? null, isJudged = one.presence !== presence;
      one.presence = presence;
      if (layer?.levels && (one.levels !== layer.levels || isJudged)) {
        one.levels = layer.levels;
        this.masks.writeModel(one);
      } else if (one.ready && layer?.state !== 'ready') this.masks.emptyModel(one);
    }
    this.masksChanged('list', 'models');
  }

  /** @returns {Annotator | null} */
  get reference() {
    const one = this.roster.find(this.roster.reference);
    return one && one.ready ? one : null;
  }

  /** @returns {Uint8Array | null} The reference's mask, 0 and 1: the same array as long as it has not changed. */
  get referenceMask() {
    return this.reference && this.masks.read(this.reference);
  }

  /**
   * Against the reference; null where there is none.
   * @param {Annotator | null} one
   */
  scoreOf(one) {
    return one?.ready && this.reference ? this.masks.score(one, this.reference) : null;
  }

  /**
   * A model's counts at every threshold before processing, against the reference.
   * @param {Layer | null} layer
   */
  tallyOf(layer) {
    return layer?.levels ? tallyOf(layer.levels, this.referenceMask) : null;
  }

  /**
   * A and B among these: those chosen, else the first two models, else the reference and another one.
   * @param {Annotator[]} [among]
   */
  pairOf(among = this.roster.ready) {
    return pairAmong(among, this.sides, this.roster.reference);
  }

  // ---- settings

  /**
   * Of one model, or of all where they have one threshold.
   * @param {string} key
   * @param {number} stop
   */
  setStop(key, stop) {
    for (const one of this.own ? [this.touch(key)] : this.models) {
      one.stop = clampStop(stop);
      this.masks.writeModel(one);
    }
    this.masksChanged();
  }

  /**
   * One for all is, to begin with, the chosen model's; each one's own comes back.
   * @param {boolean} own
   */
  setOwn(own) {
    const { chosen } = this;
    if (own === this.own) return;
    this.own = own;
    for (const one of this.models) {
      if (own) one.stop = one.ownStop || one.stop;
      else one.ownStop = one.stop;
      this.masks.writeModel(one);
    }
    if (!own && chosen) this.setStop(chosen.key, chosen.stop);
    this.masksChanged('list', 'models');
  }

  // Every model back to the threshold frozen on validation data.
  toFrozen() {
    for (const one of this.models) {
      one.stop = clampStop(one.frozen);
      this.masks.writeModel(one);
    }
    this.masksChanged('list', 'models');
  }

  /**
   * null: the model's own steps.
   * @param {string} key
   * @param {Steps | null} steps
   */
  setSteps(key, steps) {
    const one = this.touch(key);
    one.steps = steps || one.ownSteps;
    this.masks.writeModel(one);
    this.masksChanged('list');
  }

  /**
   * The presence under which the mask is withheld, in hundredths.
   * @param {string} key
   * @param {number} cutOff
   */
  setCutOff(key, cutOff) {
    const one = this.touch(key);
    one.cutOff = clampCutOff(cutOff);
    this.masks.writeModel(one);
    this.masksChanged('list');
  }

  /**
   * In mm per px; 0 is unknown.
   * @param {number} spacing
   */
  setSpacing(spacing) {
    this.scan.spacing = spacing;
    this.tell('list', 'names', 'spacing');
  }

  /**
   * @param {Partial<Look>} look
   */
  setLook(look) {
    Object.assign(this.look, look);
    this.tell('look');
  }

  /**
   * How it is drawn.
   * @param {string} key
   * @param {{colour?: string, dash?: number, style?: 'outline' | 'fill'}} look
   */
  dress(key, look) {
    Object.assign(this.touch(key), look);
    this.tell('list');
  }

  /**
   * @param {string} key
   * @param {string} name
   */
  rename(key, name) {
    const one = this.touch(key);
    one.name = this.roster.freeName(name, key);
    this.tell('list', 'names');
  }

  /**
   * @param {string} key
   */
  toggleShown(key) {
    const one = this.touch(key);
    one.shown = !one.shown;
    this.tell('list', 'map', 'models');
  }

  /**
   * @param {string} key
   */
  toggleOpen(key) {
    const one = this.get(key);
    one.open = !one.open;
    this.tell('list');
  }

  /**
   * @param {string} key
   */
  setReference(key) {
    this.touch(key);
    this.roster.chooseReference(key);
    this.tell('list', 'names', 'map', 'masks', 'models');
  }

  /**
   * The other one of the pair changes its side rather than being compared with itself.
   * @param {'a' | 'b'} side
   * @param {string} key
   */
  setSide(side, key) {
    const other = side === 'a' ? 'b' : 'a', pair = this.pairOf();
    if (pair[other]?.key === key) this.sides[other] = pair[side]?.key || '';
    this.sides[side] = key;
    this.tell('list', 'map');
  }

  /**
   * @param {string} a
   * @param {string} b
   */
  setPair(a, b) {
    this.sides = { a, b };
    this.tell('list', 'map');
  }
}
