// masks.js: everybody's mask of one scan, as planes (core/planes.js), and every number of two masks.

import { NO_BOX, Planes, SLOTS, scorePair } from '../core/planes.js';
import { boundsOf } from '../core/postprocess.js';
import { withholds } from '../core/presence.js';
import { maskOf } from '../core/steps.js';
import { slotsOf, votesNeeded } from './annotators.js';
/** @import { Annotator, AnnotatorList } from './annotators.js' */

export class Masks {
  /**
   * @param {number} width
   * @param {number} height
   */
  constructor(width, height) {
    this.planes = new Planes(width, height);
    /** @type {{key: string, version: number, mask: Uint8Array | null}} */
    this.last = { key: '', version: -1, mask: null };
  }

  /**
   * Levels from a stop on.
   * @param {Annotator} one
   * @param {Uint8Array} levels
   * @param {number} stop
   */
  fill(one, levels, stop) {
    this.planes.write(one.slot, levels, stop);
    one.ready = true;
    one.version++;
  }

  /**
   * A model's mask, at its threshold, after its steps, withheld where presence is under its cut-off: what every picture and number of it is made of.
   * @param {Annotator} one
   */
  writeModel(one) {
    const { planes, planes: { width, height } } = this;
    if (!one.levels) return;
    const isWithheld = withholds(one.presence, one.cutOff);
    const mask = isWithheld ? new Uint8Array(width * height) : maskOf(/** @type {any} */ (one), width, height);
    planes.write(one.slot, mask, 1, boundsOf(mask, width, height) || NO_BOX);
    one.ready = true;
    one.version++;
  }

  /**
   * A model has no result any more.
   * @param {Annotator} one
   */
  emptyModel(one) {
    Object.assign(one, { levels: undefined, ready: false });
    this.planes.clear(one.slot);
  }

  /**
   * Consensus masks follow their members; STAPLE is computed by the server.
   * @param {AnnotatorList} roster
   */
  updateConsensus(roster) {
    for (const one of roster.list) {
      if (one.kind !== 'consensus' || one.rule === 'staple') continue;
      const members = roster.membersOf(one);
      this.planes.writeVotes(one.slot, slotsOf(members), members.length ? votesNeeded(one.rule || '', members.length) : 255);
      one.ready = members.length > 0;
      one.version++;
    }
  }

  /**
   * 0 and 1; the same array as long as the last one asked for has not changed.
   * @param {Annotator} one
   * @returns {Uint8Array}
   */
  read(one) {
    const { last } = this;
    if (last.mask && last.key === one.key && last.version === one.version) return last.mask;
    const mask = this.planes.read(one.slot);
    this.last = { key: one.key, version: one.version, mask };
    return mask;
  }

  /**
   * @param {Annotator} one
   * @param {Annotator} reference
   */
  score(one, reference) {
    return scorePair(this.planes.shared, one.slot, reference.slot);
  }

  /**
   * In pixels.
   * @param {Annotator} one
   */
  area(one) {
    return this.planes.shared[one.slot * SLOTS + one.slot];
  }
}
