// link.js: what a visitor sees, as the address's fragment, which no server ever sees: the example,
// the model, its threshold and the view. Anyone may have written one.

import { formatThreshold } from '../core/formats.js';
import { STOPS } from '../core/scoring.js';
import { LOOKS } from './looks.js';
/** @import { SegmentState, Session } from './session.js' */

/**
 * @typedef {object} SegmentLink
 * @property {string} example
 * @property {string} model
 * @property {number} stop 0 where none is asked for.
 * @property {'fill' | 'outline' | 'off'} style
 * @property {string} heat
 * @property {boolean} twoStage
 * @property {{zoom: number, x: number, y: number} | null} view
 * @property {boolean} [asked]
 */

const LINK_START = '#segment?';

const STYLES = /** @type {const} */ (['fill', 'outline', 'off']);
const CASE_OF_EXAMPLE = 'example-';

/**
 * @param {Session} it
 */
export function writeLink({ state, view, looks }) {
  const words = new URLSearchParams();
  if (exampleOf(state)) words.set('example', exampleOf(state));
  words.set('model', state.model);
  words.set('threshold', formatThreshold(state.stop));
  words.set('overlay', state.style);
  if (state.heat) words.set('heat', looks.kind);
  if (state.twoStage) words.set('stages', '2');
  if (!view.isFitted) words.set('view', [view.zoom.toFixed(3), ...[view.centre.x, view.centre.y].map((at) => at.toFixed(1))].join(','));
  return LINK_START + words;
}

/**
 * Of the shipped example on the table; '' for an upload, which no link holds.
 * @param {SegmentState} state
 */
export function exampleOf(state) {
  const name = state.case || '';
  return name.startsWith(CASE_OF_EXAMPLE) ? name.slice(CASE_OF_EXAMPLE.length) : '';
}

/**
 * -> what a fragment asks for, or null.
 * @param {string} fragment
 * @returns {SegmentLink | null}
 */
export function readLink(fragment) {
  if (!fragment.startsWith(LINK_START)) return null;
  const words = new URLSearchParams(fragment.slice(LINK_START.length)), get = (/** @type {string} */ name) => (words.get(name) || '').slice(0, 64);
  const [zoom, x, y] = get('view').split(',').map(Number), threshold = Number(get('threshold'));
  return {
    example: get('example'), model: get('model'), stop: threshold > 0 && threshold < 1 ? Math.round(threshold * STOPS) : 0,
    style: STYLES.find((style) => style === get('overlay')) || 'fill',
    heat: Object.hasOwn(LOOKS, get('heat')) ? get('heat') : '', twoStage: get('stages') === '2',
    view: [zoom, x, y].every(Number.isFinite) && zoom > 1 ? { zoom, x, y } : null,
  };
}

/**
 * Show what a link asks for, once its example is on the table; what does not exist here is left out.
 * @param {Session} session
 * @param {SegmentLink} other
 */
export function followLink(session, { model, stop, style, heat, view }) {
  const { state } = session;
  session.pickModel(model);
  if (stop) session.setStop(stop);
  if (heat) session.looks.pick(heat);
  if (Boolean(heat) !== state.heat) session.toggle('heat');
  if (style !== state.style) session.setStyle(style);
  if (view) session.lookAt(view);
  session.settle();
}
