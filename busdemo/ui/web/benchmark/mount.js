// mount.js: what a visitor chooses in the benchmark, what is asked for, and what the server's answers
// fill. Closed sections cost nothing.

import { find } from '../page/dom.js';
import { listenToDrop } from '../page/drop.js';
import { refuseLarge } from '../page/files.js';
import { loadStyles } from '../page/styles.js';
import { drawFigures, forgetFigures, loadPlotly } from './figures.js';
import { makeSortable } from './tables.js';
import { TEMPLATE } from './template.js';
/** @import { Host } from '../host/host.js' */

const PATIENCE_MS = 60000, RESIZE_MS = 300;

/**
 * Resolves when the tab stands in the element and has asked for its run.
 * @param {Host} host
 * @param {HTMLElement} element
 */
export async function mount(host, element) {
  await loadStyles(new URL('passages.css', import.meta.url), new URL('bench.css', import.meta.url));
  if (host.signal.aborted) return;
  element.innerHTML = TEMPLATE;
  const bench = new Benchmark(host, find(element, '.bd-bench'));
  host.watch((value) => bench.show(value));
  bench.enter();
}

class Benchmark {
  /**
   * @param {Host} host
   * @param {HTMLElement} root
   */
  constructor(host, root) {
    this.host = host;
    this.root = root;
    this.sections = new Map(); // id -> { box, body, shown }
    /** @type {Record<string, string>} */
    this.choice = { dataset: '', stages: '', a: '', b: '', factor: '' };
    this.run = '';
    this.own = false;
    this.plotlyUrl = '';
    this.asked = null;
    this.turns = 0;
    this.uploads = 0;
    this.listen();
  }

  /**
   * @param {string} name
   */
  part(name) {
    return find(this.root, `[data-part="${name}"]`);
  }

  /**
   * @param {string} name
   */
  picker(name) {
    return find(this.root, `[data-choice="${name}"]`);
  }

  listen() {
    const { host, root } = this, { signal } = host;
    listenToDrop(find(root, '.bd-drop'), ([file]) => this.send(file));
    find(root, '[data-act="close"]').addEventListener('click', () => host.send('close_run', this.place()));
    root.addEventListener('change', ({ target }) => this.choose(target));
    // Charts are drawn in the page's colours and for its width.
    const observer = new MutationObserver(() => this.ask());
    observer.observe(document.body, { attributes: true, attributeFilter: ['class'] });
    signal.addEventListener('abort', () => observer.disconnect());
    /** @type {ReturnType<typeof setTimeout> | number} */
    let resized = 0;
    window.addEventListener('resize', () => {
      clearTimeout(resized);
      resized = setTimeout(() => this.ask(), RESIZE_MS);
    }, { signal });
  }

  enter() {
    const value = this.host.value();
    if (value && value.plotly) this.plotlyUrl = value.plotly.url;
    if (this.plotlyUrl) loadPlotly(this.plotlyUrl).catch(() => {});
    this.host.send('enter', this.place());
  }

  // ---- asking

  place() {
    const dark = document.body.classList.contains('dark');
    return { dark, width: Math.round(this.part('leaderboard').clientWidth || this.root.clientWidth - 32) };
  }

  /**
   * What a passage depends on: asked for again when it has changed.
   * @param {string} id
   */
  keyOf(id) {
    const { dataset, stages, a, b, factor } = this.choice, { dark, width } = this.place();
    const frame = [this.run, dataset, stages, dark, width < 620];
    if (id === 'leaderboard') return JSON.stringify(frame);
    return JSON.stringify([...frame, a, id === 'worst' ? '' : b, id === 'strata' ? factor : '']);
  }

  // One question at a time: all that is open and out of date.
  ask() {
    if (this.asked || !this.run) return;
    const open = [...this.sections].filter(([id, one]) => (one.box.open || id === 'leaderboard') && one.shown !== this.keyOf(id));
    if (!open.length) return;
    for (const [, one] of open) one.body.setAttribute('aria-busy', 'true');
    const turn = String(++this.turns), keys = new Map(open.map(([id]) => [id, this.keyOf(id)]));
    this.asked = { turn, keys, giveUp: setTimeout(() => { this.asked = null; }, PATIENCE_MS) };
    this.host.send('ask', { turn, sections: [...keys.keys()], own: this.own, ...this.choice, ...this.place() });
  }

  /**
   * @param {any} target
   */
  choose(target) {
    const name = target.dataset.choice, { choice } = this;
    if (!name) return;
    choice[name] = target.value;
    // The same model twice: the other picker takes what this one had.
    if ((name === 'a' || name === 'b') && choice.a === choice.b) {
      const other = name === 'a' ? 'b' : 'a', picker = this.picker(other);
      choice[other] = [...picker.options].map((one) => one.value).find((key) => key !== choice[name]) || '';
      picker.value = choice[other];
    }
    this.ask();
  }

  /**
   * A visitor's own run.
   * @param {File} file
   */
  async send(file) {
    if (!file) return;
    const mine = ++this.uploads;
    this.say(refuseLarge([file]));
    if (refuseLarge([file])) return;
    this.root.setAttribute('aria-busy', 'true');
    try {
      const upload = await this.host.upload(file);
      if (mine !== this.uploads) return;
      this.host.note({ told: {}, upload });
      this.host.send('open_run', this.place());
    } catch {
      this.say('The upload did not arrive; please try again.');
    }
    this.root.removeAttribute('aria-busy');
  }

  // ---- showing

  /**
   * @param {string} words
   */
  say(words) {
    const line = find(this.root, '.bd-error');
    line.textContent = words;
    line.hidden = !words;
  }

  /**
   * @param {any} value
   */
  show(value) {
    if (!value) return;
    const { asked } = this;
    if (value.plotly) this.plotlyUrl = value.plotly.url;
    this.say(value.message);
    if (!value.opened && (!asked || value.turn !== asked.turn)) return;
    if (value.opened) {
      this.settle();
      this.showRun(value);
    }
    if (value.models.length) this.showModels(value);
    const keys = value.opened || !asked ? new Map() : asked.keys;
    for (const [id, passage] of Object.entries(value.told)) {
      if (this.sections.has(id)) this.fill(id, passage, keys.get(id) || this.keyOf(id));
    }
    // What got no answer is not asked for again until something changes.
    for (const [id, key] of keys) if (this.sections.has(id)) this.sections.get(id).shown = key;
    this.settle();
    this.ask();
  }

  // The question, if there is one, has its answer.
  settle() {
    if (this.asked) clearTimeout(this.asked.giveUp);
    this.asked = null;
  }

  /**
   * @param {any} value
   */
  showRun(value) {
    const { root, sections } = this;
    this.run = value.run;
    this.own = value.own;
    this.part('about').innerHTML = value.about;
    find(root, '.bd-bench-run').hidden = !this.run;
    find(root, '[data-act="close"]').hidden = !value.own;
    root.removeAttribute('aria-busy');
    if (!this.run) return;
    const opened = new Set([...sections].filter(([, one]) => one.box.open).map(([id]) => id));
    for (const one of sections.values()) forgetFigures(one.body);
    sections.clear();
    sections.set('leaderboard', { box: root, body: this.part('leaderboard'), shown: '' });
    find(root, '.bd-sections').replaceChildren(...value.sections.map((/** @type {any} */ one) => this.buildSection(one, value.factors)));
    for (const [id, one] of sections) if (opened.has(id)) one.box.open = true;
    this.fillPicker('dataset', value.datasets, value.datasets[0][0]);
    this.fillPicker('stages', value.stages, value.stages[0][0]);
    this.part('papers').hidden = !value.papers;
    this.part('papers').innerHTML = value.papers;
    makeSortable(this.part('papers'));
  }

  /**
   * Pickers hold the models of the selection; a choice stays where it still exists.
   * @param {{models: any[]}} it
   */
  showModels({ models }) {
    const { choice } = this, keys = models.map(([key]) => key);
    const a = keys.includes(choice.a) ? choice.a : keys[0] || '';
    const b = keys.includes(choice.b) && choice.b !== a ? choice.b : keys.find((key) => key !== a) || '';
    this.fillPicker('a', models, a);
    this.fillPicker('b', models, b);
  }

  /**
   * @param {string} name
   * @param {any[]} options
   * @param {string} chosen
   */
  fillPicker(name, options, chosen) {
    const select = this.picker(name);
    select.replaceChildren(...options.map(buildOption));
    select.value = chosen;
    this.choice[name] = select.value;
    select.closest('label').hidden = options.length < 2;
  }

  /**
   * @param {{id: string, title: string, hint: string}} it
   * @param {any[]} factors
   */
  buildSection({ id, title, hint }, factors) {
    const box = document.createElement('details'), summary = document.createElement('summary');
    const name = document.createElement('h3'), aside = document.createElement('span'), body = document.createElement('div');
    name.textContent = title;
    aside.textContent = hint;
    summary.append(name, aside);
    box.append(summary);
    box.dataset.section = id;
    if (id === 'strata') box.append(this.buildFactors(factors));
    box.append(body);
    box.addEventListener('toggle', () => this.ask());
    this.sections.set(id, { box, body, shown: '' });
    return box;
  }

  /**
   * @param {any[]} factors
   */
  buildFactors(factors) {
    const label = document.createElement('label'), select = document.createElement('select');
    select.dataset.choice = 'factor';
    label.append('Divided by ', select);
    select.append(...factors.map(buildOption));
    this.choice.factor = select.value;
    return label;
  }

  /**
   * @param {string} id
   * @param {{html: string, figures: string[]}} other
   * @param {string} key
   */
  fill(id, { html, figures }, key) {
    const section = this.sections.get(id), { body } = section;
    forgetFigures(body);
    body.innerHTML = html;
    body.removeAttribute('aria-busy');
    section.shown = key;
    makeSortable(body);
    drawFigures(body, figures, this.plotlyUrl);
  }
}

/**
 * @param {any[]} list
 */
function buildOption([value, words]) {
  const one = document.createElement('option');
  one.value = value;
  one.textContent = words;
  return one;
}
