// formats.js: numbers as the page writes them.

import { STOPS } from './scoring.js';

export const WHOLE = new Intl.NumberFormat('en-US');

/**
 * Dice, IoU and their like, by the rules of busdemo/imaging/printed.py: never rounded to 0, 1 or
 * 0.5, from where the word beside an IoU is another.
 * @param {number | null} value
 */
export function formatShare(value) {
  if (value === null || Number.isNaN(value)) return '–';
  const shown = value.toFixed(3);
  if (value > 0 && shown === '0.000') return '0.001';
  const reached = value >= Number(shown) || (shown !== '0.500' && shown !== '1.000');
  return reached ? shown : (Number(shown) - 0.001).toFixed(3);
}

/**
 * @param {number} share
 */
export function formatPercent(share) {
  const shown = (share * 100).toFixed(1);
  if (share > 0 && shown === '0.0') return 'under 0.1\u00a0%';
  return share < 1 && shown === '100.0' ? 'over 99.9\u00a0%' : `${shown}\u00a0%`;
}

/**
 * @param {number} stop
 */
export function formatThreshold(stop) {
  return (stop / STOPS).toFixed(3);
}

/**
 * @param {number} px
 * @param {number} mmPerPx
 */
export function formatLength(px, mmPerPx) {
  return mmPerPx ? `${(px * mmPerPx).toFixed(1)} mm` : `${px.toFixed(1)} px`;
}

/**
 * @param {number} px
 * @param {number} mmPerPx
 */
export function formatArea(px, mmPerPx) {
  return mmPerPx ? `${(px * mmPerPx * mmPerPx).toFixed(1)} mm²` : `${WHOLE.format(px)} px`;
}

/**
 * What an error says, for the end of a sentence.
 * @param {unknown} error
 * @returns {string}
 */
export function messageOf(error) {
  return error instanceof Error ? error.message : String(error);
}
