// terms.js: the field's words in plain language: a line on hover, focus and tap of every element that
// says `data-term`.

import { findAll, make } from './dom.js';

/** @type {Record<string, string>} */
export const TERMS = {
  dice: 'Dice: how much two outlines overlap, from 0 (nowhere) to 1 (the same in every pixel).',
  iou: 'IoU: the area both outlines share, over the area either covers. Stricter than Dice: 0.8 there is 0.67 here.',
  truth: 'Ground truth: the outline taken as right. An expert drew it, or, on a simulated scan, it is known exactly.',
  frozen: 'Frozen: the threshold chosen once, on images of other patients, before anyone saw this one.',
  'two-stage': 'Two-stage: a detector first finds where the lesion is; the model then outlines it within that part.',
  processing: 'Processing: what tidies the mask after the threshold, such as filling holes or dropping specks.',
};

const GAP_PX = 8;

/**
 * @param {HTMLElement} root
 * @param {AbortSignal} signal
 */
export function bindTerms(root, signal) {
  const tip = make('div', { class: 'bd-tip', id: `bd-tip-${root.className.split(' ').pop()}`, role: 'tooltip', popover: 'manual' });
  root.append(tip);
  const hide = () => tip.matches(':popover-open') && tip.hidePopover();
  const show = (/** @type {HTMLElement} */ term) => {
    tip.textContent = TERMS[term.dataset.term || ''];
    tip.showPopover();
    place(tip, term.getBoundingClientRect());
  };
  for (const term of findAll(root, '[data-term]')) {
    term.setAttribute('aria-describedby', tip.id);
    term.addEventListener('pointerenter', (/** @type {PointerEvent} */ event) => event.pointerType === 'mouse' && show(term));
    term.addEventListener('pointerleave', (/** @type {PointerEvent} */ event) => event.pointerType === 'mouse' && hide());
    term.addEventListener('focus', () => term.matches(':focus-visible') && show(term));
    term.addEventListener('blur', hide);
    term.addEventListener('click', () => show(term));
  }
  document.addEventListener('pointerdown', hide, { signal });
  document.addEventListener('scroll', hide, { signal, capture: true, passive: true });
  document.addEventListener('keydown', (event) => event.key === 'Escape' && hide(), { signal });
}

/**
 * Above its word, or below where there is no room; never beside the screen.
 * @param {HTMLElement} tip
 * @param {DOMRect} word
 */
function place(tip, word) {
  const { offsetWidth: width, offsetHeight: height } = tip, most = document.documentElement.clientWidth - width - GAP_PX;
  const above = word.top - height - GAP_PX;
  tip.style.left = `${Math.max(GAP_PX, Math.min(word.left, most))}px`;
  tip.style.top = `${above > 0 ? above : word.bottom + GAP_PX}px`;
}
