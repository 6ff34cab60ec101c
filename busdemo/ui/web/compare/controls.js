// controls.js: what a visitor does with mouse, touch and keyboard outside the scan, as calls of the desk.

import { isOurs } from '../page/keys.js';
import { bindPopovers } from '../page/popovers.js';

export function bindDesk(root, desk) {
  const acts = {
    swap: () => desk.swap(), 'view-reset': () => desk.resetView(), draw: () => desk.startDrawing(), done: () => desk.stopDrawing(),
    undo: () => desk.easel.undo(), redo: () => desk.easel.redo(), link: () => desk.told.copyLink(), bring: () => desk.told.bring(),
    'window-reset': () => {
      desk.find('.bd-brightness').value = desk.find('.bd-contrast').value = 0;
      desk.setLook({ brightness: 0, contrast: 0 });
    },
  };
  for (const button of root.querySelectorAll('[data-act]')) button.addEventListener('click', acts[button.dataset.act]);
  const each = (name, act) => {
    for (const button of root.querySelectorAll(`[${name}]`)) button.addEventListener('click', () => act(button.getAttribute(name)));
  };
  each('data-picture-button', (picture) => desk.setPicture(picture));
  each('data-map-button', (map) => desk.setMap(map));
  each('data-tool', (tool) => desk.easel.setTool(tool));
  each('data-rule', (rule) => desk.addConsensus(rule, desk.find('.bd-among-select').value));
  const on = (selector, type, act) => root.querySelector(selector).addEventListener(type, (event) => act(event.target, event));
  for (const select of root.querySelectorAll('.bd-ab select')) {
    select.addEventListener('change', () => desk.setSide(select.dataset.side, select.value));
  }
  on('.bd-brightness', 'input', ({ value }) => desk.setLook({ brightness: Number(value) }));
  on('.bd-contrast', 'input', ({ value }) => desk.setLook({ contrast: Number(value) }));
  on('.bd-spacing-box', 'change', ({ value }) => desk.setSpacing(value));
  on('.bd-opacity-range', 'input', ({ value }) => desk.setOpacity(value / 100));
  on('.bd-brush', 'input', ({ value }) => desk.easel.setRadius(Number(value)));
  on('.bd-blind', 'change', ({ checked }) => desk.setBlind(checked));
  on('.bd-start', 'change', (select) => {
    if (select.value) desk.startFrom(select.value);
    select.value = '';
  });
  on('.bd-image-file', 'change', (input) => {
    if (input.files.length) desk.told.openImage(input.files[0]);
    closeMenu(input.closest('.bd-menu'));
    input.value = '';
  });
  on('.bd-mask-files', 'change', (input) => {
    desk.told.readMasks([...input.files]);
    input.value = '';
  });
  // After a press with the mouse, the keys belong to the pictures again.
  root.addEventListener('click', (event) => {
    const button = event.target.closest('button');
    if (button && event.detail > 0) button.blur();
    if (button && button.matches('[data-example], [data-rule], [data-act=bring]')) closeMenu(button.closest('.bd-menu'));
  });
  bindPopovers(root, desk.signal);
  bindDivider(desk.find('.bd-divider'), desk);
  bindDeskKeys(root, desk);
}

function closeMenu(menu) {
  if (!menu) return;
  menu.querySelector('[data-opens]').setAttribute('aria-expanded', 'false');
  menu.querySelector('.bd-popover').hidden = true;
}

function bindDivider(divider, desk) {
  const move = (event) => {
    const box = divider.parentElement.getBoundingClientRect();
    desk.setSwipe((event.clientX - box.left) / box.width);
  };
  divider.addEventListener('pointerdown', (event) => {
    event.stopPropagation();
    divider.setPointerCapture(event.pointerId);
    move(event);
  });
  divider.addEventListener('pointermove', (event) => {
    event.stopPropagation();
    if (divider.hasPointerCapture(event.pointerId)) move(event);
  });
  divider.addEventListener('keydown', (event) => {
    const by = { ArrowLeft: -0.02, ArrowRight: 0.02, Home: -1, End: 1 }[event.key];
    if (!by) return;
    event.preventDefault();
    event.stopPropagation();
    desk.setSwipe(desk.swipeAt + by);
  });
}

function bindDeskKeys(root, desk) {
  const { easel } = desk;
  const always = { 0: () => desk.resetView(), '+': () => desk.zoom(1.25), '=': () => desk.zoom(1.25), '-': () => desk.zoom(0.8) };
  const looking = {
    ' ': () => desk.setPicture('blink'), 1: () => desk.setPicture('outlines'), 2: () => desk.setPicture('swipe'), 3: () => desk.setPicture('blink'),
    x: () => desk.swap(), d: () => desk.startDrawing(), v: () => desk.setMap('votes'), g: () => desk.setMap('disagreement'), a: () => desk.setMap('pair'),
  };
  const drawing = {
    b: () => easel.setTool('brush'), e: () => easel.setTool('eraser'), p: () => easel.setTool('polygon'), f: () => easel.setTool('fill'), m: () => easel.setTool('move'),
    '[': () => easel.setRadius(easel.radius / 1.12), ']': () => easel.setRadius(easel.radius * 1.12),
    Enter: () => easel.closePolygon(), Escape: () => easel.dropPolygon(),
  };
  document.addEventListener('keydown', (event) => {
    if (event.defaultPrevented || event.altKey || !isOurs(root, event.target)) return;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const isButton = event.target.matches('button, summary, input[type=checkbox]') && (key === ' ' || key === 'Enter');
    if (isButton) return;
    let press = null;
    if (event.ctrlKey || event.metaKey) {
      if (easel.isOn && key === 'z') press = () => (event.shiftKey ? easel.redo() : easel.undo());
      if (easel.isOn && key === 'y') press = () => easel.redo();
    } else press = (easel.isOn ? drawing : looking)[key] || always[key];
    if (!press) return;
    event.preventDefault();
    press();
  }, { signal: desk.signal });
}
