// layers.js: one layer a model: what it is, how far it is, and its pixels once they are read.

import { messageOf } from '../core/formats.js';
import { diceCurve, tallyLevels } from '../core/scoring.js';
/** @import { Size } from '../canvas/view.js' */
/** @import { ImageCache } from './images.js' */
/** @import { Steps } from '../core/postprocess.js' */
/** @import { Tally } from '../core/scoring.js' */

// With the two maps they fill two rows of three.
const FIRST_PICKED = 4;

/**
 * One model: what the server says of it, and its pixels once they are read.
 * @typedef {object} Layer
 * @property {string} id
 * @property {string} name
 * @property {string} family
 * @property {string} note
 * @property {number} frozen Slider stop of the threshold frozen on validation data.
 * @property {Partial<Steps>} processing
 * @property {boolean} recipe Whether it is a mean over other models of the list.
 * @property {number | null} [presence] How probable it is that the scan shows a lesion.
 * @property {number} [cut_off] In hundredths, frozen on validation data; 0 where there is no rule.
 * @property {number[]} [sensitivity] Per mille of validation images whose lesion is touched, by cut-off.
 * @property {number[]} [alarms] Per mille of normal validation images with a pixel marked, by cut-off.
 * @property {'ready' | 'running' | 'waiting' | 'unusable'} state
 * @property {string} reason
 * @property {string | null} url Of its levels.
 * @property {Uint8Array | null} levels
 */

/**
 * @param {Layer | null | undefined} layer
 * @returns {layer is Layer & {levels: Uint8Array}} Whether its levels are there.
 */
export function isReady(layer) {
  return Boolean(layer && layer.state === 'ready' && layer.levels !== null);
}

/**
 * The wanted model if it is there, else the first with a result, else the first that may get one.
 * @param {Layer[]} layers
 * @param {string} wanted
 */
export function chooseModel(layers, wanted) {
  const usable = layers.filter((layer) => layer.state !== 'unusable');
  const pick = layers.find((layer) => layer.id === wanted) || usable.find((layer) => layer.url) || usable[0] || layers[0];
  return pick ? pick.id : '';
}

/**
 * What the prediction pane says in place of a prediction; '' when there is one.
 * @param {Layer | null} layer
 */
export function describeLayer(layer) {
  if (!layer) return 'No model is available.';
  if (layer.state === 'running') return `${layer.name} is running…`;
  if (layer.state === 'waiting') return `${layer.name} waits for its turn…`;
  if (layer.state === 'unusable') return layer.reason || `${layer.name} cannot be used.`;
  return layer.levels ? '' : `Reading the result of ${layer.name}…`;
}

// Tallies by levels and reference, so that an update which repeats them does not count its pixels again.
/** @type {WeakMap<Uint8Array, {reference: Uint8Array | null, tally: Tally, curve: Float64Array | null}>} */
const tallies = new WeakMap();

/**
 * Counts and, with a reference, Dice at every threshold, before processing.
 * @param {Uint8Array} levels
 * @param {Uint8Array | null} reference
 */
export function tallyOf(levels, reference) {
  const kept = tallies.get(levels);
  if (kept && kept.reference === reference) return kept;
  const tally = tallyLevels(levels, reference), made = { reference, tally, curve: reference ? diceCurve(tally) : null };
  tallies.set(levels, made);
  return made;
}

/**
 * The chosen model, then the first of every other family, then the others in their order: what is
 * compared to begin with.
 * @param {Layer[]} layers
 * @param {string} chosen
 */
export function firstPicks(layers, chosen) {
  const usable = usableInOrder(layers), families = new Set();
  const isFirst = (/** @type {Layer} */ layer) => !families.has(layer.family) && families.add(layer.family);
  const own = usable.filter((layer) => layer.id === chosen && isFirst(layer));
  const picks = new Set([...own, ...usable.filter(isFirst), ...usable]);
  return [...picks].slice(0, FIRST_PICKED).map((layer) => layer.id);
}

/**
 * Read a ready layer's levels. A failure is the layer's own: the others go on.
 * @param {Layer} layer
 * @param {ImageCache} images
 * @param {Size} size
 */
export async function readLayer(layer, images, size) {
  if (!layer.url || layer.state !== 'ready') return;
  try {
    const picture = await images.get(layer.url);
    if (!sameSize(picture, size)) throw new Error('It has another size than the scan.');
    layer.levels = picture.pixels;
  } catch (error) {
    Object.assign(layer, { state: 'unusable', reason: `The result of ${layer.name} cannot be read. ${messageOf(error)}` });
  }
}

/**
 * @param {Size} one
 * @param {Size} other
 */
export function sameSize(one, other) {
  return one.width === other.width && one.height === other.height;
}

/**
 * @param {Layer} layer
 */
export function isUsable(layer) {
  return layer.state !== 'unusable';
}

/**
 * -> [[family, layers]], families in the order in which they first appear.
 * @param {Layer[]} layers
 */
export function groupByFamily(layers) {
  const groups = new Map();
  for (const layer of layers) {
    const family = layer.family || '';
    if (!groups.has(family)) groups.set(family, []);
    groups.get(family).push(layer);
  }
  return [...groups];
}

/**
 * The models that can be used, as they stand in the selector; keys 1 to 9 are the first nine.
 * @param {Layer[]} layers
 */
export function usableInOrder(layers) {
  return groupByFamily(layers).flatMap(([, members]) => members).filter(isUsable);
}

/**
 * What a person needs to choose a model, or why it cannot be chosen.
 * @param {Layer} layer
 */
export function noteOf(layer) {
  return isUsable(layer) ? layer.note : layer.reason;
}

/**
 * The address of a file, or null where there is none.
 * @param {{url?: string} | null | undefined} file
 * @returns {string | null}
 */
export function urlOf(file) {
  return (file && file.url) || null;
}
