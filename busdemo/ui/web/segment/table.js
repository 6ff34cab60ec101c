// table.js: the lesions as a table beneath the panes, and their numbers on the scan.

import { contextOf } from '../canvas/view.js';
import { drawEnds, drawLine } from '../canvas/marks.js';
import { WHOLE, formatArea, formatLength, formatShare } from '../core/formats.js';
import { LESION_WORDS } from '../core/matching.js';
import { closest, find, setText } from '../page/dom.js';
/** @import { LinkedView } from '../canvas/view.js' */
/** @import { Lesion, Point } from '../core/lesions.js' */
/** @import { Outcome } from './outcome.js' */
/** @import { Session } from './session.js' */

const MOST_TAGGED = 20;

export class LesionTable {
  /**
   * @param {HTMLElement} root
   * @param {Session} session
   */
  constructor(root, session) {
    this.session = session;
    this.card = find(root, '.bd-lesions');
    this.body = find(this.card, 'tbody');
    this.marked = ''; // the row under the pointer: its diameters are drawn
    this.body.addEventListener('pointerover', (/** @type {any} */ event) => this.mark(closest(event, 'tr')));
    this.body.addEventListener('pointerleave', () => this.mark(null));
  }

  /**
   * @param {any} row
   */
  mark(row) {
    const marked = row ? row.dataset.lesion || '' : '';
    if (marked === this.marked) return;
    this.marked = marked;
    this.session.redraw('view');
  }

  /**
   * outcome: from the cache, or null.
   * @param {Outcome | null} outcome
   */
  show(outcome) {
    const { state, comparison } = this.session;
    if (comparison.shown) return; // out of view
    const rows = outcome ? this.rows(outcome) : [];
    setText(find(this.card, '.bd-lesions-sum'), outcome ? describeMatch(outcome) : '');
    find(this.card, 'table').hidden = !rows.length;
    this.card.dataset.scored = String(state.reference !== null);
    while (this.body.rows.length > rows.length) this.body.lastElementChild.remove();
    while (this.body.rows.length < rows.length) this.body.insertRow().append(...Array.from({ length: 8 }, () => document.createElement('td')));
    rows.forEach(({ name, cells, word }, k) => {
      const row = this.body.rows[k];
      row.dataset.lesion = name;
      row.dataset.word = word;
      row.title = word ? LESION_WORDS[word] : '';
      cells.forEach((/** @type {string} */ text, /** @type {number} */ n) => setText(row.cells[n], text));
    });
    const more = outcome ? outcome.components.n - outcome.lesions.length : 0;
    setText(find(this.card, '.bd-lesions-more'), more > 0 ? `and ${WHOLE.format(more)} smaller ${more === 1 ? 'one' : 'ones'}` : '');
  }

  /**
   * Every predicted lesion, then those of the reference that were missed.
   * @param {Outcome} it
   */
  rows({ lesions, matched, reference }) {
    const { mmPerPx } = this.session.state;
    const row = (/** @type {Lesion} */ lesion, /** @type {string} */ name, /** @type {string} */ word, /** @type {string} */ partner) => ({ name, word, cells: [
      name, formatArea(lesion.area, mmPerPx), formatLength(lesion.longest, mmPerPx), formatLength(lesion.perpendicular, mmPerPx),
      lesion.depthToWidth.toFixed(2), `${lesion.centre.x.toFixed(1)}, ${lesion.centre.y.toFixed(1)}`,
      lesion.probability === null ? '–' : lesion.probability.toFixed(3), word + partner,
    ] });
    const predicted = lesions.map((/** @type {Lesion} */ lesion, /** @type {number} */ k) => {
      const partners = matched ? matched.partners[k] : [];
      return row(lesion, String(lesion.number), matched ? matched.predicted[k] : '', partners.length ? ` · ${partners.map((/** @type {number} */ n) => `R${n}`).join(' ')}` : '');
    });
    const missed = matched ? reference.lesions.filter((/** @type {any} */ _, /** @type {number} */ k) => matched.reference[k] === 'missed') : [];
    return [...predicted, ...missed.map((/** @type {Lesion} */ lesion) => row(lesion, `R${lesion.number}`, 'missed', ''))];
  }
}

/**
 * "2 predicted, 1 in the reference: 0 found one to one, 1 split, ...": counts that the scores follow from.
 * @param {Outcome} it
 */
function describeMatch({ components, matched }) {
  if (!matched) return components.n ? `${WHOLE.format(components.n)} predicted` : 'None is predicted at this threshold.';
  const all = matched.reference.length, count = (/** @type {string} */ word) => `${matched.reference.filter((/** @type {any} */ one) => one === word).length} ${word}`;
  const extra = `${WHOLE.format(matched.predicted.filter((/** @type {any} */ one) => one === 'extra').length)} extra`;
  if (!all && !components.n) return 'None is predicted, and none is in the reference.';
  const words = [`${count('found')} one to one`].concat(['split', 'merged', 'missed'].map(count), extra).join(', ');
  const scores = `precision ${formatShare(matched.precision)} (not extra), recall ${formatShare(matched.recall)} (not missed), F1 ${formatShare(matched.f1)}`;
  return `${WHOLE.format(components.n)} predicted, ${WHOLE.format(all)} in the reference: ${words}. Lesion-wise ${scores}.`;
}

/**
 * Numbers, the marked lesion's diameters and the length that is being marked, onto a pane.
 * @param {Session} session
 * @param {string} name
 * @param {HTMLCanvasElement} canvas
 */
export function drawLesionMarks(session, name, canvas) {
  const { view, table, spacing } = session, outcome = session.outcome.get(), ratio = window.devicePixelRatio || 1;
  const context = contextOf(canvas);
  context.save();
  context.scale(ratio, ratio);
  if (outcome && (name === 'prediction' || name === 'overlay')) {
    const missed = outcome.matched ? outcome.reference.lesions.filter((/** @type {Lesion} */ _, /** @type {number} */ k) => outcome.matched.reference[k] === 'missed') : [];
    for (const lesion of outcome.lesions.slice(0, MOST_TAGGED)) drawLesion(context, view, lesion, String(lesion.number), table.marked);
    if (name === 'overlay') for (const lesion of missed.slice(0, MOST_TAGGED)) drawLesion(context, view, lesion, `R${lesion.number}`, table.marked);
  }
  if (spacing.ends) drawEnds(context, spacing.ends.map((at) => view.toPane(at.x, at.y)));
  context.restore();
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {LinkedView} view
 * @param {Lesion} lesion
 * @param {string} name
 * @param {string} marked
 */
function drawLesion(context, view, lesion, name, marked) {
  const corner = view.toPane(lesion.box.right, lesion.box.top);
  if (marked === name) {
    const [one, other] = lesion.ends.map((end) => view.toPane(end.x, end.y));
    drawLine(context, one, other);
  }
  context.font = '600 12px system-ui, sans-serif';
  context.textBaseline = 'middle';
  context.lineJoin = 'round';
  context.lineWidth = 3;
  context.strokeStyle = 'rgb(0 0 0 / 75%)';
  context.fillStyle = '#fff';
  const x = Math.max(2, Math.min(view.pane.width - 22, corner.x + 3)), y = Math.max(34, Math.min(view.pane.height - 8, corner.y));
  context.strokeText(name, x, y);
  context.fillText(name, x, y);
}
