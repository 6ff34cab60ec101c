// shortcuts.js: the keys of a view: a sheet that lists them, and a switch that turns single keys off
// for those who press them by mistake or speak to their computer (WCAG 2.1.4).

import { find, make } from './dom.js';

const KEPT_AS = 'busdemo.keys';

// What counts even then: it moves a focus or a slider, or ends something.
const ALWAYS = /^(Arrow.*|Escape|Enter|Home|End|Tab)$/;

/**
 * Whether a key counts now.
 * @param {string} key
 */
export function counts(key) {
  return ALWAYS.test(key) || read() !== 'off';
}

function read() {
  try {
    return localStorage.getItem(KEPT_AS);
  } catch {
    return null; // a frame without storage
  }
}

/** @param {boolean} on */
function keep(on) {
  try {
    localStorage.setItem(KEPT_AS, on ? 'on' : 'off');
  } catch {
    // It holds for this sheet only.
  }
}

/**
 * @param {HTMLElement} root
 * @param {[string, string][]} keys What is pressed, and what it does.
 */
export function openSheet(root, keys) {
  const open = root.querySelector('.bd-keys-sheet');
  if (open) return;
  const box = make('input', { type: 'checkbox', checked: read() !== 'off' }), close = make('button', { type: 'button', class: 'bd-tool' }, 'Close');
  const rows = keys.flatMap(([key, words]) => [make('dt', {}, ...key.split(' ').map((one) => make('kbd', {}, one))), make('dd', {}, words)]);
  const sheet = make('dialog', { class: 'bd-keys-sheet', 'aria-label': 'Keys' },
    make('h2', {}, 'Keys'), make('dl', {}, ...rows), make('label', {}, box, ' Single keys are on'), close);
  box.addEventListener('change', () => keep(box.checked));
  close.addEventListener('click', () => sheet.close());
  sheet.addEventListener('click', (event) => event.target === sheet && sheet.close());
  sheet.addEventListener('keydown', (event) => event.stopPropagation());
  sheet.addEventListener('close', () => sheet.remove());
  root.append(sheet);
  sheet.showModal();
  find(sheet, 'button').focus();
}
