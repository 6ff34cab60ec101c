// desk.js: what the server does for the views, done on the visitor's device: it reads the files they
// are given, lets the chosen models answer, and makes the values that they show. Nothing is sent.

import { messageOf } from '../core/formats.js';
import { quantizeMap } from '../core/fit.js';
import { UnreadableImage, readScan } from '../core/imagefile.js';
import { encodeMaskPng } from '../core/maskpng.js';
import { NO_PROCESSING, processMask } from '../core/postprocess.js';
import { saveBlob } from '../page/files.js';
import { fetchGreyPng, forgetLent, lendPicture } from '../workspace/images.js';
import { urlOf } from '../workspace/layers.js';
import { decodeByBrowser } from './decode.js';
import { CannotRun, Runner } from './runner.js';
/** @import { HostFile } from '../host/host.js' */
/** @import { Picture } from '../core/png.js' */

/** @typedef {{title: string, image: Picture, notes: string[], mask: Picture | null, maskName: string, example?: string}} Case */

const SERVER = 'The server does this; it is not done on this device. Switch "On this device" off to have it.';

export class Desk {
  /**
   * @param {string} address
   * @param {Record<string, any>} values The views' own, as the server has said them last.
   * @param {{emit: (view: string, value: any) => void, tell: (words: string, share?: number, problem?: string) => void}} told
   */
  constructor(address, values, told) {
    this.base = values;
    this.told = told;
    this.runner = new Runner(address, (words, share) => told.tell(words, share));
    /** @type {Record<string, any>} What the views have noted since. */
    this.noted = {};
    /** @type {Case | null} */
    this.case = null;
    this.cases = 0;
    this.masks = 0;
    this.maskUrl = '';
    this.message = '';
    /** @type {Map<string, {state: string, reason: string, url: string}>} */
    this.answers = new Map();
  }

  // ---- beginning and end

  // The scan on the table is already in this browser.
  async start() {
    const { segment } = this.base;
    if (!segment?.image) return;
    const [image, mask] = await Promise.all([segment.image, segment.reference].map((file) => (urlOf(file) ? fetchGreyPng(file.url) : null)));
    if (image) this.open({ title: segment.title, image, notes: [], mask, maskName: segment.reference_name });
  }

  /**
   * @param {string} view
   * @param {any} value
   */
  join(view, value) {
    this.base[view] = value;
  }

  stop() {
    this.runner.stop();
    forgetLent();
  }

  // ---- what views say

  /**
   * @param {string} view
   * @param {any} changes
   */
  note(view, changes) {
    this.noted[view] = { ...this.noted[view], ...changes };
    if (view === 'segment' && changes.model) this.run(changes.model);
  }

  /**
   * @param {File} file
   * @returns {HostFile}
   */
  take(file) {
    return { path: '', url: '', orig_name: file.name, file };
  }

  /**
   * @param {string} view
   * @param {string} event
   * @param {any} detail
   */
  hear(view, event, detail) {
    const noted = this.noted[view] || {};
    if (event === 'drop_image') this.readImage(noted.files?.[0]?.file);
    else if (event === 'drop_mask') this.readMask((noted.files || []).map((/** @type {HostFile} */ { file }) => file));
    else if (event === 'pick_example') this.openExample(detail.example || noted.example);
    else if (event === 'remove_mask') this.setMask(null, '');
    else if (event === 'export' && detail.kind === 'mask') this.saveMask(detail);
    else if (event === 'ask') this.told.emit(view, { ...this.base[view], turn: detail.turn, message: SERVER, done: true });
    else if (event !== 'resume') this.refuse();
  }

  refuse() {
    this.message = SERVER;
    this.show();
    this.message = '';
  }

  /**
   * @param {string} question
   * @param {any} _request
   */
  async answer(question, _request) {
    if (question === 'read_masks') return { people: [], errors: [{ file: 0, sentence: SERVER, names: [], scored: false }] };
    return { error: SERVER };
  }

  // ---- files

  /** @param {File | undefined} file */
  async readImage(file) {
    if (!file) return;
    try {
      const scan = await readScan(new Uint8Array(await file.arrayBuffer()), file.name, decodeByBrowser);
      this.open({ title: file.name, image: scan, notes: scan.notes, mask: null, maskName: '' });
    } catch (error) {
      this.show({ image: { error: sentenceOf(error) } });
    }
  }

  /** @param {string} id Of a shipped example: its files are the page's own, and asked for as such. */
  async openExample(id) {
    const { examples } = this.base.intake, tile = examples.find((/** @type {any} */ one) => one.id === id);
    if (!tile) return;
    const read = async (/** @type {string} */ name) => {
      const answer = await fetch(tile.picture.url.replace('thumbnail.webp', name));
      return answer.ok ? readScan(new Uint8Array(await answer.arrayBuffer()), tile.title, decodeByBrowser) : null;
    };
    try {
      const [image, mask] = [await read('image.png'), await read('mask.png')];
      if (image) this.open({ title: tile.title, image, notes: image.notes, mask, maskName: 'Ground truth', example: id });
    } catch (error) {
      this.show({ image: { error: sentenceOf(error) } });
    }
  }

  /** @param {File[]} files */
  async readMask(files) {
    if (!this.case) return;
    try {
      if (files.length !== 1) throw new UnreadableImage('On this device a mask is one picture; the server reads several files.');
      const { image } = this.case, mask = await readScan(new Uint8Array(await files[0].arrayBuffer()), files[0].name, decodeByBrowser);
      if (mask.width !== image.width || mask.height !== image.height) {
        throw new UnreadableImage(`${files[0].name} is ${mask.width}x${mask.height} px, the image ${image.width}x${image.height} px; on this device both have one size.`);
      }
      const values = [...new Set(mask.pixels)].sort((a, b) => a - b);
      if (values.length > 2 || (values.length === 2 && values[0] !== 0)) throw new UnreadableImage(`${files[0].name} is no mask of black and one other value; the server reads other kinds.`);
      this.setMask(mask, files[0].name);
    } catch (error) {
      this.show({ mask: { error: sentenceOf(error) } });
    }
  }

  /**
   * @param {Picture | null} mask
   * @param {string} maskName
   */
  setMask(mask, maskName) {
    if (!this.case) return;
    this.case = { ...this.case, mask, maskName };
    this.maskUrl = mask ? this.nameOf(`mask-${++this.masks}`) : '';
    if (mask) lendPicture(this.maskUrl, mask);
    this.show();
  }

  /** @param {any} request */
  async saveMask({ model, stop, processing }) {
    const answer = this.answers.get(model);
    if (!this.case || answer?.state !== 'ready') return;
    const { title, image: { width, height } } = this.case, { pixels } = await fetchGreyPng(answer.url);
    const marked = processMask(pixels.map((level) => (level >= stop ? 1 : 0)), width, height, { ...NO_PROCESSING, ...processing });
    const png = await encodeMaskPng(Uint32Array.from(marked), 0, width, height);
    saveBlob(new Blob([/** @type {BlobPart} */ (png)], { type: 'image/png' }), `${title.replace(/\.\w+$/, '')}-${model}-mask.png`);
  }

  // ---- models

  /** @param {Case} it */
  open(it) {
    forgetLent();
    this.case = it;
    this.cases++;
    this.answers.clear();
    this.maskUrl = '';
    lendPicture(this.nameOf('image'), it.image);
    if (it.mask) this.setMask(it.mask, it.maskName);
    else this.show();
    const { model } = { ...this.base.segment, ...this.noted.segment };
    if (model) this.run(model);
  }

  /** @param {string} id */
  async run(id) {
    const { case: mine } = this, known = this.answers.get(id);
    if (!mine || (known && known.state !== 'unusable')) return;
    this.answers.set(id, { state: 'running', reason: '', url: '' });
    this.show();
    /** @type {{state: string, reason: string, url: string}} */
    let answer;
    try {
      const map = await this.runner.predict(mine.image, id), url = this.nameOf(id);
      if (this.case?.image !== mine.image) return;
      lendPicture(url, { ...mine.image, pixels: quantizeMap(map) });
      answer = { state: 'ready', reason: '', url };
      this.told.tell(this.runner.threads === 1 ? 'Computed on this device, by one thread: this page may not share memory between several.' : `Computed on this device, by ${this.runner.threads} threads.`);
    } catch (error) {
      if (this.case?.image !== mine.image) return;
      answer = { state: 'unusable', reason: sentenceOf(error), url: '' };
      this.told.tell('', undefined, `${answer.reason} The server can compute it: switch "On this device" off.`);
    }
    this.answers.set(id, answer);
    this.show();
  }

  // ---- values

  /** @param {string} part */
  nameOf(part) {
    return `device:${part}:${this.cases}`;
  }

  /** @param {Record<string, any>} [said] Notes of the intake. */
  show(said) {
    for (const view of ['segment', 'intake']) if (view in this.base) this.told.emit(view, this.value(view, said));
  }

  /**
   * @param {string} view
   * @param {Record<string, any>} [said]
   */
  value(view, said = {}) {
    const base = this.base[view], { case: it } = this;
    if (!it) return base;
    const noted = this.noted[view] || {};
    if (view === 'intake') return { ...base, ...this.describeIntake(it), ...said, answered: noted.asked || '' };
    const file = (/** @type {string} */ url) => (url ? { url } : null);
    const shared = {
      case: `device-${it.title}-${this.nameOf('image')}`, title: it.title, simulated: false, image: file(this.nameOf('image')), reference: file(this.maskUrl),
      reference_name: it.maskName || 'Reference', message: this.message, models: this.base.segment.models.map((/** @type {any} */ layer) => this.describeModel(layer)),
    };
    const without = { example: it.example || '', readers: [], scan_sha256: '', scan_note: describeSize(it), area: '', frame: 1, frames: 1, looks: [], boxes: [], downloads: [], more: '', two_stage: false, two_stage_note: '', two_stage_problem: SERVER };
    return view === 'segment' ? { ...base, ...noted, ...shared, ...without } : base;
  }

  /** @param {any} layer */
  describeModel(layer) {
    const answer = this.answers.get(layer.id) || { state: 'waiting', reason: '', url: '' };
    if (layer.state === 'unusable' && !this.answers.has(layer.id)) return { ...layer, levels: null, staged: null };
    return { ...layer, state: answer.state, reason: answer.reason, levels: answer.url ? { url: answer.url } : null, staged: null };
  }

  /** @param {Case} it */
  describeIntake(it) {
    const { maskName, mask, example } = it, text = `${describeSize(it)}${example ? '' : '; it has not left this device'}`;
    return {
      image: { name: it.title, text }, seen: {}, mask: mask ? { name: maskName, text: `${mask.width} × ${mask.height} px` } : {}, can_remove: Boolean(mask),
      can_invert: false, example: example || '', frames: 1, crop: '', found: '', picture: null, files: [],
    };
  }
}

/** @param {Case} it */
function describeSize({ image, notes }) {
  return [`${image.width} × ${image.height} px`, ...notes].join('; ');
}

/** @param {unknown} error */
function sentenceOf(error) {
  return error instanceof CannotRun || error instanceof UnreadableImage ? error.message : `Something failed on this device. ${messageOf(error)}`;
}
