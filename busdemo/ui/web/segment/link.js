// link.js: the Segment view as words of the address, beside those of the workspace.

import { followWords, fragmentOf, writeWords } from '../workspace/link.js';
import { LOOKS } from './looks.js';
/** @import { Session } from './session.js' */

const STYLES = /** @type {const} */ (['fill', 'outline', 'off']);

/**
 * @param {Session} it
 */
export function writeLink({ workspace, state, view, looks, comparison }) {
  const words = writeWords(workspace), { style, opacity, heat, raw } = state;
  if (comparison.on) {
    words.set('mode', 'several');
    words.set('maps', Object.keys(comparison.maps).filter((name) => comparison.maps[name]).join(','));
    if (comparison.colouring === 'right') words.set('colours', 'right');
  }
  words.set('overlay', [style, ...(style === 'off' ? [] : [Math.round(opacity[style] * 100)])].join(','));
  if (heat) words.set('heat', looks.kind);
  if (raw) words.set('raw', '1');
  if (!view.isFitted) words.set('view', [view.zoom.toFixed(3), ...[view.centre.x, view.centre.y].map((at) => at.toFixed(1))].join(','));
  return fragmentOf('segment', words);
}

/**
 * Show what a link asks for; each part by itself.
 * @param {Session} session
 * @param {Map<string, string>} words
 */
export function followLink(session, words) {
  const { state, comparison } = session, get = (/** @type {string} */ name) => words.get(name) || '';
  followWords(session.workspace, words);
  const [style, opacity] = get('overlay').split(','), known = STYLES.find((one) => one === style);
  if (known && known !== state.style) session.setStyle(known);
  if (known && opacity && Number(opacity) <= 100) session.setLook({ opacity: Math.max(0, Number(opacity)) / 100 });
  if (Object.hasOwn(LOOKS, get('heat'))) session.looks.pick(get('heat'));
  if (Object.hasOwn(LOOKS, get('heat')) !== state.heat) session.toggle('heat');
  if (get('raw') === '1') session.setRaw(true);
  if (words.has('maps')) for (const name of Object.keys(comparison.maps)) comparison.maps[name] = get('maps').split(',').includes(name);
  if (get('colours') === 'right') comparison.colouring = 'right';
  comparison.setMode(get('mode') === 'several');
  const [zoom, x, y] = get('view').split(',').map(Number);
  if ([zoom, x, y].every(Number.isFinite) && zoom > 1) session.lookAt({ zoom, x, y });
  session.showModels();
  session.settle();
}
