// controls.js: what a visitor does with mouse and keyboard, as calls of plain functions. Knows
// the template's markup, but neither pixels nor numbers nor where they come from.

import { closest, find, findAll } from '../page/dom.js';
import { formatThreshold } from '../core/formats.js';
import { STOPS, clampStop } from '../core/scoring.js';
import { isOurs } from '../page/keys.js';
import { counts, openSheet } from '../page/shortcuts.js';
import { bindPopovers } from '../page/popovers.js';
import { bindTerms } from '../page/terms.js';
/** @import { Look } from '../canvas/palette.js' */
/** @import { Session } from './session.js' */

/** @type {[string, string][]} */
const KEYS = [
  ['← →', 'the threshold by 0.005; with Shift by 0.05'],
  ['1 … 9', 'the model in that place of the list'],
  ['C', 'one model, or several side by side'],
  ['T', 'one stage, or two'],
  ['H', 'the heat map'],
  ['I', 'grey values inverted'],
  ['O', 'the overlay filled, outlined, off'],
  ['+ − 0', 'zoom in, out, back to the whole scan'],
  ['Tab ← → ↑ ↓', 'the scan, once it is focused, moved'],
  ['?', 'this sheet'],
];

const LOWEST = 1 / STOPS, HIGHEST = (STOPS - 1) / STOPS; // thresholds

/**
 * actions: the second half of Session.
 * @param {HTMLElement} root
 * @param {Session} actions
 */
export function bindControls(root, actions) {
  bindThreshold(root, actions);
  bindTools(root, actions);
  bindPopovers(root, actions.signal);
  bindTerms(root, actions.signal);
  find(root, '.bd-model-select').addEventListener('change', (/** @type {any} */ event) => actions.pickModel(event.target.value));
}

/**
 * @param {HTMLElement} root
 * @param {Session} actions
 */
function bindThreshold(root, actions) {
  const slider = find(root, '.bd-stop'), box = find(root, '.bd-number');
  slider.addEventListener('input', () => actions.setStop(Number(slider.value)));
  slider.addEventListener('change', () => actions.settle());
  box.addEventListener('input', () => {
    const typed = box.valueAsNumber;
    if (typed >= LOWEST && typed <= HIGHEST) actions.setStop(Math.round(typed * STOPS));
  });
  box.addEventListener('change', () => {
    const typed = box.valueAsNumber;
    if (Number.isFinite(typed)) actions.setStop(clampStop(typed * STOPS));
    box.value = formatThreshold(actions.state.stop);
    const fits = typed >= LOWEST && typed <= HIGHEST;
    actions.sayThreshold(fits ? '' : `The threshold is a number from ${LOWEST} to ${HIGHEST}; it is ${box.value} now.`);
    actions.settle();
  });
}

/**
 * @param {HTMLElement} root
 * @param {Session} actions
 */
function bindTools(root, actions) {
  /** @type {Record<string, () => void>} */
  const presses = {
    invert: () => actions.toggle('invert'),
    heat: () => actions.toggle('heat'),
    fill: () => actions.setStyle('fill'),
    outline: () => actions.setStyle('outline'),
    frozen: () => actions.toFrozen(),
    'view-reset': () => actions.resetView(),
    link: () => actions.told.link(),
    keys: () => openSheet(root, KEYS),
    'window-reset': () => actions.setLook({ brightness: 0, contrast: 0 }),
  };
  for (const button of findAll(root, '[data-do]')) {
    button.addEventListener('click', presses[button.dataset.do]);
  }
  for (const button of findAll(root, '[data-export]')) {
    button.addEventListener('click', () => actions.save(button.dataset.export));
  }
  const onRange = (/** @type {string} */ selector, /** @type {(value: number) => Partial<Look> & {opacity?: number}} */ change) => {
    const range = find(root, selector);
    range.addEventListener('input', () => actions.setLook(change(Number(range.value))));
  };
  onRange('.bd-brightness', (/** @type {number} */ brightness) => ({ brightness }));
  onRange('.bd-contrast', (/** @type {number} */ contrast) => ({ contrast }));
  onRange('.bd-opacity-range', (/** @type {number} */ percent) => ({ opacity: percent / 100 }));
}

/**
 * @param {HTMLElement} root
 * @param {Session} actions
 */
export function bindKeyboard(root, actions) {
  /** @type {Record<string, () => void>} */
  const keys = {
    h: () => actions.toggle('heat'), i: () => actions.toggle('invert'), o: () => actions.cycleOverlay(),
    c: () => actions.comparison.setMode(!actions.comparison.on),
    '?': () => openSheet(root, KEYS), 0: () => actions.resetView(), '+': () => actions.zoom(1.25), '=': () => actions.zoom(1.25), '-': () => actions.zoom(0.8),
  };
  for (let n = 1; n <= 9; n++) keys[n] = () => actions.pickNth(n);
  document.addEventListener('keydown', (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || !isOurs(root, event.target) || !counts(event.key)) return;
    const arrow = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    const press = keys[event.key.toLowerCase()];
    // Other sliders of the viewer keep their own arrow keys.
    const otherSlider = closest(event, 'input[type=range]:not(.bd-stop)') !== null;
    if (arrow && !otherSlider) actions.nudge(arrow * (event.shiftKey ? 10 : 1));
    else if (press && !event.repeat) press();
    else return;
    event.preventDefault();
  }, { signal: actions.signal });
  document.addEventListener('keyup', (event) => {
    if (['ArrowLeft', 'ArrowRight'].includes(event.key) && isOurs(root, event.target)) actions.settle();
  }, { signal: actions.signal });
}
