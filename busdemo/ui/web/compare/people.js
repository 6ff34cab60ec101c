// people.js: people whose masks come in files. One file is one person for each reader it names,
// however many labels it has; labels are compared one by one, and merged only on request.

import { fromBase64, toBase64 } from '../core/base64.js';
import { decodeGreyPng } from '../core/png.js';
import { make } from '../page/dom.js';
import { refuseLarge } from '../page/files.js';
/** @import { Annotator, LabelMask } from '../workspace/annotators.js' */
/** @import { CompareView } from './view.js' */

/**
 * How a file is to be read.
 * @typedef {{frame?: number, invert?: boolean, least_score?: number, image_name?: string}} Reading
 */

const MERGED = '*'; // asked for in place of a label

export class People {
  /**
   * @param {CompareView} desk
   * @param {(question: string, request: object) => Promise<any>} ask
   */
  constructor(desk, ask) {
    this.desk = desk;
    this.ask = ask;
    this.label = ''; // that is compared; '' where nobody has several
    this.wanted = ''; // a visitor's choice of it
    /** @type {string | null} */
    this.case = null; // whose people these are
    this.select = desk.find('.bd-labels select');
    this.select.addEventListener('change', () => {
      this.wanted = this.select.value;
      this.compare();
    });
  }

  /** @returns {Annotator[]} */
  get list() {
    return this.desk.roster.list.filter((one) => one.masks);
  }

  // Those who have labels, but not this one.
  get absent() {
    return this.list.filter((one) => !this.maskOf(one));
  }

  // ---- files

  /**
   * @param {File[]} files
   * @param {Reading} [how]
   */
  async read(files, how = {}) {
    const { desk } = this, name = desk.state.case;
    if (!files.length || !desk.state.grey) return;
    desk.say(refuseLarge(files));
    if (refuseLarge(files)) return;
    const read = await this.question(files, how);
    if (!read || desk.state.case !== name) return;
    this.refuse(read.errors, files, how);
    for (const person of read.people) {
      const masks = await decode(person.masks);
      const facts = { key: desk.roster.newKey('upload'), name: person.name, kind: 'person', file: files[person.file], reader: person.name, how, masks };
      const one = desk.store.addAnnotator(facts, masks[0].pixels);
      if (!one) break;
      desk.store.revealed = one.key;
    }
    this.compare();
  }

  /**
   * The same file, which the browser still has, in another way: of all its people this one changes.
   * @param {Annotator} one
   * @param {Reading} changes
   */
  async reread(one, changes) {
    const { desk } = this, how = { ...one.how, ...changes }, turn = {}, file = /** @type {File} */ (one.file);
    one.asked = turn;
    const read = await this.question([file], how);
    // Meanwhile it may have been asked for again, or another scan opened.
    if (!read || one.asked !== turn || desk.roster.find(one.key) !== one) return;
    this.refuse(read.errors, [file], how);
    const person = read.people.find((/** @type {any} */ other) => other.name === one.reader);
    if (person) Object.assign(one, { how, masks: await decode(person.masks) });
    this.compare();
  }

  /**
   * -> null where the server did not answer.
   * @param {File[]} files
   * @param {Reading} how
   */
  async question(files, how) {
    const { width, height, title: image, frame, frames, facts } = this.desk.state;
    try {
      const sent = await Promise.all(files.map(async (file) => ({ ...how, name: file.name, data: toBase64(new Uint8Array(await file.arrayBuffer())) })));
      return await this.ask('read_masks', { files: sent, width, height, image, frame, frames, facts });
    } catch {
      this.desk.say('The masks could not be read; please try again.');
      return null;
    }
  }

  /**
   * Why files were not read, and what a visitor may choose so that they are.
   * @param {{file: number, sentence: string, names: string[], scored: boolean}[]} errors
   * @param {File[]} files
   * @param {Reading} how
   */
  refuse(errors, files, how) {
    this.desk.say(errors.map((one) => one.sentence).join(' '));
    this.desk.find('.bd-refused').replaceChildren(...errors.flatMap(({ file: place, names, scored }) => {
      const file = files[place], again = (/** @type {Reading} */ changes) => this.read([file], { ...how, ...changes }), offers = [];
      if (names.length) {
        const select = make('select', { 'aria-label': `Image of ${file.name}` }, new Option('choose…', ''), ...names.map((name) => new Option(name, name)));
        select.addEventListener('change', () => select.value && again({ image_name: select.value }));
        offers.push(make('label', {}, `This scan is, in ${file.name}, `, select));
      }
      if (scored) offers.push(scoreBox(how.least_score, (least) => again({ least_score: least }), file.name));
      return offers;
    }));
  }

  // ---- labels

  // The one that most people have comes first.
  get labels() {
    /** @type {Map<string, number>} */
    const counts = new Map();
    for (const one of this.list) for (const label of labelsOf(one)) counts.set(label, (counts.get(label) || 0) + 1);
    const hasSeveral = this.list.some((one) => labelsOf(one).length > 1);
    return hasSeveral ? [...counts].sort((a, b) => b[1] - a[1]).map(([label]) => label) : [];
  }

  get chosen() {
    const { labels, wanted } = this, isKnown = labels.includes(wanted) || (wanted === MERGED && labels.length > 0);
    return isKnown ? wanted : labels[0] || '';
  }

  // Everybody's mask under one label; who has labels, but not this one, is not compared.
  compare() {
    const { desk } = this, { roster } = desk;
    this.label = this.chosen;
    for (const one of this.list) this.show(one);
    const person = roster.ready.find((one) => one.kind === 'truth' || one.kind === 'person');
    if (!roster.find(roster.reference)?.ready && person) roster.reference = person.key;
    desk.changed('masks', 'names');
  }

  // The choice of a label, as people come and go.
  showChoice() {
    const { desk, labels, select } = this, isNew = this.case !== desk.state.case;
    if (isNew) {
      desk.find('.bd-refused').replaceChildren();
      this.label = this.wanted = '';
      this.case = desk.state.case;
    }
    if (this.label !== this.chosen) this.compare();
    desk.find('.bd-labels').hidden = !labels.length;
    const says = labels.join('\n');
    if (select.dataset.says !== says) select.replaceChildren(...labels.map((one) => new Option(one, one)), new Option('all of them, merged', MERGED));
    select.dataset.says = says;
    select.value = this.label;
  }

  /**
   * @param {Annotator} one
   */
  maskOf(one) {
    const masks = one.masks || [];
    if (!this.label) return masks[0];
    if (this.label === MERGED) return masks.find((mask) => mask.merged) || masks[0];
    return masks.find((mask) => !mask.merged && (mask.label === this.label || !mask.label));
  }

  /**
   * @param {Annotator} one
   */
  show(one) {
    const { desk } = this, mask = this.maskOf(one);
    if (mask) {
      const { note, sha256, frame, frames, label, provenance } = mask;
      Object.assign(one, { note, sha256, frame, frames, label, provenance });
      desk.store.fill(one, mask.pixels, 1);
      return;
    }
    desk.planes.clear(one.slot);
    Object.assign(one, { ready: false, note: `Without the label ${this.label}: not compared.` });
  }

  // What the server is told of it, for a report.
  tell() {
    const label = this.label === MERGED ? '' : this.label;
    return { label, without: this.absent.map((one) => one.name), facts: this.desk.state.facts || {} };
  }
}

/**
 * A box for the least score that counts.
 * @param {number | undefined} value
 * @param {(least: number) => void} change
 * @param {string} name
 */
export function scoreBox(value, change, name) {
  const box = make('input', { type: 'number', min: 0, max: 1, step: 0.05, value: String(value ?? 0.5), 'aria-label': `Least score that counts, of ${name}` });
  box.addEventListener('change', () => box.value !== '' && change(box.valueAsNumber));
  return make('label', { title: 'Shapes with a lower score are left out' }, 'Scores from ', box);
}

/**
 * @param {Annotator} one
 */
function labelsOf({ masks }) {
  return (masks || []).filter((mask) => !mask.merged && mask.label).map((mask) => mask.label);
}

/**
 * @param {any[]} masks
 * @returns {Promise<LabelMask[]>}
 */
function decode(masks) {
  return Promise.all(masks.map(async ({ png, ...facts }) => ({ ...facts, pixels: (await decodeGreyPng(fromBase64(png))).pixels })));
}
