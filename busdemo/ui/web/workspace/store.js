// store.js: who is compared on a scan: masks that come, follow a threshold or go, and how each is
// called, coloured and shown. Knows no page: whoever draws it is told what has changed.

import { fromBase64 } from '../core/base64.js';
import { NO_BOX, Planes } from '../core/planes.js';
import { decodeGreyPng } from '../core/png.js';
import { boundsOf } from '../core/postprocess.js';
import { clampStop } from '../core/scoring.js';
import { checkSteps, maskOf } from '../core/steps.js';
import { AnnotatorList, MOST_ANNOTATORS, RULES, slotsOf, votesNeeded } from './annotators.js';
/** @import { Annotator } from './annotators.js' */
/** @import { Steps } from '../core/postprocess.js' */
/** @import { Point } from '../core/lesions.js' */
/** @import { Layer } from './layers.js' */
/**
 * What is on the table.
 * @typedef {object} CompareState
 * @property {string | null} case
 * @property {string} title
 * @property {string} example
 * @property {boolean} [simulated]
 * @property {number} width
 * @property {number} height
 * @property {Uint8Array | null} grey
 * @property {Uint8Array | null} truth
 * @property {Layer[]} layers
 * @property {Point | null} hover
 * @property {number} [spacing] In mm per px; 0 is unknown.
 * @property {number} [aspect] Height of a pixel over its width.
 * @property {number} [frame] Which frame of its file the scan is, from 1.
 * @property {number} [frames]
 * @property {Record<string, any>} [facts] As the server told it: a question about masks takes it along.
 */

/**
 * Who hears of a change. visible: keys of those shown now; leaves: an annotator is about to go.
 * @typedef {object} StoreListener
 * @property {(...parts: string[]) => void} changed
 * @property {(...parts: string[]) => void} redraw
 * @property {(sentence: string) => void} say
 * @property {() => void} run A model is listed that has not answered.
 * @property {() => string[]} visible
 * @property {(key: string) => void} leaves
 */

export class CompareStore {
  /** @param {StoreListener} told */
  constructor(told) {
    this.told = told;
    /** @type {CompareState} */
    this.state = { case: null, title: '', example: '', width: 0, height: 0, grey: null, truth: null, layers: [], hover: null };
    this.roster = new AnnotatorList();
    this.planes = new Planes(1, 1);
    this.revealed = ''; // whose row is to be scrolled into sight
  }

  /**
   * Another scan: nobody is compared on it yet.
   * @param {number} width
   * @param {number} height
   */
  clear(width, height) {
    this.roster = new AnnotatorList();
    this.planes = new Planes(width, height);
  }

  /**
   * An annotator that is there.
   * @param {string} key
   * @returns {Annotator}
   */
  get(key) {
    return /** @type {Annotator} */ (this.roster.find(key));
  }

  /**
   * Give an annotator its mask: levels from a stop on.
   * @param {Annotator} annotator
   * @param {Uint8Array} levels
   * @param {number} stop
   */
  fill(annotator, levels, stop) {
    this.planes.write(annotator.slot, levels, stop);
    annotator.ready = true;
    annotator.version++;
    this.updateConsensus();
    this.told.changed('masks');
  }

  /**
   * The planes of an annotator have changed under the hand.
   * @param {string} key
   */
  maskChanged(key) {
    this.get(key).version++;
    this.updateConsensus();
    this.told.redraw('masks');
  }

  updateConsensus() {
    for (const one of this.roster.list) {
      if (one.kind !== 'consensus' || one.rule === 'staple') continue;
      const members = this.roster.membersOf(one);
      this.planes.writeVotes(one.slot, slotsOf(members), members.length ? votesNeeded(one.rule || '', members.length) : 255);
      one.ready = members.length > 0;
      one.version++;
    }
  }

  /**
   * @param {{key: string, name: string, kind: string} & Record<string, any>} facts
   * @param {Uint8Array | null} [levels] Its mask; none yet.
   */
  addAnnotator(facts, levels = null) {
    const one = this.roster.add(facts);
    if (!one) {
      this.told.say(`At most ${MOST_ANNOTATORS} annotators are compared at once; please remove one first.`);
      return null;
    }
    if (levels) this.fill(one, levels, 1);
    else this.told.changed('masks');
    return one;
  }

  /**
   * file: kept for its other frames only.
   * @param {{name: string, note: string, sha256: string, pixels: Uint8Array, file?: File, label?: string, frame?: number, frames?: number}} it
   */
  addMask({ name, note, sha256, pixels, file, label = '', frame = 1, frames = 1 }) {
    const volume = frames > 1 ? { file, label, frame, frames } : {};
    const one = this.addAnnotator({ key: this.roster.newKey('upload'), name, note, sha256, kind: 'person', ...volume }, pixels);
    this.revealed = one ? one.key : '';
    return one;
  }

  /**
   * @param {Annotator} one
   * @param {{note: string, frame: number}} other
   * @param {Uint8Array} levels
   */
  setFrame(one, { note, frame }, levels) {
    Object.assign(one, { note, frame });
    this.fill(one, levels, 1);
  }

  /**
   * A model of the zoo; its levels may come later.
   * @param {string} id
   * @param {any} [settings]
   */
  addModel(id, settings = {}) {
    const layer = this.state.layers.find((one) => one.id === id), key = `model:${id}`;
    if (!layer || layer.state === 'unusable' || this.roster.find(key)) return null;
    const stop = clampStop(settings.stop || layer.frozen), ownSteps = checkSteps(layer.processing || {}), steps = settings.steps || ownSteps;
    const one = this.addAnnotator({ key, name: layer.name, kind: 'model', model: id, frozen: layer.frozen, stop, steps, ownSteps });
    if (one) this.fillModels();
    if (one && !layer.levels) this.told.run();
    return one;
  }

  /**
   * STAPLE masks, which only the server computes: [{key, png}].
   * @param {{key: string, png: string}[]} masks
   */
  async takeConsensus(masks) {
    for (const { key, png } of masks) {
      const one = this.roster.find(key), { pixels } = await decodeGreyPng(fromBase64(png));
      if (one && pixels.length === this.planes.words.length) this.fill(one, pixels, 1);
    }
  }

  // Models whose levels have arrived.
  fillModels() {
    for (const one of this.roster.list) {
      const layer = one.kind === 'model' && this.state.layers.find((other) => other.id === one.model);
      if (!layer) continue;
      Object.assign(one, { state: layer.state, reason: layer.reason });
      if (layer.levels && one.levels !== layer.levels) {
        one.levels = layer.levels;
        this.fillModel(one);
      }
    }
    this.told.changed('list');
  }

  /**
   * early: of a link, whose models have not answered yet.
   * keys: of those it is made of, where `among` is "chosen": those shown now, if none are given.
   * @param {string} rule
   * @param {string} among
   * @param {boolean} [early]
   * @param {string[]} [keys]
   */
  addConsensus(rule, among, early = false, keys = this.told.visible()) {
    const isMember = (/** @type {Annotator | null} */ one) => one !== null && (one.kind === 'person' || one.kind === 'model');
    const members = among === 'chosen' ? keys.filter((key) => isMember(this.roster.find(key))) : [];
    const words = { all: '', people: ' of people', models: ' of models', chosen: ` of ${members.length} chosen` }[among];
    const key = ['consensus', rule, among, ...members].join(':');
    const one = this.roster.add({ key, name: `${RULES[rule]}${words}`, kind: 'consensus', rule, among, keys: members });
    if (!one) return;
    if (!early && !this.roster.membersOf(one).length) {
      this.roster.remove(one.key);
      this.told.say('There is nobody yet to make a consensus of.');
      return;
    }
    this.updateConsensus();
    this.told.changed('masks');
  }

  /**
   * @param {string} key
   */
  removeAnnotator(key) {
    const one = this.get(key);
    this.told.leaves(key);
    this.planes.clear(one.slot);
    this.roster.remove(key);
    this.updateConsensus();
    this.told.changed('masks');
  }

  // ---- settings of one annotator

  /**
   * @param {string} key
   * @param {number} stop
   */
  setStop(key, stop) {
    const one = this.get(key);
    one.stop = clampStop(stop);
    this.fillModel(one);
  }

  /**
   * null: the model's own steps.
   * @param {string} key
   * @param {Steps | null} steps
   */
  setSteps(key, steps) {
    const one = this.get(key);
    one.steps = steps || one.ownSteps;
    this.fillModel(one);
    this.told.changed('list');
  }

  /**
   * @param {Annotator} one
   */
  fillModel(one) {
    const { planes } = this;
    const { width, height } = planes, mask = maskOf(/** @type {any} */ (one), width, height);
    planes.write(one.slot, mask, 1, boundsOf(mask, width, height) || NO_BOX);
    one.ready = true;
    this.maskChanged(one.key);
  }

  /**
   * @param {string} key
   * @param {string} colour
   */
  setColour(key, colour) {
    Object.assign(this.get(key), { colour, dash: 0 });
    this.told.changed('list');
  }

  /**
   * @param {string} key
   * @param {string} name
   */
  rename(key, name) {
    const one = this.get(key);
    one.name = this.roster.freeName(name, key);
    this.told.changed('list', 'names');
  }

  /**
   * @param {string} key
   */
  toggleShown(key) {
    const one = this.get(key);
    one.shown = !one.shown;
    this.told.changed('list', 'map');
  }

  /**
   * @param {string} key
   */
  toggleStyle(key) {
    const one = this.get(key);
    one.style = one.style === 'fill' ? 'outline' : 'fill';
    this.told.changed('list');
  }

  /**
   * @param {string} key
   */
  toggleOpen(key) {
    const one = this.get(key);
    one.open = !one.open;
    this.told.changed('list');
  }

  /**
   * @param {string} key
   */
  setReference(key) {
    this.roster.chooseReference(key);
    this.told.changed('list', 'names', 'map');
  }
}
