// popovers.js: buttons that open a small panel.

import { closest, findAll } from './dom.js';

/**
 * Buttons that open a small panel under them; Escape, a choice or a press elsewhere closes it.
 * @param {HTMLElement} root
 * @param {AbortSignal} signal
 */
export function bindPopovers(root, signal) {
  const close = (except = null) => {
    for (const button of findAll(root, '[data-opens]')) {
      if (button === except) continue;
      button.setAttribute('aria-expanded', 'false');
      button.nextElementSibling.hidden = true;
    }
  };
  for (const button of findAll(root, '[data-opens]')) {
    const panel = button.nextElementSibling;
    button.addEventListener('click', () => {
      close(button);
      panel.hidden = !panel.hidden;
      button.setAttribute('aria-expanded', String(!panel.hidden));
    });
    button.parentElement.addEventListener('keydown', (/** @type {any} */ event) => {
      if (event.key !== 'Escape' || panel.hidden) return;
      close();
      button.focus();
    });
    panel.addEventListener('click', (/** @type {any} */ event) => {
      if (!closest(event, '[data-export]')) return;
      close();
      button.focus();
    });
  }
  document.addEventListener('pointerdown', (event) => {
    if (!(event.target instanceof Element) || !root.contains(closest(event, '.bd-menu'))) close();
  }, { signal });
}
