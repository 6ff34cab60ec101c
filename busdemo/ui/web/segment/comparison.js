// comparison.js: several models at once: which ones, at whose threshold, in which maps. Knows the
// session, but neither pixels nor markup.

import { clampStop } from '../core/scoring.js';
import { isReady, isUsable, usableInOrder } from '../workspace/layers.js';
/** @import { Layer } from '../workspace/layers.js' */
/** @import { Session } from './session.js' */

const MOST_PICKED = 6;

// To begin with: with the two maps they fill two rows of three.
const FIRST_PICKED = 4;

/**
 * The chosen model, then the first of every other family, then the others in their order.
 * @param {Layer[]} layers
 * @param {string} chosen
 */
function firstPicks(layers, chosen) {
  const usable = usableInOrder(layers), families = new Set();
  const isFirst = (/** @type {Layer} */ layer) => !families.has(layer.family) && families.add(layer.family);
  const own = usable.filter((layer) => layer.id === chosen && isFirst(layer));
  const picks = new Set([...own, ...usable.filter(isFirst), ...usable]);
  return [...picks].slice(0, FIRST_PICKED).map((layer) => layer.id);
}

export class Comparison {
  /**
   * @param {Session} session
   */
  constructor(session) {
    this.session = session;
    this.on = false;
    this.own = true; // each model its own threshold, or all of them the session's
    /** @type {Map<string, number>} */
    this.stops = new Map(); // own thresholds by model; the frozen one where there is none
    /** @type {Set<string>} */
    this.picked = new Set();
    this.pair = ['', ''];
    /** @type {Record<string, boolean>} */
    this.maps = { votes: true, pair: true };
    this.colouring = 'marks'; // of the A/B map: who marks a pixel, or who is 'right' about it
    this.refusal = '';
  }

  // Without a scan, or without a model, the four panes have something to say, and the grid has not.
  get shown() {
    const { grey, layers } = this.session.state;
    return this.on && grey !== null && layers.some(isUsable);
  }

  get layers() {
    return usableInOrder(this.session.state.layers).filter((layer) => this.picked.has(layer.id));
  }

  get ready() {
    return this.layers.filter(isReady);
  }

  get isMoved() {
    return this.layers.some((layer) => this.stopOf(layer) !== clampStop(layer.frozen));
  }

  /**
   * @param {Layer} layer
   */
  stopOf(layer) {
    if (!this.own) return this.session.state.stop;
    return this.stops.get(layer.id) ?? clampStop(layer.frozen);
  }

  /**
   * The maps of the compared models at their thresholds; thin: the painter's, for drawing only.
   * @param {(levels: Uint8Array) => Uint8Array} [thin]
   */
  read(thin = (levels) => levels) {
    return this.ready.map((layer) => ({ id: layer.id, levels: thin(layer.levels), stop: this.stopOf(layer) }));
  }

  /**
   * How many of the compared models mark the i-th pixel.
   * @param {number} i
   */
  votesAt(i) {
    return this.ready.filter((layer) => layer.levels[i] >= this.stopOf(layer)).length;
  }

  // ---- kept in order by the session

  // Models that are gone or broken leave; the chosen one and a pair are always among those shown.
  tidy() {
    const { layers, model } = this.session.state, usable = usableInOrder(layers).map((layer) => layer.id);
    this.picked = new Set(usable.filter((id) => this.picked.has(id)));
    if (!this.picked.size) this.picked = new Set(firstPicks(layers, model));
    if (usable.includes(model) && !this.picked.has(model)) {
      if (this.picked.size === MOST_PICKED) this.picked.delete([...this.picked][MOST_PICKED - 1]);
      this.picked.add(model);
    }
    const others = this.layers.map((layer) => layer.id).filter((id) => !this.pair.includes(id));
    this.pair = this.pair.map((id) => (this.picked.has(id) ? id : others.shift() || ''));
  }

  // The session's threshold has moved, which is the chosen model's own.
  noteStop() {
    const { model, stop } = this.session.state;
    if (this.on && this.own && model) this.stops.set(model, stop);
  }

  /**
   * Whether the session may choose this model: here one is chosen among those that are shown.
   * @param {string} id
   */
  admit(id) {
    return !this.on || this.picked.has(id) || this.pick(id, true);
  }

  // ---- what a visitor may do (called by picker.js and the grid)

  /**
   * @param {boolean} on
   */
  setMode(on) {
    if (this.on === on || !this.session.state.grey) return;
    this.on = on;
    this.refusal = '';
    this.noteStop();
    this.session.showMode();
  }

  /**
   * @param {string} id
   * @param {boolean} wanted
   */
  pick(id, wanted) {
    const { session, picked } = this;
    this.refusal = '';
    if (wanted && picked.size >= MOST_PICKED) this.refusal = 'Six models are shown at most; take one out first.';
    if (!wanted && picked.size === 1) this.refusal = 'One model stays; pick another one before you take it out.';
    if (!this.refusal) picked[wanted ? 'add' : 'delete'](id);
    if (!picked.has(session.state.model)) session.pickModel(this.layers[0].id);
    else session.showModels();
    return !this.refusal;
  }

  /**
   * @param {boolean} own
   */
  setOwn(own) {
    this.own = own;
    this.session.adoptStop();
  }

  /**
   * @param {string} id
   * @param {number} stop
   */
  setStopOf(id, stop) {
    if (id === this.session.state.model) this.session.setStop(stop);
    else {
      this.stops.set(id, clampStop(stop));
      this.session.redraw(`cell:${id}`, 'numbers');
    }
  }

  toFrozen() {
    this.stops.clear();
    this.session.adoptStop();
  }

  /**
   * The other one of the pair changes its side rather than being compared with itself.
   * @param {number} side
   * @param {string} id
   */
  setPair(side, id) {
    if (this.pair[1 - side] === id) this.pair.reverse();
    else this.pair[side] = id;
    this.session.showModels();
  }

  /**
   * @param {string} colouring
   */
  setColouring(colouring) {
    this.colouring = colouring;
    this.session.showModels();
  }

  /**
   * @param {string} name
   */
  toggleMap(name) {
    this.maps[name] = !this.maps[name];
    this.session.showModels();
  }
}
