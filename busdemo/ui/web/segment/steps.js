// steps.js: the strip of switches between the threshold and the mask that is shown.

import { WHOLE, formatShare } from '../core/formats.js';
import { MOST_RADIUS_PX, MOST_SMALLEST_PX, NO_PROCESSING, isProcessing, sameSteps } from '../core/postprocess.js';
import { setText } from '../page/dom.js';

// What a step is switched on with, until the visitor types another size.
const USUAL_SIZES = { smallest_px: 50, opening_px: 3, closing_px: 3, smoothing_px: 3 };

const SIZE_NAMES = {
  smallest_px: 'The smallest lesion', opening_px: 'The radius of opening',
  closing_px: 'The radius of closing', smoothing_px: 'The radius of smoothing',
};

// The sentence for a size that cannot be taken; '' for one that can.
function refuseSize(name, text) {
  const most = name === 'smallest_px' ? MOST_SMALLEST_PX : MOST_RADIUS_PX, value = Number(text);
  const fits = text.trim() !== '' && Number.isInteger(value) && value >= 1 && value <= most;
  return fits ? '' : `${SIZE_NAMES[name]} is a whole number of px from 1 to ${WHOLE.format(most)}, not “${text.slice(0, 20)}”.`;
}

export class StepStrip {
  constructor(root, session) {
    this.session = session;
    this.strip = root.querySelector('.bd-strip');
    this.opener = root.querySelector('.bd-strip-opener');
    this.note = root.querySelector('.bd-strip-note');
    this.sizes = new Map([...this.strip.querySelectorAll('[data-size]')].map((box) => [box.dataset.size, box]));
    this.opener.addEventListener('click', () => this.toggle());
    for (const button of this.strip.querySelectorAll('[data-step]')) {
      button.addEventListener('click', () => this.press(button.dataset.step));
    }
    for (const [name, box] of this.sizes) {
      box.value = USUAL_SIZES[name];
      box.addEventListener('change', () => this.type(name, box));
    }
    this.find('.bd-raw-button').addEventListener('click', () => session.setRaw(!session.state.raw));
    this.find('.bd-own-steps').addEventListener('click', () => session.setSteps(null));
  }

  find(selector) {
    return this.strip.querySelector(selector);
  }

  toggle() {
    this.strip.hidden = !this.strip.hidden;
    this.opener.setAttribute('aria-expanded', String(!this.strip.hidden));
  }

  press(name) {
    const now = this.session.steps[name];
    const on = name === 'keep' ? 'largest' : name === 'fill_holes' ? true : Number(this.sizes.get(name).value);
    this.change(name, now === NO_PROCESSING[name] ? on : NO_PROCESSING[name]);
  }

  // A size that is typed switches its step on; one that cannot be taken changes nothing.
  type(name, box) {
    const refusal = refuseSize(name, box.value);
    if (refusal) box.value = this.session.steps[name] || USUAL_SIZES[name];
    else this.change(name, Number(box.value));
    this.say(refusal);
  }

  change(name, value) {
    this.say('');
    this.session.setSteps({ ...this.session.steps, [name]: value });
  }

  say(refusal) {
    this.note.hidden = !refusal;
    setText(this.note, refusal);
  }

  // outcome: from the desk, or null.
  show(outcome) {
    const { session } = this, { steps, state } = session;
    const taken = Object.keys(NO_PROCESSING).filter((name) => steps[name] !== NO_PROCESSING[name]);
    setText(this.opener.querySelector('b'), taken.length ? String(taken.length) : '');
    this.opener.title = taken.length ? `${taken.length} of 6 steps are taken` : 'Clean the mask: no step is taken';
    for (const button of this.strip.querySelectorAll('[data-step]')) {
      button.setAttribute('aria-pressed', String(taken.includes(button.dataset.step)));
    }
    for (const [name, box] of this.sizes) {
      if (steps[name] && document.activeElement !== box) box.value = steps[name];
    }
    this.find('.bd-raw-button').setAttribute('aria-pressed', String(state.raw));
    const own = session.ownSteps, isOwn = sameSteps(steps, own);
    this.find('.bd-own-steps').hidden = isOwn;
    setText(this.find('.bd-whose-steps'), isOwn && isProcessing(own) ? 'chosen on validation data' : '');
    setText(this.find('.bd-before-after'), describeChange(outcome, taken.length));
  }
}

// Dice before and after; without a reference, the area.
function describeChange(outcome, taken) {
  if (!outcome) return '';
  if (!taken) return 'No step is taken.';
  const { score, rawScore, area, rawArea } = outcome;
  if (!rawScore) return `${WHOLE.format(rawArea)} → ${WHOLE.format(area)} px`;
  return `Dice ${formatShare(rawScore.dice)} raw → ${formatShare(score.dice)} processed`;
}
