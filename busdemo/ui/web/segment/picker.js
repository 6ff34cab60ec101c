// picker.js: the comparison's own bar: one model or several, which ones, whose threshold, which
// maps. Shows and calls comparison.js.

import { formatThreshold } from '../core/formats.js';
import { buildSpan, find, findAll, setText } from '../page/dom.js';
import { isNews } from './selector.js';
import { groupByFamily, isUsable, noteOf, usableInOrder } from '../workspace/layers.js';
/** @import { Session } from './session.js' */
/** @import { Layer } from '../workspace/layers.js' */

export class Picker {
  /**
   * @param {HTMLElement} root
   * @param {Session} session
   */
  constructor(root, session) {
    const { comparison, workspace } = session;
    this.root = root;
    this.session = session;
    this.list = find(root, '.bd-picker-list');
    this.opener = find(root, '[data-opens=models]');
    this.slider = find(root, '.bd-shared input');
    this.onPress('mode', (mode) => comparison.setMode(mode === 'several'));
    this.onPress('threshold', (whose) => {
      workspace.setOwn(whose === 'own');
      session.showModels();
    });
    this.onPress('shows', (name) => comparison.toggleMap(name));
    find(root, '.bd-all-frozen').addEventListener('click', () => {
      workspace.toFrozen();
      session.settle();
    });
    this.list.addEventListener('change', (/** @type {{target: any}} */ { target }) => comparison.pick(target.value, target.checked));
    // A sentence of the last time says nothing about this one.
    this.opener.addEventListener('click', () => this.say(''));
    this.slider.addEventListener('input', () => session.setStop(Number(this.slider.value)));
    this.slider.addEventListener('change', () => session.settle());
  }

  /**
   * @param {string} name
   * @param {(value: string) => void} press
   */
  onPress(name, press) {
    for (const button of findAll(this.root, `[data-${name}-button]`)) {
      button.addEventListener('click', () => press(button.getAttribute(`data-${name}-button`)));
    }
  }

  /**
   * @param {string} name
   * @param {(value: string) => boolean} isOn
   */
  press(name, isOn) {
    for (const button of findAll(this.root, `[data-${name}-button]`)) {
      button.setAttribute('aria-pressed', String(isOn(button.getAttribute(`data-${name}-button`))));
    }
  }

  show() {
    const { comparison, state, workspace } = this.session;
    this.press('mode', (mode) => (mode === 'several') === comparison.shown);
    this.press('threshold', (whose) => (whose === 'own') === workspace.own);
    this.press('shows', (name) => comparison.maps[name]);
    for (const button of findAll(this.root, '[data-mode-button]')) button.disabled = !state.grey;
    if (!comparison.shown) return;
    if (isNews(this.list, state.layers)) this.list.replaceChildren(...groupByFamily(state.layers).map(buildFamily));
    for (const box of findAll(this.list, 'input')) box.checked = comparison.has(box.value);
    setText(find(this.opener, 'b'), `${comparison.models.length} of ${usableInOrder(state.layers).length}`);
    this.say(comparison.refusal);
    this.showThreshold();
  }

  showThreshold() {
    const { comparison: { isMoved }, workspace: { own }, state } = this.session, text = formatThreshold(state.stop);
    find(this.root, '.bd-shared').hidden = own;
    find(this.root, '.bd-at-frozen').hidden = !own || isMoved;
    find(this.root, '.bd-all-frozen').hidden = !own || !isMoved;
    if (Number(this.slider.value) !== state.stop) this.slider.value = state.stop;
    this.slider.setAttribute('aria-valuetext', text);
    setText(find(this.root, '.bd-shared output'), text);
  }

  /**
   * A refusal is said where it can be mended: beside the list.
   * @param {string} refusal
   */
  say(refusal) {
    const note = find(this.root, '.bd-picker-note');
    if (refusal && this.opener.getAttribute('aria-expanded') !== 'true') this.opener.click();
    note.hidden = !refusal;
    setText(note, refusal);
  }
}

/**
 * @param {any[]} list
 */
function buildFamily([family, layers]) {
  const group = document.createElement('fieldset'), heading = document.createElement('legend');
  heading.textContent = family;
  group.append(...(family ? [heading] : []), ...layers.map(buildBox));
  return group;
}

/**
 * A model to be ticked, or the reason why it cannot be.
 * @param {Layer} layer
 */
function buildBox(layer) {
  const label = document.createElement('label'), box = document.createElement('input');
  Object.assign(box, { type: 'checkbox', value: layer.id, disabled: !isUsable(layer) });
  label.append(box, buildSpan('bd-option-name', layer.name), buildSpan('bd-option-note', noteOf(layer)));
  return label;
}
