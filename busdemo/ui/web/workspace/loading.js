// loading.js: from the server's value to the workspace: pictures are fetched and decoded, then a case
// is opened, or what is known of it is brought up to date. Values may overtake each other while
// pictures load: only the latest one's turn counts.

import { ImageCache } from './images.js';
import { chooseModel, readLayer, sameSize, urlOf } from './layers.js';
/** @import { Picture } from '../core/png.js' */
/** @import { Workspace } from './workspace.js' */
/** @import { Layer } from './layers.js' */

export class Loader {
  /**
   * @param {Workspace} workspace
   * @param {AbortSignal} signal
   */
  constructor(workspace, signal) {
    this.workspace = workspace;
    this.signal = signal;
    this.images = new ImageCache();
    this.truth = ''; // the URL of the reference that the server has sent last
    this.turn = 0;
  }

  /**
   * Resolves to whether the value is what is shown now, with every picture read. isNew: called as
   * soon as the scan and the chosen model's result can be drawn.
   * @param {any} value
   * @param {(isNew: boolean) => void} [shown]
   */
  async load(value, shown = () => {}) {
    const mine = ++this.turn, isLate = () => mine !== this.turn || this.signal.aborted, { workspace, images } = this;
    const isNew = value.case !== workspace.scan.case, layers = this.layersOf(value), readers = value.readers || [];
    const [image, truth] = await images.getAll([value.image, value.reference].map(urlOf));
    if (!image) return false;
    if (truth && !sameSize(truth, image)) throw new Error('The reference has another size.');
    // The chosen model's result comes with the scan; the others follow, each when it is there.
    const model = chooseModel(layers, isNew ? value.model : workspace.model), read = (/** @type {Layer} */ layer) => readLayer(layer, images, image);
    await Promise.all(layers.filter((layer) => layer.id === model).map(read));
    if (isLate()) return false;
    if (isNew) this.open(value, { image, truth, layers, model });
    else this.update(value, layers, truth);
    shown(isNew);
    await Promise.all([
      ...layers.filter((layer) => layer.id !== model).map(async (layer) => {
        await read(layer);
        if (!isLate()) workspace.fillModels();
      }),
      ...(isNew ? readers.map((/** @type {any} */ one, /** @type {number} */ k) => this.readPerson(`reader:${k + 1}`, one)) : []),
    ]);
    if (isLate()) return false;
    images.keepOnly(new Set([...[value.image, value.reference].map(urlOf), ...urlsOf(value)]));
    return true;
  }

  /**
   * @param {any} value
   * @param {{image: Picture, truth: Picture | null, layers: Layer[], model: string}} read
   */
  open(value, { image, truth, layers, model }) {
    const { workspace } = this, { width, height, pixels: grey } = image;
    const people = (value.readers || []).map((/** @type {any} */ { name, note }, /** @type {number} */ k) => ({ key: `reader:${k + 1}`, name, note, kind: 'person', provenance: { simulated: true }, pixels: null }));
    if (truth) people.unshift({ key: 'truth', name: value.reference_name, kind: 'truth', pixels: truth.pixels });
    this.truth = urlOf(value.reference) || '';
    workspace.open({ ...factsOf(value), width, height, grey, spacing: value.mm_per_px || 0 }, layers, model, people);
    const { chosen } = workspace;
    if (chosen && value.stop) workspace.setStop(chosen.key, value.stop);
    if (chosen && value.processing) workspace.setSteps(chosen.key, { ...chosen.ownSteps, ...value.processing });
  }

  /**
   * @param {any} value
   * @param {Layer[]} layers
   * @param {Picture | null} truth
   */
  update(value, layers, truth) {
    const { workspace } = this, url = urlOf(value.reference) || '';
    if (url !== this.truth) workspace.setTruth(truth && { name: value.reference_name, pixels: truth.pixels });
    this.truth = url;
    workspace.update(factsOf(value), layers);
  }

  /**
   * A mask that comes with an example; a later value of the same case does not send it again.
   * @param {string} key
   * @param {any} reader
   */
  async readPerson(key, reader) {
    const { workspace, signal } = this, { case: name } = workspace.scan, picture = await this.images.get(urlOf(reader.mask) || '');
    const one = workspace.scan.case === name && !signal.aborted ? workspace.roster.find(key) : null;
    if (one && sameSize(picture, workspace.scan)) workspace.fill(one, picture.pixels, 1);
  }

  /**
   * The models as they are shown now: each with the file of its result in one stage or in two.
   * @param {any} value
   * @returns {Layer[]}
   */
  layersOf(value) {
    const { twoStage } = this.workspace;
    return (value.models || []).map((/** @type {any} */ layer) => {
      const url = urlOf(twoStage ? layer.staged : layer.levels);
      const state = twoStage && layer.state !== 'unusable' ? (url ? 'ready' : 'running') : layer.state;
      return { ...layer, state, url, levels: null };
    });
  }
}

/**
 * @param {any} value
 */
function factsOf(value) {
  return {
    case: value.case, title: value.title, example: value.example || '', simulated: Boolean(value.simulated), aspect: value.aspect || 1,
    frame: value.frame || 1, frames: value.frames || 1, note: value.scan_note || '', sha256: value.scan_sha256 || '', url: urlOf(value.image) || '',
    area: value.area || '', facts: value.facts || {},
  };
}

/**
 * Every file of a value's models that must stay decoded: a switch of stages then costs no reading.
 * @param {any} value
 */
function urlsOf(value) {
  return [...(value.models || []).flatMap((/** @type {any} */ layer) => [urlOf(layer.levels), urlOf(layer.staged)]), ...(value.looks || []).map((/** @type {any} */ one) => urlOf(one.levels))];
}
