// annotators.js: the desk's part that changes who is compared: masks that come, follow a threshold
// or go, and how each is called, coloured and shown. What it changes is drawn by the desk
// (`changed`, `redraw`), which has the roster, the planes and the easel.

import { fromBase64 } from '../core/base64.js';
import { NO_BOX } from '../core/planes.js';
import { decodeGreyPng } from '../core/png.js';
import { boundsOf } from '../core/postprocess.js';
import { clampStop } from '../core/scoring.js';
import { checkSteps, maskOf } from '../core/steps.js';
import { MOST_ANNOTATORS, RULES, slotsOf, votesNeeded } from '../workspace/annotators.js';

export class DeskOfAnnotators {
  // Give an annotator its mask: levels from a stop on.
  fill(annotator, levels, stop) {
    this.planes.write(annotator.slot, levels, stop);
    annotator.ready = true;
    annotator.version++;
    this.updateConsensus();
    this.changed('masks');
  }

  // The planes of an annotator have changed under the hand.
  maskChanged(key) {
    this.roster.find(key).version++;
    this.updateConsensus();
    this.redraw('masks');
  }

  strokeEnded() {
    this.showTools();
  }

  updateConsensus() {
    for (const one of this.roster.list) {
      if (one.kind !== 'consensus' || one.rule === 'staple') continue;
      const members = this.roster.membersOf(one);
      this.planes.writeVotes(one.slot, slotsOf(members), members.length ? votesNeeded(one.rule, members.length) : 255);
      one.ready = members.length > 0;
      one.version++;
    }
  }

  addAnnotator(facts, levels) {
    const one = this.roster.add(facts);
    if (!one) {
      this.say(`At most ${MOST_ANNOTATORS} annotators are compared at once; please remove one first.`);
      return null;
    }
    if (levels) this.fill(one, levels, 1);
    else this.changed('masks');
    return one;
  }

  // file: kept for its other frames only.
  addMask({ name, note, sha256, pixels, file = null, label = '', frame = 1, frames = 1 }) {
    const volume = frames > 1 ? { file, label, frame, frames } : {};
    const one = this.addAnnotator({ key: this.roster.newKey('upload'), name, note, sha256, kind: 'person', ...volume }, pixels);
    this.revealed = one ? one.key : '';
    return one;
  }

  setFrame(one, { note, frame }, levels) {
    Object.assign(one, { note, frame });
    this.fill(one, levels, 1);
  }

  // A model of the zoo; its levels may come later.
  addModel(id, settings = {}) {
    const layer = this.state.layers.find((one) => one.id === id), key = `model:${id}`;
    if (!layer || layer.state === 'unusable' || this.roster.find(key)) return null;
    const stop = clampStop(settings.stop || layer.frozen), ownSteps = checkSteps(layer.processing || {}), steps = settings.steps || ownSteps;
    const one = this.addAnnotator({ key, name: layer.name, kind: 'model', model: id, frozen: layer.frozen, stop, steps, ownSteps });
    if (one) this.fillModels();
    if (one && !layer.levels) this.told.run();
    return one;
  }

  // STAPLE masks, which only the server computes: [{key, png}].
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
    this.changed('list');
  }

  // early: of a link, whose models have not answered yet.
  // keys: of those it is made of, where `among` is "chosen": those shown now, if none are given.
  addConsensus(rule, among, early = false, keys = this.visible.map((one) => one.key)) {
    const isMember = (one) => one && (one.kind === 'person' || one.kind === 'model');
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
    this.updateConsensus();
    this.changed('masks');
  }

  removeAnnotator(key) {
    const one = this.roster.find(key);
    if (this.easel.key === key) this.stopDrawing();
    this.easel.forget(key);
    this.planes.clear(one.slot);
    this.roster.remove(key);
    this.updateConsensus();
    this.changed('masks');
  }

  // ---- settings of one annotator

  setStop(key, stop) {
    const one = this.roster.find(key);
    one.stop = clampStop(stop);
    this.fillModel(one);
  }

  // null: the model's own steps.
  setSteps(key, steps) {
    const one = this.roster.find(key);
    one.steps = steps || one.ownSteps;
    this.fillModel(one);
    this.changed('list');
  }

  fillModel(one) {
    const { planes } = this;
    const { width, height } = planes, mask = maskOf(one, width, height);
    planes.write(one.slot, mask, 1, boundsOf(mask, width, height) || NO_BOX);
    one.ready = true;
    this.maskChanged(one.key);
  }

  setColour(key, colour) {
    Object.assign(this.roster.find(key), { colour, dash: 0 });
    this.changed('list');
  }

  rename(key, name) {
    const one = this.roster.find(key);
    one.name = this.roster.freeName(name, key);
    this.changed('list', 'names');
  }

  toggleShown(key) {
    const one = this.roster.find(key);
    one.shown = !one.shown;
    this.changed('list', 'map');
  }

  toggleStyle(key) {
    const one = this.roster.find(key);
    one.style = one.style === 'fill' ? 'outline' : 'fill';
    this.changed('list');
  }

  toggleOpen(key) {
    const one = this.roster.find(key);
    one.open = !one.open;
    this.changed('list');
  }

  setReference(key) {
    this.roster.reference = key;
    this.changed('list', 'names', 'map');
  }
}
