// steps.js: the post-processing of a compared model: its own at first, changed in its row, and as
// a word in a link. The steps themselves are the viewer's (processing.js).

const STEP_LETTERS = { smallest_px: 'a', opening_px: 'o', closing_px: 'c', smoothing_px: 's' };
const STEP_WORDS = { smallest_px: 'smallest', opening_px: 'opening', closing_px: 'closing', smoothing_px: 'smoothing' };

// The mask of a model at its threshold, after its steps: Uint8Array of 0 and 1.
function maskOf({ levels, stop, steps }, width, height) {
  const mask = new Uint8Array(levels.length);
  for (let i = 0; i < mask.length; i++) mask[i] = levels[i] >= stop ? 1 : 0;
  return processMask(mask, width, height, steps);
}

// What somebody else has written about steps, within bounds.
function checkSteps(steps) {
  const size = (name, most) => Math.max(0, Math.min(most, Math.round(Number(steps[name]) || 0)));
  return {
    keep: steps.keep === 'largest' ? 'largest' : 'all', fill_holes: steps.fill_holes === true,
    smallest_px: size('smallest_px', MOST_SMALLEST_PX), opening_px: size('opening_px', MOST_RADIUS_PX),
    closing_px: size('closing_px', MOST_RADIUS_PX), smoothing_px: size('smoothing_px', MOST_RADIUS_PX),
  };
}

// "kfa50o3": keep the largest, fill holes, drop lesions under 50 px, open with a radius of 3.
function writeSteps(steps) {
  const sizes = Object.entries(STEP_LETTERS).map(([name, letter]) => (steps[name] ? letter + steps[name] : ''));
  return (steps.keep === 'largest' ? 'k' : '') + (steps.fill_holes ? 'f' : '') + sizes.join('');
}

function readSteps(word) {
  const size = (letter) => (word.match(new RegExp(`${letter}([0-9]{1,7})`)) || [0, 0])[1];
  return checkSteps({
    keep: word.startsWith('k') ? 'largest' : 'all', fill_holes: /^k?f/.test(word),
    ...Object.fromEntries(Object.entries(STEP_LETTERS).map(([name, letter]) => [name, size(letter)])),
  });
}

// In words, for the row: '' where no step is taken.
function tellSteps(steps) {
  const sizes = Object.entries(STEP_WORDS).filter(([name]) => steps[name]).map(([name, word]) => `${word} ${steps[name]} px`);
  const words = [steps.keep === 'largest' ? 'largest only' : '', steps.fill_holes ? 'holes filled' : '', ...sizes];
  return words.filter(Boolean).join(', ');
}

// The controls in a model's row. change(steps): what a visitor has chosen.
class StepControls {
  constructor(change) {
    const tick = (name, words, on) => {
      const box = make('input', { type: 'checkbox' });
      box.addEventListener('change', () => change({ ...this.steps, [name]: box.checked ? on : NO_PROCESSING[name] }));
      this.boxes.set(name, box);
      return make('label', { class: 'bd-step' }, box, words);
    };
    const size = (name, most) => {
      const box = make('input', { type: 'number', min: 0, max: most, step: 1 });
      box.addEventListener('change', () => change(checkSteps({ ...this.steps, [name]: box.value })));
      this.boxes.set(name, box);
      return make('label', { class: 'bd-step' }, STEP_WORDS[name], box);
    };
    this.boxes = new Map();
    this.steps = NO_PROCESSING;
    this.own = make('button', { type: 'button', class: 'bd-small' }, 'As its card says');
    this.own.addEventListener('click', () => change(null));
    this.node = make('fieldset', { class: 'bd-steps-of' }, make('legend', {}, 'Post-processing, px'),
      tick('keep', 'largest only', 'largest'), tick('fill_holes', 'fill holes', true),
      size('smallest_px', MOST_SMALLEST_PX), size('opening_px', MOST_RADIUS_PX), size('closing_px', MOST_RADIUS_PX), size('smoothing_px', MOST_RADIUS_PX), this.own);
  }

  show(steps, own) {
    this.steps = steps;
    for (const [name, box] of this.boxes) {
      if (box.type === 'checkbox') box.checked = steps[name] !== NO_PROCESSING[name];
      else if (document.activeElement !== box) box.value = steps[name];
    }
    this.own.hidden = sameSteps(steps, own);
  }
}
