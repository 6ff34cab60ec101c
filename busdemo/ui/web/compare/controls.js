// controls.js: what a visitor does with mouse, touch and keyboard outside the scan, as calls of the desk.

import { closest, find, findAll } from '../page/dom.js';
import { isOurs } from '../page/keys.js';
import { counts, openSheet } from '../page/shortcuts.js';
import { bindPopovers } from '../page/popovers.js';
/** @import { CompareView } from './view.js' */

/** @type {[string, string][]} */
const KEYS = [
  ['1 2 3', 'outlines, swipe, blink'],
  ['Space', 'A and B in turn; while drawing, held: move the picture'],
  ['X', 'A and B exchanged'],
  ['V G A', 'votes, disagreement, A against B'],
  ['D', 'draw a new mask'],
  ['B E P F M', 'brush, eraser, polygon, fill, move'],
  ['[ ]', 'a smaller, a larger brush'],
  ['Enter Escape', 'close the polygon, give it up'],
  ['Ctrl+Z Ctrl+Y', 'undo, do again'],
  ['+ − 0', 'zoom in, out, back to the whole scan'],
  ['Tab ← → ↑ ↓', 'the scan, once it is focused, moved'],
  ['?', 'this sheet'],
];

/** @type {Record<string, number>} Shares of the width. */
const STEPS_OF_DIVIDER = { ArrowLeft: -0.02, ArrowRight: 0.02, Home: -1, End: 1 };

/**
 * @param {HTMLElement} root
 * @param {CompareView} desk
 */
export function bindDesk(root, desk) {
  /** @type {Record<string, () => void>} */
  const acts = {
    swap: () => desk.swap(), 'view-reset': () => desk.resetView(), draw: () => desk.easel.start(), done: () => desk.easel.stop(),
    keys: () => openSheet(root, KEYS), undo: () => desk.easel.undo(), redo: () => desk.easel.redo(), link: () => desk.told.copyLink(),
    'window-reset': () => {
      desk.find('.bd-brightness').value = desk.find('.bd-contrast').value = 0;
      desk.store.setLook({ brightness: 0, contrast: 0 });
    },
  };
  for (const button of findAll(root, '[data-act]')) button.addEventListener('click', acts[button.dataset.act]);
  const each = (/** @type {string} */ name, /** @type {any} */ act) => {
    for (const button of findAll(root, `[${name}]`)) button.addEventListener('click', () => act(button.getAttribute(name)));
  };
  each('data-picture-button', (/** @type {string} */ picture) => desk.setPicture(picture));
  each('data-map-button', (/** @type {string} */ map) => desk.setMap(map));
  each('data-tool', (/** @type {string} */ tool) => desk.easel.setTool(tool));
  each('data-rule', (/** @type {string} */ rule) => desk.store.addConsensus(rule, desk.find('.bd-among-select').value));
  const on = (/** @type {string} */ selector, /** @type {string} */ type, /** @type {any} */ act) => find(root, selector).addEventListener(type, (/** @type {any} */ event) => act(event.target, event));
  for (const select of findAll(root, '.bd-ab select')) {
    select.addEventListener('change', () => desk.store.setSide(select.dataset.side, select.value));
  }
  on('.bd-brightness', 'input', (/** @type {{value: any}} */ { value }) => desk.store.setLook({ brightness: Number(value) }));
  on('.bd-contrast', 'input', (/** @type {{value: any}} */ { value }) => desk.store.setLook({ contrast: Number(value) }));
  on('.bd-spacing-box', 'change', (/** @type {{value: any}} */ { value }) => desk.setSpacing(value));
  on('.bd-scan-frame input', 'change', (/** @type {HTMLInputElement} */ box) => {
    const frame = Math.round(box.valueAsNumber);
    if (frame >= 1 && frame <= desk.state.frames) desk.told.openFrame(frame);
    else box.value = String(desk.state.frame);
  });
  on('.bd-opacity-range', 'input', (/** @type {{value: any}} */ { value }) => desk.setOpacity(value / 100));
  on('.bd-brush', 'input', (/** @type {{value: any}} */ { value }) => desk.easel.setRadius(Number(value)));
  on('.bd-blind', 'change', (/** @type {{checked: boolean}} */ { checked }) => desk.setBlind(checked));
  on('.bd-start', 'change', (/** @type {HTMLSelectElement} */ select) => {
    if (select.value) desk.easel.startFrom(select.value);
    select.value = '';
  });
  on('.bd-image-file', 'change', (/** @type {any} */ input) => {
    if (input.files.length) desk.told.openImage(input.files[0]);
    closeMenu(input.closest('.bd-menu'));
    input.value = '';
  });
  on('.bd-mask-files', 'change', (/** @type {any} */ input) => {
    desk.people?.read([...input.files]);
    input.value = '';
  });
  // After a press with the mouse, the keys belong to the pictures again.
  root.addEventListener('click', (event) => {
    const button = closest(event, 'button');
    if (button && event.detail > 0) button.blur();
    if (button && button.matches('[data-example], [data-rule]')) closeMenu(button.closest('.bd-menu'));
  });
  bindPopovers(root, desk.signal);
  bindDivider(desk.find('.bd-divider'), desk);
  bindDeskKeys(root, desk);
}

/**
 * @param {any} menu
 */
function closeMenu(menu) {
  if (!menu) return;
  find(menu, '[data-opens]').setAttribute('aria-expanded', 'false');
  find(menu, '.bd-popover').hidden = true;
}

/**
 * @param {any} divider
 * @param {CompareView} desk
 */
function bindDivider(divider, desk) {
  const move = (/** @type {any} */ event) => {
    const box = divider.parentElement.getBoundingClientRect();
    desk.setSwipe((event.clientX - box.left) / box.width);
  };
  divider.addEventListener('pointerdown', (/** @type {any} */ event) => {
    event.stopPropagation();
    divider.setPointerCapture(event.pointerId);
    move(event);
  });
  divider.addEventListener('pointermove', (/** @type {any} */ event) => {
    event.stopPropagation();
    if (divider.hasPointerCapture(event.pointerId)) move(event);
  });
  divider.addEventListener('keydown', (/** @type {any} */ event) => {
    const by = STEPS_OF_DIVIDER[event.key];
    if (!by) return;
    event.preventDefault();
    event.stopPropagation();
    desk.setSwipe(desk.swipeAt + by);
  });
}

/**
 * @param {HTMLElement} root
 * @param {CompareView} desk
 */
function bindDeskKeys(root, desk) {
  const { easel } = desk;
  /** @type {Record<string, () => void>} */
  const always = { '?': () => openSheet(root, KEYS), 0: () => desk.resetView(), '+': () => desk.zoom(1.25), '=': () => desk.zoom(1.25), '-': () => desk.zoom(0.8) };
  /** @type {Record<string, () => void>} */
  const looking = {
    ' ': () => desk.setPicture('blink'), 1: () => desk.setPicture('outlines'), 2: () => desk.setPicture('swipe'), 3: () => desk.setPicture('blink'),
    x: () => desk.swap(), d: () => desk.easel.start(), v: () => desk.setMap('votes'), g: () => desk.setMap('disagreement'), a: () => desk.setMap('pair'),
  };
  /** @type {Record<string, () => void>} */
  const drawing = {
    b: () => easel.setTool('brush'), e: () => easel.setTool('eraser'), p: () => easel.setTool('polygon'), f: () => easel.setTool('fill'), m: () => easel.setTool('move'),
    '[': () => easel.setRadius(easel.radius / 1.12), ']': () => easel.setRadius(easel.radius * 1.12),
    ' ': () => easel.setPanning(true), Enter: () => easel.closePolygon(), Escape: () => easel.dropPolygon(),
  };
  document.addEventListener('keydown', (event) => {
    if (event.defaultPrevented || event.altKey || !isOurs(root, event.target)) return;
    if (!event.ctrlKey && !event.metaKey && !counts(event.key)) return;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const isButton = closest(event, 'button, summary, input[type=checkbox]') === event.target && (key === ' ' || key === 'Enter');
    if (isButton) return;
    let press = null;
    if (event.ctrlKey || event.metaKey) {
      if (easel.isOn && key === 'z') press = () => (event.shiftKey ? easel.redo() : easel.undo());
      if (easel.isOn && key === 'y') press = () => easel.redo();
    } else press = (easel.isOn ? drawing : looking)[key] || always[key];
    if (!press) return;
    event.preventDefault();
    press();
  }, { signal: desk.signal });
  document.addEventListener('keyup', (event) => {
    if (event.key === ' ' && easel.isPanning) easel.setPanning(false);
  }, { signal: desk.signal });
}
