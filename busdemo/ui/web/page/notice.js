// notice.js: one sentence of the workspace with a button, such as "was removed" and "Undo".

import { make, setText } from './dom.js';
/** @import { Workspace } from '../workspace/workspace.js' */

/**
 * Shows the workspace's notice before a view's own element, for as long as the view is there.
 * @param {HTMLElement} before
 * @param {Workspace} workspace
 * @param {AbortSignal} signal
 */
export function showNotices(before, workspace, signal) {
  const words = make('span'), act = make('button', { type: 'button', class: 'bd-notice-act' });
  const close = make('button', { type: 'button', class: 'bd-notice-act', 'aria-label': 'Close this message' }, '×');
  const line = make('p', { class: 'bd-notice', role: 'status', hidden: true }, words, act, close);
  const show = () => {
    const { text, label } = workspace.notice;
    line.hidden = !text;
    setText(words, text);
    setText(act, label);
    act.hidden = !label;
  };
  act.addEventListener('click', () => workspace.notice.act());
  close.addEventListener('click', () => workspace.notify(''));
  before.before(line);
  workspace.listen({ changed: (...parts) => { if (parts.includes('notice') || parts.includes('scan')) show(); } }, signal);
  show();
}

/**
 * Pictures and numbers of the old scan pale as soon as another one has been asked for.
 * @param {HTMLElement} root
 * @param {Workspace} workspace
 * @param {AbortSignal} signal
 */
export function dimWhileWaiting(root, workspace, signal) {
  const show = () => { root.dataset.waiting = String(workspace.isWaiting); };
  workspace.listen({ changed: (...parts) => { if (parts.includes('waiting') || parts.includes('scan')) show(); } }, signal);
  show();
}
