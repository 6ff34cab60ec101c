// steps.js: the post-processing of a model: checked, as a word in a link, in words for a person.
// The steps themselves are taken by postprocess.js.

import { MOST_RADIUS_PX, MOST_SMALLEST_PX, processMask } from './postprocess.js';
/** @import { Steps } from './postprocess.js' */

const STEP_LETTERS = { smallest_px: 'a', opening_px: 'o', closing_px: 'c', smoothing_px: 's' };

export const STEP_WORDS = { smallest_px: 'smallest', opening_px: 'opening', closing_px: 'closing', smoothing_px: 'smoothing' };
const SIZES = /** @type {(keyof typeof STEP_LETTERS)[]} */ (Object.keys(STEP_LETTERS));

/**
 * The mask of a model at its threshold, after its steps: Uint8Array of 0 and 1.
 * @param {{levels: Uint8Array, stop: number, steps: Steps}} it
 * @param {number} width
 * @param {number} height
 */
export function maskOf({ levels, stop, steps }, width, height) {
  const mask = new Uint8Array(levels.length);
  for (let i = 0; i < mask.length; i++) mask[i] = levels[i] >= stop ? 1 : 0;
  return processMask(mask, width, height, steps);
}

/**
 * What somebody else has written about steps, within bounds.
 * @param {Record<string, any>} steps
 * @returns {Steps}
 */
export function checkSteps(steps) {
  const size = (/** @type {keyof Steps} */ name, /** @type {number} */ most) => Math.max(0, Math.min(most, Math.round(Number(steps[name]) || 0)));
  return {
    keep: steps.keep === 'largest' ? 'largest' : 'all', fill_holes: steps.fill_holes === true,
    smallest_px: size('smallest_px', MOST_SMALLEST_PX), opening_px: size('opening_px', MOST_RADIUS_PX),
    closing_px: size('closing_px', MOST_RADIUS_PX), smoothing_px: size('smoothing_px', MOST_RADIUS_PX),
  };
}

/**
 * "kfa50o3": keep the largest, fill holes, drop lesions under 50 px, open with a radius of 3.
 * @param {Steps} steps
 */
export function writeSteps(steps) {
  const sizes = SIZES.map((name) => (steps[name] ? `${STEP_LETTERS[name]}${steps[name]}` : ''));
  return (steps.keep === 'largest' ? 'k' : '') + (steps.fill_holes ? 'f' : '') + sizes.join('');
}

/**
 * @param {string} word
 */
export function readSteps(word) {
  const size = (/** @type {string} */ letter) => (word.match(new RegExp(`${letter}([0-9]{1,7})`)) || [0, 0])[1];
  return checkSteps({
    keep: word.startsWith('k') ? 'largest' : 'all', fill_holes: /^k?f/.test(word),
    ...Object.fromEntries(SIZES.map((name) => [name, size(STEP_LETTERS[name])])),
  });
}

/**
 * In words, for the row: '' where no step is taken.
 * @param {Steps} steps
 */
export function tellSteps(steps) {
  const sizes = SIZES.filter((name) => steps[name]).map((name) => `${STEP_WORDS[name]} ${steps[name]} px`);
  const words = [steps.keep === 'largest' ? 'largest only' : '', steps.fill_holes ? 'holes filled' : '', ...sizes];
  return words.filter(Boolean).join(', ');
}
