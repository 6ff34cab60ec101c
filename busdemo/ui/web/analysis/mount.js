// mount.js: the analysis of a scan, in sections: closed ones cost nothing; an open one is asked for
// when what it tells of has settled.

import { closest, find, findAll } from '../page/dom.js';
import { loadStyles } from '../page/styles.js';
import { TEMPLATE } from './template.js';
/** @import { Host } from '../host/host.js' */

// Long enough that a visitor who moves the threshold step by step is not answered at every step.
const PAUSE_MS = 600, PATIENCE_MS = 60000;

/**
 * Resolves when the panel stands in the element.
 * @param {Host} host
 * @param {HTMLElement} element
 */
export async function mount(host, element) {
  await loadStyles(new URL('findings.css', import.meta.url), new URL('words.css', import.meta.url));
  if (host.signal.aborted) return;
  element.innerHTML = TEMPLATE;
  const panel = new Analysis(host, find(element, '.bd-findings'));
  host.watch((value) => panel.show(value));
  panel.show(host.value());
  host.hear('choice', (choice) => panel.choose(choice));
}

class Analysis {
  /**
   * @param {Host} host
   * @param {HTMLElement} root
   */
  constructor(host, root) {
    this.host = host;
    this.list = find(root, '.bd-findings-list');
    this.about = find(root, '.bd-findings-about');
    this.sections = new Map(); // id -> { id, box, body, choices, shown }
    this.choice = null;
    /** @type {ReturnType<typeof setTimeout> | number} */
    this.timer = 0;
    this.turns = 0;
    this.asked = null;
    this.listen();
  }

  listen() {
    const { list } = this;
    list.addEventListener('click', (/** @type {any} */ event) => {
      const control = closest(event, 'button[data-ask]');
      if (control) this.pick(control, control.dataset.value || '');
    });
    list.addEventListener('change', (/** @type {any} */ event) => {
      const control = closest(event, 'select[data-ask], input[data-ask]');
      if (control) this.pick(control, control.type === 'checkbox' ? String(control.checked) : control.value);
    });
    list.addEventListener('input', (/** @type {any} */ event) => {
      const box = closest(event, '[data-operating]');
      if (box) showOperating(box, Number(event.target.value));
    });
    this.host.signal.addEventListener('abort', () => clearTimeout(this.timer));
  }

  /**
   * @param {string} words
   */
  say(words) {
    this.about.textContent = words;
  }

  /**
   * @param {any} section
   */
  keyOf(section) {
    return JSON.stringify([this.choice, section.choices]);
  }

  get open() {
    return [...this.sections.values()].filter((section) => section.box.open);
  }

  // ---- asking

  // Ask for the open sections that are not up to date: one question at a time.
  ask() {
    clearTimeout(this.timer);
    const stale = this.open.filter((section) => section.shown !== this.keyOf(section));
    for (const section of this.sections.values()) section.box.dataset.stale = String(Boolean(section.shown) && stale.includes(section));
    if (!stale.length || !this.choice || this.asked) return;
    if (!this.choice.ready) {
      this.say('Waiting for the model.');
      return;
    }
    const turn = String(++this.turns), keys = new Map(stale.map((section) => [section.id, this.keyOf(section)]));
    this.asked = { turn, keys, giveUp: setTimeout(() => this.giveUp(), PATIENCE_MS) };
    if (stale.some((section) => !section.shown)) this.say('Measuring…');
    const choices = Object.fromEntries(stale.map((section) => [section.id, section.choices]));
    this.host.send('ask', { turn, sections: [...keys.keys()], choices });
  }

  giveUp() {
    this.asked = null;
    this.say('No answer came; close and open a section to ask again.');
  }

  /**
   * What is on the table and chosen, as the viewer tells it: { case, ready, ... }. The server gets it
   * from the viewer itself; here it only matters whether it has changed.
   * @param {any} next
   */
  choose(next) {
    if (JSON.stringify(next) === JSON.stringify(this.choice)) return;
    const other = !this.choice || this.choice.case !== next.case;
    this.choice = next;
    if (other) this.forget();
    if (!this.open.length) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.ask(), PAUSE_MS);
  }

  // Another scan: nothing that was said of the last one may stand beside it.
  forget() {
    this.say('');
    for (const section of this.sections.values()) {
      Object.assign(section, { choices: {}, shown: '' });
      section.body.replaceChildren();
    }
  }

  /**
   * A section's own control.
   * @param {any} control
   * @param {any} value
   */
  pick(control, value) {
    const section = this.sections.get(control.closest('[data-section]').dataset.section);
    section.choices = { ...section.choices, [control.dataset.ask]: value };
    this.ask();
  }

  // ---- showing

  /**
   * @param {{id: string, title: string, hint: string}} it
   */
  buildSection({ id, title, hint }) {
    const box = document.createElement('details'), summary = document.createElement('summary');
    const name = document.createElement('b'), aside = document.createElement('span'), body = document.createElement('div');
    name.textContent = title;
    aside.textContent = hint;
    box.dataset.section = id;
    body.className = 'bd-findings-body';
    summary.append(name, aside);
    box.append(summary, body);
    box.addEventListener('toggle', () => { if (box.open) this.ask(); });
    this.list.append(box);
    this.sections.set(id, { id, box, body, choices: {}, shown: '' });
  }

  /**
   * @param {any} value
   */
  show(value) {
    if (!value) return;
    const { asked, sections } = this;
    for (const section of value.sections) if (!sections.has(section.id)) this.buildSection(section);
    if (!asked || value.turn !== asked.turn) return;
    for (const { id, html } of value.sections) {
      if (html && asked.keys.has(id)) this.fill(sections.get(id), html, asked.keys.get(id) || '');
    }
    this.say(value.message || value.about);
    if (!value.done) return;
    clearTimeout(asked.giveUp);
    // What got no answer is up to date, too: asking again would give none either.
    for (const [id, key] of asked.keys) if (sections.get(id).shown !== key) this.fill(sections.get(id), '', key);
    this.asked = null;
    this.ask(); // the choice may have moved on meanwhile
  }

  /**
   * New contents, unless the scan has changed meanwhile; the focus stays where it was.
   * @param {any} section
   * @param {string} html
   * @param {string} key
   */
  fill(section, html, key) {
    if (JSON.parse(key)[0].case !== this.choice.case) return;
    const active = document.activeElement, held = active instanceof HTMLElement && section.body.contains(active) ? active.dataset : {};
    section.body.innerHTML = html;
    section.shown = key;
    section.box.dataset.stale = 'false';
    const again = [...findAll(section.body, '[data-ask]')].find((control) => (
      control.dataset.ask === held.ask && control.dataset.value === held.value));
    if (again) again.focus();
  }
}

/**
 * An operating point: what every stop of its slider means came with the section.
 * @param {any} box
 * @param {number} stop
 */
function showOperating(box, stop) {
  const [sensitivity, specificity] = JSON.parse(box.dataset.operating)[stop - 1];
  const tell = (/** @type {string} */ name, /** @type {string} */ words) => { find(box, `[data-say="${name}"]`).textContent = words; };
  const { yes, no } = find(box, '[data-say="flag"]').dataset;
  tell('threshold', (stop / 200).toFixed(3));
  tell('flag', Number(box.dataset.probability) >= stop / 200 ? yes : no);
  tell('sensitivity', sensitivity);
  tell('specificity', specificity);
}
