// reading.js: what a mask's file can be asked: which of its images this scan is, one of its labels,
// the least score that counts. Each is offered only where the file leaves it open.

import { find, make } from '../page/dom.js';

/**
 * @typedef {object} MaskReading As busdemo/ui/intake/component.py has it.
 * @property {string[]} names
 * @property {string} name
 * @property {string[]} labels
 * @property {string} label
 * @property {boolean} scored
 * @property {number} score
 */

export class ReadingControls {
  /**
   * @param {HTMLElement} root
   * @param {(reading: Partial<MaskReading>) => void} ask
   */
  constructor(root, ask) {
    this.root = root;
    this.ask = ask;
    /** @type {Partial<MaskReading>} */
    this.now = {};
    /** @type {string[]} */
    this.labels = []; // of the file: of one that is read alone the server tells no others
    for (const name of ['name', 'label', 'score']) {
      const box = this.box(name);
      box.addEventListener('change', () => {
        if (box.value !== '' || name === 'label') this.ask({ name: this.now.name, label: this.now.label, score: this.now.score, [name]: name === 'score' ? Number(box.value) : box.value });
      });
    }
  }

  /** @param {string} name */
  box(name) {
    return /** @type {HTMLInputElement | HTMLSelectElement} */ (find(this.root, `[data-reading="${name}"]`));
  }

  // Another file.
  forget() {
    this.labels = [];
  }

  /**
   * isOffered: the browser still has the files.
   * @param {MaskReading} reading
   * @param {boolean} isOffered
   */
  show(reading, isOffered) {
    const { names = [], name = '', labels = [], label = '', scored = false, score = 0.5 } = reading || {};
    this.now = { name, label, score };
    if (labels.length) this.labels = labels;
    fill(this.box('name'), [['', 'choose…'], ...pairs(names)], '');
    fill(this.box('label'), [['', 'all labels, merged'], ...pairs(this.labels)], label);
    this.box('score').value = String(score);
    const isShown = { name: names.length > 0, label: this.labels.length > 1, score: scored };
    for (const [one, isOn] of Object.entries(isShown)) /** @type {HTMLElement} */ (this.box(one).parentElement).hidden = !isOn || !isOffered;
  }
}

/** @param {string[]} names */
function pairs(names) {
  return names.map((name) => [name, name]);
}

/**
 * @param {Element} select
 * @param {string[][]} options
 * @param {string} value
 */
function fill(select, options, value) {
  select.replaceChildren(...options.map(([code, words]) => make('option', { value: code }, words)));
  Object.assign(select, { value });
}
