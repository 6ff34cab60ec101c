// steps.js: the controls of a compared model's post-processing.

import { MOST_RADIUS_PX, MOST_SMALLEST_PX, NO_PROCESSING, sameSteps } from '../core/postprocess.js';
import { STEP_WORDS, checkSteps } from '../core/steps.js';
import { make } from '../page/dom.js';
/** @import { Steps } from '../core/postprocess.js' */

// The controls in a model's row. change(steps): what a visitor has chosen.
export class StepControls {
  /**
   * @param {(steps: Steps | null) => void} change
   */
  constructor(change) {
    const tick = (/** @type {'keep' | 'fill_holes'} */ name, /** @type {string} */ words, /** @type {any} */ on) => {
      const box = make('input', { type: 'checkbox' });
      box.addEventListener('change', () => change({ ...this.steps, [name]: box.checked ? on : NO_PROCESSING[name] }));
      this.boxes.set(name, box);
      return make('label', { class: 'bd-step' }, box, words);
    };
    const size = (/** @type {keyof typeof STEP_WORDS} */ name, /** @type {number} */ most) => {
      const box = make('input', { type: 'number', min: 0, max: most, step: 1 });
      box.addEventListener('change', () => change(checkSteps({ ...this.steps, [name]: box.value })));
      this.boxes.set(name, box);
      return make('label', { class: 'bd-step' }, STEP_WORDS[name], box);
    };
    /** @type {Map<keyof Steps, HTMLInputElement>} */
    this.boxes = new Map();
    this.steps = NO_PROCESSING;
    this.own = make('button', { type: 'button', class: 'bd-small' }, 'As its card says');
    this.own.addEventListener('click', () => change(null));
    this.node = make('fieldset', { class: 'bd-steps-of' }, make('legend', {}, 'Post-processing, px'),
      tick('keep', 'largest only', 'largest'), tick('fill_holes', 'fill holes', true),
      size('smallest_px', MOST_SMALLEST_PX), size('opening_px', MOST_RADIUS_PX), size('closing_px', MOST_RADIUS_PX), size('smoothing_px', MOST_RADIUS_PX), this.own);
  }

  /**
   * @param {Steps} steps
   * @param {Steps} own
   */
  show(steps, own) {
    this.steps = steps;
    for (const [name, box] of this.boxes) {
      if (box.type === 'checkbox') box.checked = steps[name] !== NO_PROCESSING[name];
      else if (document.activeElement !== box) box.value = String(steps[name]);
    }
    this.own.hidden = sameSteps(steps, own);
  }
}
