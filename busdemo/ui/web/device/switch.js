// switch.js: "On this device", beside the upload.

import { find, setText } from '../page/dom.js';
/** @import { Host } from '../host/host.js' */
/** @import { News } from './divert.js' */

const PROMISE = 'Nothing of your image, your masks or your numbers is sent from now on: this browser computes.';

/**
 * @param {Host} host
 * @param {HTMLElement} root Holds a checkbox, a line and a progress bar.
 */
export function mountSwitch({ device, signal }, root) {
  if (!device) return;
  const box = find(root, 'input'), line = find(root, '[role=status]'), bar = find(root, 'progress');
  root.hidden = false;
  const show = (/** @type {News} */ { on, words, share, problem }) => {
    box.checked = on;
    root.dataset.device = on ? 'on' : 'off';
    line.classList.toggle('bd-error', Boolean(problem));
    setText(line, [on ? PROMISE : '', problem || words].filter(Boolean).join(' '));
    bar.hidden = share === undefined;
    if (share !== undefined) bar.value = share;
  };
  box.addEventListener('change', () => device.turn(box.checked).catch(() => show({ on: false, problem: 'This part of the page cannot be loaded; please open the page again.' })));
  const forget = device.hear(show);
  signal.addEventListener('abort', forget);
}
