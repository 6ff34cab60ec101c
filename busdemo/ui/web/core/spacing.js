// spacing.js: millimetres a pixel, from what a visitor types. Never guessed.

/** @import { Point } from './lesions.js' */

const LEAST_MM_PER_PX = 0.001, MOST_MM_PER_PX = 10;

/**
 * -> {spacing} or {refusal}; an empty text is 0, unknown.
 * @param {string} text
 * @returns {{spacing?: number, refusal?: string}}
 */
export function readSpacing(text) {
  const plain = text.trim().replace(',', '.');
  if (plain === '') return { spacing: 0 };
  const spacing = Number(plain);
  if (spacing >= LEAST_MM_PER_PX && spacing <= MOST_MM_PER_PX) return { spacing };
  return { refusal: `The pixel spacing is from ${LEAST_MM_PER_PX} to ${MOST_MM_PER_PX} mm per px, not “${text.slice(0, 20)}”.` };
}

/**
 * -> {spacing} or {refusal}: of a length in mm between two places of the scan, in px.
 * @param {string} text
 * @param {Point} one
 * @param {Point} other
 * @returns {{spacing?: number, refusal?: string}}
 */
export function spacingOf(text, one, other) {
  const length = Number(text.trim().replace(',', '.')), px = Math.hypot(one.x - other.x, one.y - other.y);
  if (text.trim() === '' || !(length > 0 && length <= 1000)) return { refusal: `The length is from 0 to 1000 mm, not “${text.slice(0, 20)}”.` };
  if (px < 2) return { refusal: 'The two ends are less than 2 px apart; mark them again.' };
  const { spacing, refusal } = readSpacing(String(length / px));
  return refusal ? { refusal: `${length} mm over ${px.toFixed(1)} px cannot be. ${refusal}` } : { spacing };
}
