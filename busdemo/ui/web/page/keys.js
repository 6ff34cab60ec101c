// keys.js: whose a key press is.

const TYPING = 'input:not([type=range], [type=checkbox], [type=color]), textarea, select, [contenteditable]:not([contenteditable=false])';

/**
 * Keys count when the viewer, the intake or nothing has the focus, and nobody is typing.
 * @param {HTMLElement} root
 * @param {any} target
 */
export function isOurs(root, target) {
  if (!root.getClientRects().length) return false;
  if (target === document.body || target === document.documentElement) return true;
  if (target.closest('.bd-intake')) return true; // nothing is typed there
  return root.contains(target) && !target.matches(TYPING);
}
