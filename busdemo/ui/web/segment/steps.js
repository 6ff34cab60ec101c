// steps.js: the strip of switches between the threshold and the mask that is shown.

import { WHOLE, formatShare } from '../core/formats.js';
import { MOST_RADIUS_PX, MOST_SMALLEST_PX, NO_PROCESSING, STEP_NAMES, isProcessing, sameSteps } from '../core/postprocess.js';
import { find, findAll, setText } from '../page/dom.js';
/** @import { Steps } from '../core/postprocess.js' */
/** @import { Outcome } from './outcome.js' */
/** @import { Session } from './session.js' */

// What a step is switched on with, until the visitor types another size.
/** @type {Record<string, number>} */
const USUAL_SIZES = { smallest_px: 50, opening_px: 3, closing_px: 3, smoothing_px: 3 };

/** @type {Record<string, string>} */
const SIZE_NAMES = {
  smallest_px: 'The smallest lesion', opening_px: 'The radius of opening',
  closing_px: 'The radius of closing', smoothing_px: 'The radius of smoothing',
};

/**
 * The sentence for a size that cannot be taken; '' for one that can.
 * @param {keyof Steps} name
 * @param {string} text
 */
function refuseSize(name, text) {
  const most = name === 'smallest_px' ? MOST_SMALLEST_PX : MOST_RADIUS_PX, value = Number(text);
  const fits = text.trim() !== '' && Number.isInteger(value) && value >= 1 && value <= most;
  return fits ? '' : `${SIZE_NAMES[name]} is a whole number of px from 1 to ${WHOLE.format(most)}, not “${text.slice(0, 20)}”.`;
}

export class StepStrip {
  /**
   * @param {HTMLElement} root
   * @param {Session} session
   */
  constructor(root, session) {
    this.session = session;
    this.strip = find(root, '.bd-strip');
    this.opener = find(root, '.bd-strip-opener');
    this.note = find(root, '.bd-strip-note');
    /** @type {Map<keyof Steps, HTMLInputElement>} */
    this.sizes = new Map([...findAll(this.strip, '[data-size]')].map((box) => [box.dataset.size, box]));
    this.opener.addEventListener('click', () => this.toggle());
    for (const button of findAll(this.strip, '[data-step]')) {
      button.addEventListener('click', () => this.press(button.dataset.step));
    }
    for (const [name, box] of this.sizes) {
      box.value = String(USUAL_SIZES[name]);
      box.addEventListener('change', () => this.type(name, box));
    }
    this.find('.bd-raw-button').addEventListener('click', () => session.setRaw(!session.state.raw));
    this.find('.bd-own-steps').addEventListener('click', () => session.setSteps(null));
  }

  /**
   * @param {string} selector
   */
  find(selector) {
    return find(this.strip, selector);
  }

  toggle() {
    this.strip.hidden = !this.strip.hidden;
    this.opener.setAttribute('aria-expanded', String(!this.strip.hidden));
  }

  /**
   * @param {keyof Steps} name
   */
  press(name) {
    const now = this.session.steps[name];
    const on = name === 'keep' ? 'largest' : name === 'fill_holes' ? true : Number(this.sizes.get(name)?.value);
    this.change(name, now === NO_PROCESSING[name] ? on : NO_PROCESSING[name]);
  }

  /**
   * A size that is typed switches its step on; one that cannot be taken changes nothing.
   * @param {keyof Steps} name
   * @param {HTMLInputElement} box
   */
  type(name, box) {
    const refusal = refuseSize(name, box.value);
    if (refusal) box.value = String(this.session.steps[name] || USUAL_SIZES[name]);
    else this.change(name, Number(box.value));
    this.say(refusal);
  }

  /**
   * @param {keyof Steps} name
   * @param {any} value
   */
  change(name, value) {
    this.say('');
    this.session.setSteps({ ...this.session.steps, [name]: value });
  }

  /**
   * @param {string} refusal
   */
  say(refusal) {
    this.note.hidden = !refusal;
    setText(this.note, refusal);
  }

  /**
   * outcome: from the cache, or null.
   * @param {Outcome | null} outcome
   */
  show(outcome) {
    const { session } = this, { steps, state } = session;
    const taken = STEP_NAMES.filter((name) => steps[name] !== NO_PROCESSING[name]);
    setText(find(this.opener, 'b'), taken.length ? String(taken.length) : '');
    this.opener.title = taken.length ? `${taken.length} of 6 steps are taken` : 'Clean the mask: no step is taken';
    for (const button of findAll(this.strip, '[data-step]')) {
      button.setAttribute('aria-pressed', String(taken.includes(button.dataset.step)));
    }
    for (const [name, box] of this.sizes) {
      if (steps[name] && document.activeElement !== box) box.value = String(steps[name]);
    }
    this.find('.bd-raw-button').setAttribute('aria-pressed', String(state.raw));
    const own = session.ownSteps, isOwn = sameSteps(steps, own);
    this.find('.bd-own-steps').hidden = isOwn;
    setText(this.find('.bd-whose-steps'), isOwn && isProcessing(own) ? 'chosen on validation data' : '');
    setText(this.find('.bd-before-after'), describeChange(outcome, taken.length));
  }
}

/**
 * Dice before and after; without a reference, the area.
 * @param {Outcome | null} outcome
 * @param {any} taken
 */
function describeChange(outcome, taken) {
  if (!outcome) return '';
  if (!taken) return 'No step is taken.';
  const { score, rawScore, area, rawArea } = outcome;
  if (!rawScore || !score) return `${WHOLE.format(rawArea)} → ${WHOLE.format(area)} px`;
  return `Dice ${formatShare(rawScore.dice)} raw → ${formatShare(score.dice)} processed`;
}
