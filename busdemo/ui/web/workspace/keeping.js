// keeping.js: what a visitor has made of a scan, as a record that can be laid out again: people's
// masks, models with their settings, consensus masks, the reference. Where records lie is the shelf's
// business (host/shelf.js); they never leave the browser.

import { clampCutOff } from '../core/presence.js';
import { sameSteps } from '../core/postprocess.js';
import { keyOf } from './workspace.js';
/** @import { Annotator } from './annotators.js' */
/** @import { Scan, Workspace } from './workspace.js' */

/**
 * What of a scan is kept.
 * @typedef {object} Kept
 * @property {string} name Of the scan, see `nameOf`.
 * @property {number} used When, in ms.
 * @property {number} bytes
 * @property {string} title
 * @property {string} example
 * @property {number} frame
 * @property {string} area
 * @property {boolean} plain Nothing but what opening the scan gives anyhow.
 * @property {Sources} sources
 * @property {any[]} annotators
 * @property {Record<string, any>} settings
 */

/**
 * The files of an uploaded scan and of its reference, to be sent again when the server has gone.
 * @typedef {object} Sources
 * @property {File[]} image
 * @property {File[]} masks
 * @property {boolean} inverted
 */

/** @type {Sources} */
export const NO_SOURCES = { image: [], masks: [], inverted: false };

const FACTS = /** @type {const} */ ([
  'key', 'name', 'kind', 'colour', 'dash', 'shown', 'style', 'note', 'drawn', 'provenance', 'sha256', 'file', 'reader', 'how', 'masks', 'label', 'frame', 'frames',
  'model', 'stop', 'steps', 'cutOff', 'rule', 'among', 'keys', 'passing',
]);

/**
 * Names the very pixels that masks belong to: file, frame, scan area, size. '' where there is no scan.
 * @param {Scan} scan
 */
export function nameOf({ sha256, frame, area, width, height }) {
  return sha256 && width ? [sha256, frame, area, `${width}x${height}`].join(' ') : '';
}

/**
 * A visitor's own: an uploaded mask or a drawn one, no mask that comes with the scan.
 * @param {Annotator} one
 */
export function isOwn(one) {
  return one.kind === 'person' && !one.key.startsWith('reader:');
}

/**
 * Eight pixels a byte.
 * @param {Uint8Array} mask 0 and 1
 */
export function packBits(mask) {
  const packed = new Uint8Array(Math.ceil(mask.length / 8));
  for (let i = 0; i < mask.length; i++) if (mask[i]) packed[i >> 3] |= 1 << (i & 7);
  return packed;
}

/**
 * @param {Uint8Array} packed
 * @param {number} length
 */
export function unpackBits(packed, length) {
  const mask = new Uint8Array(length);
  for (let i = 0; i < length; i++) mask[i] = (packed[i >> 3] >> (i & 7)) & 1;
  return mask;
}

/**
 * @param {Workspace} workspace
 * @param {Sources} sources
 * @returns {Kept | null} Null where there is no scan.
 */
export function takeDown(workspace, sources) {
  const { scan, roster, planes, model, own, look, sides } = workspace, name = nameOf(scan);
  if (!name) return null;
  /** @type {any[]} */
  const annotators = roster.list.map((one) => ({
    ...Object.fromEntries(FACTS.map((fact) => [fact, one[fact]])),
    bits: isOwn(one) ? packBits(planes.read(one.slot)) : null,
  }));
  const files = scan.example ? NO_SOURCES : { ...sources };
  const bytes = [...files.image, ...files.masks].reduce((sum, file) => sum + file.size, 0)
    + annotators.reduce((sum, { bits, masks }) => sum + (bits ? bits.length : 0) + sizeOf(masks || []), 0);
  const settings = { model, own, reference: roster.reference, counted: roster.counted, spacing: scan.spacing, look: { ...look }, sides: { ...sides } };
  return {
    name, used: Date.now(), bytes, title: scan.title, example: scan.example, frame: scan.frame, area: scan.area,
    plain: isPlain(workspace), sources: files, annotators, settings,
  };
}

/**
 * Of the labels' masks.
 * @param {{pixels: Uint8Array}[]} masks
 */
function sizeOf(masks) {
  return masks.reduce((sum, { pixels }) => sum + pixels.length, 0);
}

/**
 * @param {Workspace} workspace
 */
function isPlain({ roster, own, look }) {
  const people = roster.list.find((one) => one.kind === 'truth' || one.kind === 'person');
  const touched = roster.list.some((one) => isOwn(one) || one.kind === 'consensus' || one.steps !== one.ownSteps || (one.model && (one.stop !== one.frozen || one.cutOff !== one.frozenCutOff)));
  return own && !touched && roster.reference === (people?.key || '') && !look.brightness && !look.contrast && !look.invert;
}

/**
 * Lay a record out on the scan it belongs to, which is on the table.
 * @param {Workspace} workspace
 * @param {Kept} kept
 * @param {boolean} [masksOnly] Without settings.
 * @returns {number} How many of the visitor's own masks are back.
 */
export function layOut(workspace, { annotators, settings }, masksOnly = false) {
  const { scan: { width, height }, roster } = workspace, listed = annotators.filter((one) => one.model).map((one) => one.model);
  roster.counted = Math.max(roster.counted, settings.counted || 0);
  if (masksOnly) {
    const own = annotators.filter(({ bits }) => bits);
    return own.filter(({ bits, ...facts }) => workspace.addAnnotator(facts, unpackBits(bits, width * height))).length;
  }
  workspace.own = settings.own !== false;
  for (const one of workspace.models) if (!listed.includes(one.model)) workspace.removeAnnotator(one.key, false);
  let back = 0;
  for (const { bits, model, rule, ...facts } of annotators) {
    if (bits && !roster.find(facts.key)) {
      const made = workspace.addAnnotator({ ...facts }, unpackBits(bits, width * height));
      if (made) back++;
    } else if (model) workspace.addModel(model, facts);
    else if (rule) workspace.addConsensus(rule, facts.among, true, facts.keys);
    const one = roster.find(model ? keyOf(model) : facts.key);
    if (!one) continue;
    const { name, colour, dash, shown, style } = facts;
    Object.assign(one, one.kind === 'truth' ? { colour, dash, shown, style } : { name, colour, dash, shown, style });
    if (model) {
      one.passing = facts.passing;
      one.stop = facts.stop;
      one.cutOff = clampCutOff(facts.cutOff ?? one.frozenCutOff);
      one.steps = sameSteps(facts.steps, one.ownSteps || facts.steps) ? one.ownSteps : facts.steps;
      workspace.masks.writeModel(one);
    }
  }
  if (roster.find(settings.reference) && roster.reference !== settings.reference) roster.chooseReference(settings.reference);
  workspace.sides = settings.sides || { a: '', b: '' };
  workspace.look = settings.look || workspace.look;
  workspace.scan.spacing = settings.spacing || 0;
  workspace.chooseModel(settings.model);
  workspace.masksChanged('list', 'names', 'map', 'look', 'spacing', 'models');
  return back;
}
