// presence.js: is anything there? A model's score of an image against a cut-off, in hundredths, as
// words and as a question. The score itself comes from the server; busdemo/workflows/presence.py says the same.

export const CUT_OFFS = 100; // 0, where nothing is withheld, to 99

/**
 * Whether a model's mask is withheld; never where presence is unknown.
 * @param {number | null | undefined} score In [0, 1].
 * @param {number} cutOff In hundredths.
 */
export function withholds(score, cutOff) {
  return typeof score === 'number' && score < cutOff / CUT_OFFS;
}

/**
 * Within bounds.
 * @param {unknown} value
 */
export function clampCutOff(value) {
  return Math.max(0, Math.min(CUT_OFFS - 1, Math.round(Number(value)) || 0));
}

/**
 * Rounded down, so that a score under a cut-off does not look like it; '' where it is unknown.
 * @param {number | null | undefined} score
 * @param {number} cutOff
 */
export function tellPresence(score, cutOff) {
  if (typeof score !== 'number') return '';
  const shown = (Math.floor(Number((score * CUT_OFFS).toFixed(4))) / CUT_OFFS).toFixed(2), limit = (cutOff / CUT_OFFS).toFixed(2);
  return `${withholds(score, cutOff) ? 'nothing marked: ' : ''}presence ${shown} (cut-off ${limit})`;
}
