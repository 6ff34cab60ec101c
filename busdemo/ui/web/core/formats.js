// formats.js: numbers as the page writes them.

import { STOPS } from './scoring.js';

export const WHOLE = new Intl.NumberFormat('en-US');

export function formatShare(value) {
  return value === null || Number.isNaN(value) ? '–' : value.toFixed(3);
}

export function formatPercent(share) {
  return `${(share * 100).toFixed(1)}\u00a0%`;
}

export function formatThreshold(stop) {
  return (stop / STOPS).toFixed(3);
}

export function formatLength(px, mmPerPx) {
  return mmPerPx ? `${(px * mmPerPx).toFixed(1)} mm` : `${px.toFixed(1)} px`;
}

export function formatArea(px, mmPerPx) {
  return mmPerPx ? `${(px * mmPerPx * mmPerPx).toFixed(1)} mm²` : `${WHOLE.format(px)} px`;
}
