// controls.js: what a visitor does with mouse and keyboard, as calls of plain functions. Knows
// the template's markup, but neither pixels nor numbers nor where they come from.

// actions: the second half of Session.
function bindControls(root, actions) {
  bindThreshold(root, actions);
  bindTools(root, actions);
  bindPopovers(root);
  root.querySelector('.bd-model-select').addEventListener('change', (event) => actions.pickModel(event.target.value));
}

function bindThreshold(root, actions) {
  const slider = root.querySelector('.bd-stop'), box = root.querySelector('.bd-number');
  slider.addEventListener('input', () => actions.setStop(Number(slider.value)));
  slider.addEventListener('change', () => actions.settle());
  box.addEventListener('input', () => {
    const typed = box.valueAsNumber;
    if (typed >= 0.005 && typed <= 0.995) actions.setStop(Math.round(typed * STOPS));
  });
  box.addEventListener('change', () => {
    if (Number.isFinite(box.valueAsNumber)) actions.setStop(clampStop(box.valueAsNumber * STOPS));
    box.value = formatThreshold(Number(slider.value));
    actions.settle();
  });
}

function bindTools(root, actions) {
  const presses = {
    invert: () => actions.toggle('invert'),
    heat: () => actions.toggle('heat'),
    fill: () => actions.setStyle('fill'),
    outline: () => actions.setStyle('outline'),
    frozen: () => actions.toFrozen(),
    'view-reset': () => actions.resetView(),
    link: () => actions.told.link(),
    'window-reset': () => actions.setLook({ brightness: 0, contrast: 0 }),
  };
  for (const button of root.querySelectorAll('[data-do]')) {
    button.addEventListener('click', presses[button.dataset.do]);
  }
  for (const button of root.querySelectorAll('[data-export]')) {
    button.addEventListener('click', () => actions.save(button.dataset.export));
  }
  const onRange = (selector, change) => {
    const range = root.querySelector(selector);
    range.addEventListener('input', () => actions.setLook(change(Number(range.value))));
  };
  onRange('.bd-brightness', (brightness) => ({ brightness }));
  onRange('.bd-contrast', (contrast) => ({ contrast }));
  onRange('.bd-opacity-range', (percent) => ({ opacity: percent / 100 }));
}

// Buttons that open a small panel under them; Escape, a choice or a press elsewhere closes it.
function bindPopovers(root) {
  const close = (except) => {
    for (const button of root.querySelectorAll('[data-opens]')) {
      if (button === except) continue;
      button.setAttribute('aria-expanded', 'false');
      button.nextElementSibling.hidden = true;
    }
  };
  for (const button of root.querySelectorAll('[data-opens]')) {
    const panel = button.nextElementSibling;
    button.addEventListener('click', () => {
      close(button);
      panel.hidden = !panel.hidden;
      button.setAttribute('aria-expanded', String(!panel.hidden));
    });
    button.parentElement.addEventListener('keydown', (event) => {
      if (event.key !== 'Escape' || panel.hidden) return;
      close();
      button.focus();
    });
    panel.addEventListener('click', (event) => {
      if (!event.target.closest('[data-export]')) return;
      close();
      button.focus();
    });
  }
  listenWhileShown(root, 'pointerdown', (event) => {
    if (!event.target.closest || !root.contains(event.target.closest('.bd-menu'))) close();
  });
}

// Listen on the document for as long as this viewer is in it: Gradio removes and remounts
// components without telling them.
function listenWhileShown(root, type, listener) {
  const guarded = (event) => {
    if (root.isConnected) listener(event);
    else document.removeEventListener(type, guarded);
  };
  document.addEventListener(type, guarded);
}

const TYPING = 'input:not([type=range]), textarea, select, [contenteditable]:not([contenteditable=false])';

function bindKeyboard(root, actions) {
  const keys = {
    h: () => actions.toggle('heat'), i: () => actions.toggle('invert'), o: () => actions.cycleOverlay(),
    c: () => actions.comparison.setMode(!actions.comparison.on),
    0: () => actions.resetView(), '+': () => actions.zoom(1.25), '=': () => actions.zoom(1.25), '-': () => actions.zoom(0.8),
  };
  for (let n = 1; n <= 9; n++) keys[n] = () => actions.pickNth(n);
  listenWhileShown(root, 'keydown', (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || !isOurs(root, event.target)) return;
    const arrow = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    const press = keys[event.key.toLowerCase()];
    // Other sliders of the viewer keep their own arrow keys.
    const otherSlider = event.target.type === 'range' && !event.target.matches('.bd-stop');
    if (arrow && !otherSlider) actions.nudge(arrow * (event.shiftKey ? 10 : 1));
    else if (press && !event.repeat) press();
    else return;
    event.preventDefault();
  });
  listenWhileShown(root, 'keyup', (event) => {
    if (['ArrowLeft', 'ArrowRight'].includes(event.key) && isOurs(root, event.target)) actions.settle();
  });
}

// Keys count when the viewer, the intake or nothing has the focus, and nobody is typing.
function isOurs(root, target) {
  if (!root.getClientRects().length) return false;
  if (target === document.body || target === document.documentElement) return true;
  if (target.closest('.bd-intake')) return true; // nothing is typed there
  return root.contains(target) && !target.matches(TYPING);
}
