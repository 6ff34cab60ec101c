// link.js: what can be looked at again elsewhere, as the address's fragment, which no server ever
// sees: the example, models with their thresholds, the reference and the view.

import { NO_PROCESSING } from '../core/postprocess.js';
import { readSteps, writeSteps } from '../core/steps.js';
import { MOST_ANNOTATORS, RULES } from '../workspace/annotators.js';
/** @import { CompareView } from './view.js' */
/** @import { Steps } from '../core/postprocess.js' */

/**
 * @typedef {object} CompareLink
 * @property {string} example
 * @property {{id: string, stop: number, shown: boolean, steps: Steps | null}[]} models
 * @property {string[][]} consensus
 * @property {string} reference
 * @property {string} picture
 * @property {string} map
 * @property {string[]} pair
 */

const LINK_START = '#compare?';

/**
 * @param {CompareView} desk
 */
export function writeLink(desk) {
  const { roster, state } = desk, models = roster.list.filter((one) => one.kind === 'model');
  const rules = roster.list.filter((one) => one.kind === 'consensus').map((one) => [one.rule, one.among, ...(one.among === 'chosen' ? one.keys : [])].join('.'));
  const { a, b } = desk.pair, words = new URLSearchParams({ example: state.example });
  words.set('models', models.map((one) => `${one.model}.${one.stop}.${one.shown ? 'on' : 'off'}.${writeSteps(one.steps || NO_PROCESSING)}`).join(','));
  if (rules.length) words.set('consensus', rules.join(','));
  words.set('reference', roster.reference);
  words.set('picture', desk.picture);
  words.set('map', desk.map);
  if (a && b) words.set('pair', `${a.key},${b.key}`);
  return LINK_START + words;
}

/**
 * -> what a fragment asks for, or null; anyone may have written it.
 * @param {string} fragment
 */
export function readLink(fragment) {
  if (!fragment.startsWith(LINK_START)) return null;
  const words = new URLSearchParams(fragment.slice(LINK_START.length)), get = (/** @type {string} */ name) => (words.get(name) || '').slice(0, 2000);
  const oneOf = (/** @type {string} */ name, /** @type {string[]} */ known) => (known.includes(get(name)) ? get(name) : known[0]);
  const list = (/** @type {string} */ name) => get(name).split(',').filter(Boolean);
  return {
    example: get('example').slice(0, 64),
    models: list('models').slice(0, MOST_ANNOTATORS).map((word) => {
      const [id, stop, shown, steps] = word.split('.');
      return { id: id.slice(0, 64), stop: Number(stop) || 0, shown: shown !== 'off', steps: steps === undefined ? null : readSteps(steps) };
    }),
    consensus: list('consensus').map((word) => word.split('.')).filter(([rule, among]) => rule in RULES && ['all', 'people', 'models', 'chosen'].includes(among)),
    reference: get('reference'),
    picture: oneOf('picture', ['outlines', 'swipe', 'blink']),
    map: oneOf('map', ['votes', 'disagreement', 'pair']),
    pair: list('pair'),
  };
}

/**
 * Put on the desk what a link asks for; what does not exist here is left out.
 * @param {CompareView} desk
 * @param {CompareLink} link
 */
export function followLink(desk, link) {
  for (const { id, stop, shown, steps } of link.models) {
    const one = desk.store.addModel(id, { stop, steps });
    if (one) one.shown = shown;
  }
  for (const [rule, among, ...keys] of link.consensus) desk.store.addConsensus(rule, among, true, keys);
  if (desk.roster.find(link.reference)) desk.roster.chooseReference(link.reference);
  Object.assign(desk, { picture: link.picture, map: link.map });
  if (link.pair.length === 2) desk.sides = { a: link.pair[0], b: link.pair[1] };
  desk.changed('masks');
}
