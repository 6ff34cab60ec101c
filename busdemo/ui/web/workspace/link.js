// link.js: what is on the table as words of an address's fragment, which no server ever sees: the
// example, models with thresholds and steps, reference, A and B, consensus masks, look. Uploads and
// drawings are in no link. Anyone may have written one: each part is read by itself, and what makes
// no sense here is left out.

import { NO_PROCESSING } from '../core/postprocess.js';
import { STOPS } from '../core/scoring.js';
import { readSteps, writeSteps } from '../core/steps.js';
import { MOST_ANNOTATORS, RULES } from './annotators.js';
import { isUsable } from './layers.js';
import { keyOf } from './workspace.js';
/** @import { Workspace } from './workspace.js' */

const MOST_LETTERS = 2000, AMONG = ['all', 'people', 'models', 'chosen'];

/**
 * @param {string} text
 */
const listIn = (text) => text.split(',').filter(Boolean);

/**
 * The words of a tab's address; null where the fragment is another tab's.
 * @param {string} fragment
 * @param {string} tab
 */
export function wordsOf(fragment, tab) {
  if (!fragment.startsWith(`#${tab}?`)) return null;
  const words = new URLSearchParams(fragment.slice(tab.length + 2));
  return new Map([...words].map(([name, text]) => [name, text.slice(0, MOST_LETTERS)]));
}

/**
 * @param {Workspace} workspace
 */
export function writeWords(workspace) {
  const { scan, roster, model, models, own, look, sides, twoStage } = workspace, words = new URLSearchParams();
  const pair = workspace.pairOf(), a = sides.a || pair.a?.key, b = sides.b || pair.b?.key, { brightness, contrast, invert } = look;
  const rules = roster.list.filter((one) => one.kind === 'consensus').map((one) => [one.rule, one.among, ...(one.among === 'chosen' ? one.keys : [])].join('.'));
  const optional = (/** @type {string} */ name, /** @type {string | false | 0} */ text) => { if (text) words.set(name, text); };
  optional('example', scan.example);
  optional('models', models.map((one) => `${one.model}.${one.stop}.${one.shown ? 'on' : 'off'}.${writeSteps(one.steps || NO_PROCESSING)}${one.cutOff === one.frozenCutOff ? '' : `.${one.cutOff}`}`).join(','));
  optional('model', model);
  optional('threshold', !own && 'one');
  optional('stages', twoStage && '2');
  optional('consensus', rules.join(','));
  optional('reference', roster.reference);
  optional('pair', a && b ? `${a},${b}` : '');
  optional('look', (brightness || contrast || invert) && [brightness, contrast, invert ? 'invert' : ''].join(','));
  return words;
}

/**
 * A tab's fragment, as readable as one may be.
 * @param {string} tab
 * @param {URLSearchParams} words
 */
export function fragmentOf(tab, words) {
  return `#${tab}?${String(words).replaceAll('%2C', ',').replaceAll('%3A', ':')}`;
}

/**
 * In the order in which they are followed.
 * @type {Record<string, (workspace: Workspace, text: string) => void>}
 */
const PARTS = {
  models(workspace, text) {
    const isKnown = (/** @type {string} */ id) => workspace.layers.some((layer) => layer.id === id && isUsable(layer));
    const wanted = listIn(text).slice(0, MOST_ANNOTATORS).map((word) => word.split('.')).filter(([id]) => isKnown(id));
    if (!wanted.length) return;
    for (const { key, model } of workspace.models) if (!wanted.some(([id]) => id === model)) workspace.removeAnnotator(key, false);
    for (const [id, stop, shown, steps, cutOff] of wanted) {
      workspace.addModel(id);
      const one = workspace.roster.find(keyOf(id));
      if (!one) continue;
      if (Number(stop)) workspace.setStop(one.key, Number(stop));
      if (steps !== undefined) workspace.setSteps(one.key, readSteps(steps));
      if (cutOff !== undefined) workspace.setCutOff(one.key, Number(cutOff));
      one.shown = shown !== 'off';
    }
  },
  model: (workspace, text) => { workspace.chooseModel(text); },
  // A number is the chosen model's; links of old have one.
  threshold(workspace, text) {
    const share = Number(text), { chosen } = workspace;
    if (text === 'one') workspace.setOwn(false);
    else if (chosen && share > 0 && share < 1) workspace.setStop(chosen.key, Math.round(share * STOPS));
  },
  consensus(workspace, text) {
    for (const [rule, among, ...keys] of listIn(text).map((word) => word.split('.'))) {
      if (Object.hasOwn(RULES, rule) && AMONG.includes(among)) workspace.addConsensus(rule, among, true, keys);
    }
  },
  reference(workspace, text) {
    if (workspace.roster.find(text)) workspace.setReference(text);
  },
  pair(workspace, text) {
    const [a = '', b = ''] = text.split(',');
    if ([a, b].every((key) => workspace.roster.find(key))) workspace.setPair(a, b);
  },
  look(workspace, text) {
    const [brightness, contrast, invert] = text.split(','), share = (/** @type {string} */ word) => Math.max(-100, Math.min(100, Math.round(Number(word)) || 0));
    workspace.setLook({ brightness: share(brightness), contrast: share(contrast), invert: invert === 'invert' });
  },
};

/**
 * Put on the table what words ask for.
 * @param {Workspace} workspace
 * @param {Map<string, string>} words
 */
export function followWords(workspace, words) {
  for (const [name, follow] of Object.entries(PARTS)) if (words.has(name)) follow(workspace, words.get(name) || '');
}

/**
 * Whether the scan that words ask for is on the table, as far as it can be: an example that is not
 * offered here is left out. examples: those offered; null while they are not known.
 * @param {Workspace} workspace
 * @param {Map<string, string>} words
 * @param {{id: string}[] | null} examples
 */
export function isThere({ scan }, words, examples) {
  const example = words.get('example') || '';
  if (!scan.grey) return false;
  return !example || scan.example === example || (examples !== null && !examples.some(({ id }) => id === example));
}
