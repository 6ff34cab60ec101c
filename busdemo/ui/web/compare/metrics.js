// metrics.js: the numbers under the pictures. Dice and IoU are counted here and follow every stroke;
// the others come from the server, asked once the hand has rested.

import { drawNsd, drawYardstick } from './charts.js';
import { fromBase64, toBase64 } from '../core/base64.js';
import { WHOLE } from '../core/formats.js';
import { encodeMaskPng } from '../core/maskpng.js';
import { scorePair } from '../core/planes.js';
import { decodeGreyPng } from '../core/png.js';
import { closest, make, setText } from '../page/dom.js';
/** @import { CompareView } from './view.js' */
/** @import { Planes } from '../core/planes.js' */
/** @import { Annotator } from '../workspace/annotators.js' */

/** @typedef {{id: string, name: string, digits: number, higher?: boolean}} Metric */

/**
 * What the server has measured (busdemo/ui/compare/answers.py); lists are in the order of `keys`.
 * @typedef {object} Numbers
 * @property {string} [error]
 * @property {string[]} keys
 * @property {string} reference
 * @property {number[]} tolerances
 * @property {number[][]} nsd By annotator and tolerance.
 * @property {Record<string, any[][]>} matrices By metric: numbers, null where undefined, 'inf'.
 * @property {Record<string, string>} units
 * @property {any} yardstick
 * @property {any[]} staple
 * @property {{key: string, png: string}[]} consensus
 */

const ASK_PAUSE_MS = 600;

/** @type {Metric[]} */
const METRICS = [
  { id: 'dice', name: 'Dice', digits: 3, higher: true }, { id: 'iou', name: 'IoU', digits: 3, higher: true },
  { id: 'hd95', name: 'HD95', digits: 1 }, { id: 'assd', name: 'ASSD', digits: 2 }, { id: 'nsd', name: 'NSD', digits: 3, higher: true },
  { id: 'area_difference', name: 'Area difference', digits: 0 }, { id: 'diameter_difference', name: 'Diameter difference', digits: 1 },
];

export class MetricsPanel {
  /**
   * @param {CompareView} desk
   */
  constructor(desk) {
    this.desk = desk;
    this.metric = METRICS[0];
    /** @type {Numbers | null} */
    this.numbers = null; // the server's last answer
    this.answered = ''; // the question it holds for
    this.asked = ''; // the last question asked, answered or not: none is asked twice
    /** @type {ReturnType<typeof setTimeout> | number} */
    this.timer = 0;
    this.matrix = new GridTable(desk.find('.bd-matrix'));
    this.against = new GridTable(desk.find('.bd-against'));
    const select = desk.find('.bd-metric'), tolerance = desk.find('.bd-tolerance input');
    select.replaceChildren(...METRICS.map(({ id, name }) => new Option(name, id)));
    select.addEventListener('change', () => {
      this.metric = METRICS.find(({ id }) => id === select.value) || METRICS[0];
      this.show(false);
    });
    tolerance.addEventListener('change', () => this.show(true));
    desk.find('.bd-matrix').addEventListener('click', (/** @type {any} */ event) => {
      const cell = closest(event, '[data-a]');
      if (cell) desk.store.setPair(cell.dataset.a, cell.dataset.b);
    });
  }

  get tolerance() {
    const typed = this.desk.find('.bd-tolerance input').valueAsNumber;
    return Number.isFinite(typed) ? Math.max(0, Math.min(50, typed)) : 2;
  }

  get ready() {
    return this.desk.roster.ready;
  }

  // What the numbers depend on: who, called what, with which mask, against whom.
  get question() {
    const { roster } = this.desk, asked = roster.list.filter((one) => one.ready || one.rule === 'staple');
    const who = asked.map((one) => [one.key, one.name, one.kind, one.rule === 'staple' ? 0 : one.version]);
    return JSON.stringify([this.desk.state.case, this.desk.state.spacing, this.tolerance, roster.reference, who]);
  }

  /**
   * @param {boolean} isNew
   */
  show(isNew) {
    const { desk } = this, { blind, roster, root } = desk, hide = blind || desk.state.grey === null || roster.list.length < 2;
    desk.find('.bd-figures').hidden = hide;
    if (hide) return;
    desk.find('.bd-tolerance').hidden = this.metric.id !== 'nsd';
    root.dataset.stale = String(this.answered !== this.question);
    this.showMatrix();
    this.showAgainst();
    if (!isNew || this.ready.length < 2 || this.asked === this.question) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.ask(), ASK_PAUSE_MS);
  }

  // One question at a time; what has changed meanwhile is asked when the answer is there.
  async ask() {
    const { desk, question } = this;
    if (this.asking || desk.blind || this.asked === question || !desk.root.isConnected) return;
    if (desk.easel.stroke) {
      this.timer = setTimeout(() => this.ask(), ASK_PAUSE_MS);
      return;
    }
    this.asking = true;
    this.asked = question;
    this.say('measuring…');
    try {
      const numbers = await desk.told.measure(await this.describeAll());
      this.say(numbers.error || '');
      if (!numbers.error) await this.take(numbers, question);
    } catch {
      this.say('The numbers have not arrived.');
    }
    this.asking = false;
    if (this.asked !== this.question) this.show(true);
  }

  async describeAll() {
    const { roster, planes, state } = this.desk, asked = roster.list.filter((one) => one.ready || one.rule === 'staple');
    const annotators = await Promise.all(asked.map(async (one) => ({
      key: one.key, name: one.name, kind: one.kind === 'truth' && state.simulated ? 'outline' : one.kind, rule: one.rule || '',
      among: one.rule ? roster.membersOf(one).map((other) => other.key) : [],
      model: one.model || '', stop: one.stop || 0, steps: one.steps || null, sha256: one.sha256 || [], provenance: one.provenance || {}, note: one.note, colour: one.colour,
      png: one.rule === 'staple' ? '' : await maskText(planes, one),
    })));
    return {
      width: state.width, height: state.height, spacing: state.spacing, aspect: state.aspect, tolerance: this.tolerance,
      reference: roster.reference || asked[0]?.key || '', annotators, ...this.desk.people?.tell(),
    };
  }

  /**
   * @param {Numbers} numbers
   * @param {string} question
   */
  async take(numbers, question) {
    this.numbers = numbers;
    this.answered = question;
    await this.takeConsensus(numbers.consensus);
    drawNsd(this.desk, numbers);
    drawYardstick(this.desk, numbers);
    this.show(false);
  }

  /**
   * STAPLE masks, which only the server computes.
   * @param {{key: string, png: string}[]} masks
   */
  async takeConsensus(masks) {
    const { store } = this.desk;
    for (const { key, png } of masks) {
      const one = store.roster.find(key), { pixels } = await decodeGreyPng(fromBase64(png));
      if (one && pixels.length === store.planes.words.length) store.fill(one, pixels, 1);
    }
  }

  /**
   * @param {string} words
   */
  say(words) {
    setText(this.desk.find('.bd-status'), words);
  }

  /**
   * The value of a metric for two annotators: a number, null where undefined, undefined while it is not known.
   * @param {Metric} metric
   * @param {Annotator} a
   * @param {Annotator} b
   */
  value(metric, a, b) {
    if (isLive(metric.id)) return scorePair(this.desk.planes.shared, a.slot, b.slot)[metric.id];
    const { numbers } = this, row = numbers ? numbers.keys.indexOf(a.key) : -1, column = numbers ? numbers.keys.indexOf(b.key) : -1;
    return !numbers || row < 0 || column < 0 ? undefined : numbers.matrices[metric.id][row][column];
  }

  /**
   * @param {Metric} metric
   */
  unit(metric) {
    return (this.numbers && this.numbers.units[metric.id]) || '';
  }

  /**
   * Of lengths and areas in mm, one digit more than of pixels.
   * @param {Metric} metric
   * @param {any} value
   */
  format(metric, value) {
    return formatMetric(this.unit(metric).startsWith('mm') ? { ...metric, digits: metric.digits + 1 } : metric, value);
  }

  showMatrix() {
    const { ready, metric, matrix } = this, heads = ready.map((one) => nameTag(one));
    const values = ready.map((a) => ready.map((b) => (a === b ? undefined : this.value(metric, a, b))));
    const known = values.flat().filter(Number.isFinite), low = Math.min(...known), high = Math.max(...known);
    matrix.lay(ready, [{ id: 'head', label: '' }, ...ready.map((one) => ({ id: one.key, label: one.name, tag: one }))], heads);
    ready.forEach((a, row) => ready.forEach((b, column) => {
      const value = values[row][column], cell = matrix.cell(row, column + 1);
      const share = high > low ? (value - low) / (high - low) : 1, text = a === b ? '' : this.format(metric, value);
      const heat = Number.isFinite(value) ? (metric.higher ? share : 1 - share).toFixed(3) : '0';
      if (cell.dataset.says === `${metric.id} ${text} ${heat}`) return; // 400 cells, and a frame to draw
      cell.dataset.says = `${metric.id} ${text} ${heat}`;
      setText(cell, text);
      cell.dataset.a = a.key;
      cell.dataset.b = b.key;
      cell.dataset.self = String(a === b);
      cell.dataset.stale = String(!isLive(metric.id));
      cell.title = a === b ? '' : `${a.name} and ${b.name}: ${text} ${this.unit(metric)}. Click for A against B.`;
      cell.style.setProperty('--bd-heat', heat);
    }));
    const range = known.length ? `${this.format(metric, low)} to ${this.format(metric, high)}${this.unit(metric) ? ` ${this.unit(metric)}` : ''}; ` : '';
    setText(this.desk.find('.bd-matrix-note'), `${range}the brighter, the closer. A click on a pair shows it as A against B.`);
  }

  showAgainst() {
    const { desk, ready, against } = this, reference = ready.find((one) => one.key === desk.roster.reference);
    for (const card of ['.bd-against-card', '.bd-nsd-card']) desk.find(card).hidden = !reference;
    setText(desk.find('.bd-reference-name'), reference ? reference.name : 'the reference');
    const others = ready.filter((one) => one !== reference), live = METRICS.filter(({ id }) => isLive(id));
    const label = (/** @type {Metric} */ metric) => [metric.name, metric.id === 'nsd' ? `at ${this.tolerance} px` : this.unit(metric)].filter(Boolean).join(', ');
    against.lay(others, [{ id: 'head', label: 'Annotator' }, ...METRICS.map((metric) => ({ id: metric.id, label: label(metric) })), { id: 'outcome', label: 'Outcome' }], others.map(nameTag));
    if (!reference) return;
    others.forEach((one, row) => {
      METRICS.forEach((metric, column) => {
        const cell = against.cell(row, column + 1);
        setText(cell, this.format(metric, this.value(metric, one, reference)));
        cell.dataset.stale = String(!live.includes(metric));
      });
      setText(against.cell(row, METRICS.length + 1), desk.scoreOf(one)?.outcome || '');
    });
  }
}

// A table whose cells are kept as long as nobody comes, goes or is renamed.
class GridTable {
  /**
   * @param {HTMLTableElement} table
   */
  constructor(table) {
    this.table = table;
    this.says = '';
  }

  /**
   * @param {Annotator[]} rows
   * @param {any[]} columns
   * @param {Node[]} heads
   */
  lay(rows, columns, heads) {
    const says = JSON.stringify([rows.map((one) => [one.key, one.name, one.colour]), columns.map(({ id, label }) => [id, label])]);
    if (says === this.says) return;
    this.says = says;
    const top = columns.map(({ label, tag }) => make('th', { scope: 'col', title: label }, tag ? nameTag(tag) : label || make('span', { class: 'bd-sr' }, 'Annotator')));
    const body = rows.map((one, row) => make('tr', {}, make('th', { scope: 'row', title: one.name }, heads[row]), ...columns.slice(1).map(() => make('td'))));
    this.table.replaceChildren(make('thead', {}, make('tr', {}, ...top)), make('tbody', {}, ...body));
  }

  /**
   * @param {number} row
   * @param {number} column
   */
  cell(row, column) {
    return this.table.tBodies[0].rows[row].cells[column];
  }
}

/**
 * @param {Annotator} one
 */
function nameTag(one) {
  const dot = make('i', { class: 'bd-dot-of' });
  dot.style.background = one.colour;
  return make('span', { class: 'bd-tag' }, dot, make('span', {}, one.name));
}

/**
 * '…' while it is not known, '–' where it is undefined, '∞' where there is no outline to be near.
 * @param {Metric} metric
 * @param {any} value
 */
function formatMetric(metric, value) {
  if (value === undefined) return '…';
  if (value === null || Number.isNaN(value)) return '–';
  if (value === 'inf') return '∞';
  return metric.digits ? value.toFixed(metric.digits) : WHOLE.format(value);
}

/**
 * A mask as text of a PNG file; made once a version.
 * @param {Planes} planes
 * @param {Annotator} one
 */
async function maskText(planes, one) {
  if (!one.written || one.written.version !== one.version) {
    const { version } = one, png = await encodeMaskPng(planes.words, one.slot, planes.width, planes.height);
    one.written = { version, text: toBase64(png) };
  }
  return one.written.text;
}

/**
 * Counted here, so that it follows every stroke.
 * @param {string} id
 * @returns {id is 'dice' | 'iou'}
 */
function isLive(id) {
  return id === 'dice' || id === 'iou';
}
