// comparison.js: several models at once: a view over the models that are shown in the workspace's
// list. Knows the session, but neither pixels nor markup.

import { clampStop } from '../core/scoring.js';
import { isUsable, usableInOrder } from '../workspace/layers.js';
import { keyOf } from '../workspace/workspace.js';
/** @import { Layer } from '../workspace/layers.js' */
/** @import { Annotator } from '../workspace/annotators.js' */
/** @import { Session } from './session.js' */

export class Comparison {
  /**
   * @param {Session} session
   */
  constructor(session) {
    this.session = session;
    this.on = false;
    /** @type {Record<string, boolean>} */
    this.maps = { votes: true, pair: true };
    this.colouring = 'marks'; // of the A/B map: who marks a pixel, or who is 'right' about it
    this.refusal = '';
  }

  get workspace() {
    return this.session.workspace;
  }

  // Without a scan, or without a model, the four panes have something to say, and the grid has not.
  get shown() {
    const { grey, layers } = this.session.state;
    return this.on && grey !== null && layers.some(isUsable);
  }

  /**
   * The compared ones, in the selector's order.
   * @returns {Annotator[]}
   */
  get models() {
    const shown = this.workspace.models.filter((one) => one.shown);
    return usableInOrder(this.session.state.layers).flatMap((layer) => shown.filter((one) => one.model === layer.id));
  }

  get ready() {
    return this.models.filter((one) => one.ready);
  }

  get isMoved() {
    return this.models.some((one) => one.stop !== clampStop(one.frozen));
  }

  /**
   * @param {string} id
   */
  has(id) {
    return this.workspace.roster.find(keyOf(id))?.shown || false;
  }

  /**
   * How many of the compared models mark the i-th pixel.
   * @param {number} i
   */
  votesAt(i) {
    return this.ready.filter((one) => this.workspace.planes.has(one.slot, i)).length;
  }

  // The chosen one is always among those shown.
  tidy() {
    const { chosen } = this.workspace;
    if (chosen && !chosen.shown) chosen.shown = true;
  }

  // ---- what a visitor may do (called by picker.js and the grid)

  /**
   * @param {boolean} on
   */
  setMode(on) {
    if (this.on === on || !this.session.state.grey) return;
    this.on = on;
    this.refusal = '';
    this.session.showMode();
  }

  /**
   * @param {string} id
   * @param {boolean} wanted
   */
  pick(id, wanted) {
    const { session, workspace } = this, key = keyOf(id), one = workspace.roster.find(key);
    this.refusal = '';
    if (!wanted && this.models.length === 1) this.refusal = 'One model stays; pick another one before you take it out.';
    else if (!one) this.refusal = workspace.addModel(id) ? '' : 'Twenty annotators are compared at most; take one out first.';
    else if (one.shown !== wanted) workspace.toggleShown(key);
    if (!this.has(session.state.model)) session.pickModel(this.models[0].model);
    else session.showModels();
  }

  /**
   * @param {string} name
   */
  toggleMap(name) {
    this.maps[name] = !this.maps[name];
    this.session.showModels();
  }

  /**
   * @param {string} colouring
   */
  setColouring(colouring) {
    this.colouring = colouring;
    this.session.showModels();
  }
}

/**
 * @param {Layer[]} layers
 * @param {string} id
 */
export function layerOf(layers, id) {
  return /** @type {Layer} */ (layers.find((layer) => layer.id === id));
}
