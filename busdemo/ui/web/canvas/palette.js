// palette.js: what every colour in the panes stands for, as tables from kind and grey value to a
// word of pixel memory.

import { STOPS } from '../core/scoring.js';

/** @typedef {[number, number, number]} Colour Red, green and blue, 0 to 255. */

/** @typedef {{brightness: number, contrast: number, invert: boolean}} Look -100 to 100, both. */

// Okabe-Ito, safe for colour-blind eyes; these three mean hit, extra, missed and nothing else.
/** @type {Record<string, Colour>} */
const CLASS_COLOURS = { extra: [213, 94, 0], missed: [0, 114, 178], hit: [0, 158, 115] };

// A prediction that cannot be compared with anything: Okabe-Ito's yellow, so never "hit" green.
/** @type {Colour} */
const ALONE_COLOUR = [240, 228, 66];

export const BLACK = 0xff000000, WHITE = 0xffffffff;

// Two models against each other: Okabe-Ito's orange and sky blue, and a neutral for both.
/** @type {Record<string, Colour>} */
export const PAIR_COLOURS = { a: [230, 159, 0], b: [86, 180, 233], both: [205, 211, 218] };

// A map's colours are flat, so that they can be read against its key; the scan around them steps back.
const BACKDROP = 0.6;

// Rising in lightness throughout, and free of the hues that mean hit, extra or missed.
const HEAT_ANCHORS = [
  [0, 0, 0, 4], [0.25, 45, 17, 96], [0.5, 114, 31, 129], [0.7, 181, 64, 140],
  [0.85, 226, 132, 178], [0.95, 248, 206, 224], [1, 255, 250, 253],
];

/**
 * @param {number} red
 * @param {number} green
 * @param {number} blue
 */
export function packColour(red, green, blue) {
  return ((255 << 24) | (blue << 16) | (green << 8) | red) >>> 0;
}

/**
 * at: 0 to 1.
 * @param {number} at
 */
export function heatColour(at) {
  let k = 1;
  while (at > HEAT_ANCHORS[k][0]) k++;
  const low = HEAT_ANCHORS[k - 1], high = HEAT_ANCHORS[k], part = (at - low[0]) / (high[0] - low[0]);
  return /** @type {Colour} */ ([1, 2, 3].map((c) => Math.round(low[c] + part * (high[c] - low[c]))));
}

export function buildHeatTable() {
  const table = new Uint32Array(256);
  for (let level = 0; level < STOPS; level++) table[level] = packColour(...heatColour(level / (STOPS - 1)));
  return table;
}

/**
 * Of 1 to n votes: the heat map's colours in n steps, but for its darkest, which vanish in a scan.
 * @param {number} n
 */
export function voteColours(n) {
  return Array.from({ length: n }, (_, k) => heatColour(n === 1 ? 1 : 0.4 + (0.6 * k) / (n - 1)));
}

/**
 * Window and level as two sliders of -100..100: contrast 100 narrows the window to a quarter.
 * @param {Look} it
 */
export function buildGreyTable({ brightness, contrast, invert }) {
  const width = 255 * 2 ** (-contrast / 50), centre = 127.5 - brightness * 1.275;
  return Uint8Array.from({ length: 256 }, (_, grey) => {
    const shown = Math.max(0, Math.min(255, Math.round(((grey - centre) / width + 0.5) * 255)));
    return invert ? 255 - shown : shown;
  });
}

/**
 * index: kind << 8 | grey. colours: one a kind; null where the scan shows.
 * @param {Uint8Array} greyTable
 * @param {(Colour | null)[]} colours
 */
export function buildMapTable(greyTable, colours) {
  const table = new Uint32Array(colours.length << 8);
  colours.forEach((colour, kind) => {
    for (let grey = 0; grey < 256; grey++) {
      const shown = Math.round(greyTable[grey] * BACKDROP);
      table[(kind << 8) | grey] = packColour(...(colour || [shown, shown, shown]));
    }
  });
  return table;
}

/**
 * index: class << 8 | grey, where class bit 0 is "predicted" and bit 1 "in the reference".
 * @param {Uint8Array} greyTable
 * @param {number} opacity
 * @param {boolean} hasReference
 */
export function buildOverlayTable(greyTable, opacity, hasReference) {
  const predicted = hasReference ? CLASS_COLOURS.extra : ALONE_COLOUR;
  const colours = [null, predicted, CLASS_COLOURS.missed, CLASS_COLOURS.hit];
  const table = new Uint32Array(1024);
  colours.forEach((colour, kind) => {
    for (let grey = 0; grey < 256; grey++) {
      const shown = greyTable[grey];
      const mix = (/** @type {number} */ c) => (colour ? Math.round(shown + opacity * (colour[c] - shown)) : shown);
      table[(kind << 8) | grey] = packColour(mix(0), mix(1), mix(2));
    }
  });
  return table;
}

/**
 * index: level << 8 | grey: the heat's colours over the scan.
 * @param {Uint32Array} heatTable
 * @param {Uint8Array} greyTable
 * @param {number} opacity
 */
export function buildBlendTable(heatTable, greyTable, opacity) {
  const table = new Uint32Array(STOPS << 8);
  for (let level = 0; level < STOPS; level++) {
    const word = heatTable[level], colour = [word & 255, (word >> 8) & 255, (word >> 16) & 255];
    for (let grey = 0; grey < 256; grey++) {
      const mix = (/** @type {number} */ c) => Math.round(greyTable[grey] + opacity * (c - greyTable[grey]));
      table[(level << 8) | grey] = packColour(mix(colour[0]), mix(colour[1]), mix(colour[2]));
    }
  }
  return table;
}

export const TRUTH_COLOUR = '#ffffff';

const PALETTE = ['#99ddff', '#eedd88', '#ffaabb', '#bbcc33', '#ee8866', '#b39ddb', '#44bb99', '#d0d0d0'];

export const DASHES = [[], [7, 4], [2, 4]];

/**
 * The first colour and dash that nobody has; `taken`: annotators.
 * @param {{colour: string, dash: number}[]} taken
 */
export function pickLook(taken) {
  const looks = DASHES.flatMap((_, dash) => PALETTE.map((colour) => ({ colour, dash })));
  const isFree = (/** @type {{colour: string, dash: number}} */ look) => !taken.some((one) => one.colour === look.colour && one.dash === look.dash);
  return looks.find(isFree) || looks[taken.length % looks.length];
}
