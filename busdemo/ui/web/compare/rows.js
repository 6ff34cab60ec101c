// rows.js: the list of annotators as elements. Names and sentences come from visitors' files: all
// of it is text.

import { scoreBox } from './people.js';
import { StepControls } from './steps.js';
import { formatShare, formatThreshold } from '../core/formats.js';
import { tellPresence, withholds } from '../core/presence.js';
import { STOPS, clampStop } from '../core/scoring.js';
import { make, setText } from '../page/dom.js';
/** @import { CompareView } from './view.js' */
/** @import { Steps } from '../core/postprocess.js' */

const EYE = '<svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true"><path d="M1.5 8c2-3.5 4-4.5 6.5-4.5s4.5 1 6.5 4.5c-2 3.5-4 4.5-6.5 4.5s-4.5-1-6.5-4.5z" fill="none" stroke="currentColor" stroke-width="1.3"/><circle cx="8" cy="8" r="2.2" fill="currentColor"/></svg>';

class Row {
  /**
   * @param {CompareView} desk
   * @param {string} key
   */
  constructor(desk, key) {
    this.desk = desk;
    this.key = key;
    this.colour = make('input', { type: 'color', class: 'bd-swatch', title: 'Colour' });
    this.colour.addEventListener('input', () => desk.store.dress(key, { colour: this.colour.value, dash: 0 }));
    this.name = make('input', { type: 'text', class: 'bd-row-name', maxLength: 60, spellcheck: false, title: 'Rename' });
    this.name.addEventListener('change', () => desk.store.rename(key, this.name.value));
    this.name.addEventListener('keydown', (event) => event.key === 'Enter' && this.name.blur());
    this.dice = make('b', { class: 'bd-row-dice' });
    this.eye = this.button('bd-eye', '', () => desk.store.toggleShown(key));
    this.eye.innerHTML = EYE;
    this.mark = this.button('bd-mark-reference', 'ref', () => desk.store.setReference(key));
    this.more = this.button('bd-more-button', '⋯', () => desk.store.toggleOpen(key));
    this.words = make('p', { class: 'bd-sub bd-row-words' });
    this.note = make('p', { class: 'bd-sub bd-row-note' });
    this.slider = make('input', { type: 'range', min: 1, max: STOPS - 1, step: 1 });
    this.output = make('output');
    this.frozen = this.button('bd-small', 'frozen', () => desk.store.setStop(key, desk.store.get(key).frozen));
    this.number = make('input', { type: 'number', min: 1, step: 1 });
    this.frames = make('output');
    this.style = this.button('bd-small', '', () => desk.store.dress(key, { style: desk.store.get(key).style === 'fill' ? 'outline' : 'fill' }));
    this.edit = this.button('bd-small', 'Draw on it', () => desk.easel.start(key));
    this.remove = this.button('bd-small', 'Remove', () => desk.store.removeAnnotator(key));
    this.formats = make('select', { class: 'bd-small', 'aria-label': 'Format' }, ...desk.formats.map(([id, title]) => new Option(title, id)));
    this.steps = new StepControls((steps) => desk.store.setSteps(key, steps));
    this.invert = this.button('bd-small', '', () => this.reread({ invert: !desk.store.get(key).how.invert }));
    this.score = scoreBox(0.5, (least) => this.reread({ least_score: least }), 'this file');
    this.scoreBox = /** @type {HTMLInputElement} */ (this.score.querySelector('input'));
    this.reading = make('div', { class: 'bd-sub bd-row-reading' }, this.score, this.invert);
    this.threshold = this.buildThreshold();
    this.frame = this.buildFrame();
    this.panel = this.buildPanel();
    const line = make('div', { class: 'bd-line' }, this.colour, this.name, this.dice, this.mark, this.eye, this.more);
    this.node = make('li', { class: 'bd-one', 'data-key': key }, line, this.words, this.threshold, this.note, this.reading, this.frame, this.panel);
    this.node.addEventListener('pointerenter', (event) => event.pointerType === 'mouse' && desk.point(key));
    this.node.addEventListener('pointerleave', () => desk.point(''));
  }

  /**
   * @param {string} name
   * @param {string} text
   * @param {() => void} act
   */
  button(name, text, act) {
    const button = make('button', { type: 'button', class: name }, text);
    button.addEventListener('click', act);
    return button;
  }

  buildThreshold() {
    const { desk, key } = this;
    this.slider.addEventListener('input', () => desk.store.setStop(key, Number(this.slider.value)));
    this.frozen.title = 'Back to the threshold frozen on validation data';
    return make('div', { class: 'bd-own', hidden: true }, this.slider, this.output, this.frozen);
  }

  // Of a file with several frames.
  buildFrame() {
    const { desk, key } = this;
    this.number.addEventListener('change', () => {
      const one = desk.store.get(key), frame = Math.round(this.number.valueAsNumber);
      if (frame >= 1 && frame <= one.frames) this.reread({ frame });
      else this.number.value = String(one.frame);
    });
    return make('label', { class: 'bd-sub bd-row-frame', hidden: true }, 'Frame ', this.number, ' of ', this.frames);
  }

  buildPanel() {
    const { desk, key } = this;
    const save = this.button('bd-small', 'Save mask', () => desk.saveMask(key, this.formats.value));
    return make('div', { class: 'bd-panel', hidden: true }, this.steps.node, this.style, this.edit, this.remove, make('span', { class: 'bd-save' }, this.formats, save));
  }

  show() {
    const { desk } = this, one = desk.store.get(this.key), isReference = desk.roster.reference === this.key, hidden = desk.isHidden(one);
    this.node.dataset.reference = String(isReference);
    this.node.dataset.shown = String(one.shown && !hidden);
    this.node.dataset.drawing = String(desk.easel.key === this.key);
    this.colour.value = one.colour;
    this.colour.setAttribute('aria-label', `Colour of ${one.name}`);
    this.colour.dataset.dash = String(one.dash);
    if (document.activeElement !== this.name) this.name.value = one.name;
    this.name.setAttribute('aria-label', `Name of ${one.name}`);
    const press = (/** @type {HTMLButtonElement} */ button, /** @type {boolean} */ on, /** @type {string} */ label) => {
      button.setAttribute('aria-pressed', String(on));
      button.setAttribute('aria-label', label);
      button.title = label;
      button.disabled = hidden;
    };
    press(this.eye, one.shown, `${one.shown ? 'Hide' : 'Show'} ${one.name}`);
    press(this.mark, isReference, isReference ? `ref: ${one.name} is the reference` : `ref: make ${one.name} the reference`);
    setText(this.style, one.style === 'fill' ? 'Outline only' : 'Fill');
    setText(this.edit, one.drawn ? 'Draw on it' : 'Draw on a copy');
    this.edit.disabled = !one.ready || hidden;
    this.more.setAttribute('aria-expanded', String(one.open));
    this.more.setAttribute('aria-label', `More about ${one.name}`);
    this.panel.hidden = !one.open || hidden;
    this.threshold.hidden = this.steps.node.hidden = one.kind !== 'model' || !one.ready || hidden;
    if (one.steps && one.ownSteps) this.steps.show(one.steps, one.ownSteps);
    setText(this.note, hidden ? '' : one.drawn ? tellDrawn(one.provenance) : one.note);
    this.note.hidden = !this.note.textContent;
    this.showReading(one, hidden);
    this.frame.hidden = one.frames < 2 || hidden;
    if (one.frames > 1) Object.assign(this.number, { max: String(one.frames), value: String(one.frame), ariaLabel: `Frame of ${one.name}` });
    setText(this.frames, String(one.frames || ''));
    this.showNumbers();
  }

  /**
   * @param {import('./people.js').Reading} changes
   */
  reread(changes) {
    this.desk.people?.reread(this.desk.store.get(this.key), changes);
  }

  /**
   * How its file may be read otherwise; what it is asked about stands in sight.
   * @param {import('../workspace/annotators.js').Annotator} one
   * @param {boolean} hidden
   */
  showReading(one, hidden) {
    const facts = one.provenance || {}, isAsked = Boolean(facts.looks_inverted || one.how.invert);
    this.invert.hidden = !one.masks || !(isAsked || one.open);
    setText(this.invert, one.how.invert ? 'Exchange back' : 'Exchange lesion and background');
    this.score.hidden = !facts.scored;
    if (document.activeElement !== this.scoreBox) this.scoreBox.value = String(one.how.least_score ?? 0.5);
    this.reading.hidden = hidden || (this.invert.hidden && this.score.hidden);
  }

  // What a stroke or a threshold changes.
  showNumbers() {
    const { desk } = this, one = desk.store.get(this.key), hidden = desk.isHidden(one);
    const score = hidden ? null : desk.scoreOf(one), isReference = desk.roster.reference === this.key;
    setText(this.dice, isReference ? '' : score ? formatShare(score.dice) : '–');
    this.dice.title = score ? `Dice ${formatShare(score.dice)}, IoU ${formatShare(score.iou)}: ${score.outcome}` : '';
    const isAbsent = Boolean(one.masks) && !one.ready; // its note says so
    setText(this.words, hidden ? 'hidden until you are done' : isAbsent ? '' : desk.describe(one));
    if (one.kind !== 'model' || !one.ready) return;
    if (!hidden && withholds(one.presence, one.cutOff)) setText(this.words, tellPresence(one.presence, one.cutOff));
    if (Number(this.slider.value) !== one.stop) this.slider.value = String(one.stop);
    this.slider.setAttribute('aria-label', `Threshold of ${one.name}`);
    setText(this.output, formatThreshold(one.stop));
    this.frozen.style.visibility = one.stop === clampStop(one.frozen) ? 'hidden' : 'visible';
  }
}

/**
 * As `list_notes` says it in Python.
 * @param {Record<string, any>} [provenance]
 */
function tellDrawn({ drawn_from: from = '', blind = null } = {}) {
  const copied = from && `Started from the mask of ${from}: not an independent person.`;
  return [copied, blind !== null && `Drawn while the others were ${blind ? 'hidden' : 'in sight'}.`].filter(Boolean).join(' ');
}

// Rows follow the roster; a row that stays keeps its element, its focus and its open panel.
export class Rows {
  /**
   * @param {CompareView} desk
   */
  constructor(desk) {
    this.desk = desk;
    this.box = desk.find('.bd-list');
    this.rows = new Map();
  }

  show() {
    const { desk, rows, box } = this, keys = desk.roster.list.map((one) => one.key);
    for (const [key, row] of rows) {
      if (keys.includes(key)) continue;
      row.node.remove();
      rows.delete(key);
    }
    keys.forEach((key, place) => {
      if (!rows.has(key)) rows.set(key, new Row(desk, key));
      const { node } = rows.get(key);
      if (box.children[place] !== node) box.insertBefore(node, box.children[place] || null);
      rows.get(key).show();
    });
    if (rows.has(desk.store.revealed)) this.reveal(rows.get(desk.store.revealed).node);
    desk.store.revealed = '';
  }

  /**
   * The list alone is scrolled, never the page.
   * @param {HTMLElement} node
   */
  reveal(node) {
    const row = node.getBoundingClientRect(), list = this.box.getBoundingClientRect();
    this.box.scrollTop += Math.max(0, row.bottom - list.bottom) - Math.max(0, list.top - row.top);
  }

  showNumbers() {
    for (const row of this.rows.values()) row.showNumbers();
  }
}
