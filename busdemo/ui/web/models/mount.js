// mount.js: the table of models: the server sends its rows once; sorting, searching and marking the
// chosen one happen here.

import { closest, find, findAll } from '../page/dom.js';
import { compareCells } from '../page/sorting.js';
import { TEMPLATE } from './template.js';
/** @import { Host } from '../host/host.js' */

const TIMING_MS = 3000, MOST_TURNS = 40, COPIED_MS = 2000;

/**
 * Stands in the element at once.
 * @param {Host} host
 * @param {HTMLElement} element
 */
export function mount(host, element) {
  element.innerHTML = TEMPLATE;
  const table = new ModelsTable(host, find(element, '.bd-zoo'));
  host.watch((value) => table.show(value));
  const value = host.value();
  if (value && value.rows) table.show(value);
  else host.send('enter', table.visit(''));
}

class ModelsTable {
  /**
   * @param {Host} host
   * @param {HTMLElement} root
   */
  constructor(host, root) {
    this.host = host;
    this.root = root;
    this.table = find(root, 'table');
    this.search = find(root, '.bd-zoo-search');
    this.sorting = { column: -1, descending: false };
    this.chosen = '';
    this.turns = 0;
    this.dark = this.visit('').dark;
    this.listen();
    this.listenToTab(root.closest('#bd-models'));
  }

  listen() {
    this.table.addEventListener('click', (/** @type {any} */ event) => {
      const header = closest(event, 'thead button'), row = closest(event, 'tr[data-model]');
      if (header) this.sortBy(header.dataset);
      else if (row && !closest(event, 'a') && !String(getSelection())) this.pick(row.dataset.model);
    });
    this.search.addEventListener('input', () => this.filter());
  }

  /**
   * What Gradio shows around the table: the chart, whose bubbles open a card, and the card.
   * @param {any} tab
   */
  listenToTab(tab) {
    const { signal } = this.host;
    tab.addEventListener('click', (/** @type {any} */ event) => {
      const button = closest(event, '[data-copy]');
      if (button) copyCommand(button);
      if (!closest(event, '[data-up]')) return;
      this.root.scrollIntoView({ behavior: 'smooth' });
      find(this.root, '[aria-current]').focus({ preventScroll: true });
    }, { signal });
    // The chart comes late, and anew with every change of its data.
    /** @type {any} */
    let chart = null;
    observe(tab, { childList: true, subtree: true }, signal, () => {
      const found = /** @type {any} */ (tab).querySelector('#bd-pareto .js-plotly-plot');
      if (!found || found === chart || !found.on) return;
      chart = found;
      chart.on('plotly_click', (/** @type {{points: {customdata: string[]}[]}} */ { points: [{ customdata }] }) => customdata && this.pick(customdata[0]));
    });
    // The charts are drawn by Python in the page's colours.
    observe(document.body, { attributes: true, attributeFilter: ['class'] }, signal, () => {
      if (this.dark === this.visit('').dark) return;
      this.dark = !this.dark;
      this.host.send('enter', this.visit(this.chosen));
    });
  }

  /**
   * @param {string} model
   */
  visit(model) {
    return { model, dark: document.body.classList.contains('dark'), width: Math.round(this.root.clientWidth) };
  }

  get rows() {
    return [...findAll(this.table, 'tbody > tr[data-model]')];
  }

  sort() {
    const { column, descending } = this.sorting, order = this.rows.sort((a, b) => a.dataset.order - b.dataset.order);
    if (column >= 0) order.sort((a, b) => compareCells(a, b, column, descending));
    this.table.tBodies[0].append(...order);
    for (const button of findAll(this.table, 'thead button')) {
      const active = Number(button.dataset.column) === column, direction = descending ? 'descending' : 'ascending';
      button.closest('th').setAttribute('aria-sort', active ? direction : 'none');
    }
  }

  /**
   * A column starts with its best end; a third press goes back to the page's own order.
   * @param {{column: string, first: string}} it
   */
  sortBy({ column, first }) {
    const { sorting } = this, descending = first === 'descending';
    if (sorting.column !== Number(column)) Object.assign(sorting, { column: Number(column), descending });
    else if (sorting.descending === descending) sorting.descending = !descending;
    else sorting.column = -1;
    this.sort();
  }

  filter() {
    const words = this.search.value.toLowerCase().split(' ').filter(Boolean), all = this.rows;
    for (const row of all) row.hidden = !words.every((/** @type {string} */ word) => row.dataset.words.includes(word));
    const shown = all.filter((row) => !row.hidden).length;
    const count = words.length ? `${shown} of ${all.length}` : String(all.length);
    find(this.root, '.bd-zoo-count').textContent = all.length ? count : '';
  }

  mark() {
    for (const row of this.rows) {
      const button = find(row, '[data-pick]');
      if (row.dataset.model === this.chosen) button.setAttribute('aria-current', 'true');
      else button.removeAttribute('aria-current');
    }
  }

  /**
   * @param {string} model
   */
  pick(model) {
    this.chosen = model;
    this.mark();
    this.host.send('pick', this.visit(model));
    const still = matchMedia('(prefers-reduced-motion: reduce)').matches;
    find(document, '#bd-model').scrollIntoView({ behavior: still ? 'auto' : 'smooth' });
  }

  /**
   * @param {any} value
   */
  show(value) {
    if (!value || !value.rows) return;
    this.table.innerHTML = value.rows;
    find(this.root, '.bd-zoo-note').textContent = value.note;
    this.chosen = value.chosen;
    this.sort();
    this.filter();
    this.mark();
    // For as long as models are being timed, but not for ever where nobody times them.
    if (value.waiting && this.turns++ < MOST_TURNS) setTimeout(() => this.host.send('enter', this.visit(this.chosen)), TIMING_MS);
  }
}

/**
 * @param {HTMLElement} node
 * @param {any} what
 * @param {AbortSignal} signal
 * @param {() => void} act
 */
function observe(node, what, signal, act) {
  const observer = new MutationObserver(act);
  observer.observe(node, what);
  signal.addEventListener('abort', () => observer.disconnect());
}

/**
 * @param {HTMLButtonElement} button
 */
async function copyCommand(button) {
  try {
    await navigator.clipboard.writeText(button.dataset.copy || '');
    button.textContent = 'Copied';
    setTimeout(() => { button.textContent = 'Copy'; }, COPIED_MS);
  } catch {
    // No clipboard without https or in a frame: mark the words to be copied by hand.
    if (button.previousElementSibling) getSelection()?.selectAllChildren(button.previousElementSibling);
  }
}
