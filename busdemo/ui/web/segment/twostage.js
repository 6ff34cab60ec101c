// twostage.js: the switch for two stages, the sentence under the bar, and the boxes drawn over the
// panes. A result in two stages stands in for the model's own while the switch is on; it is asked
// for once a model and scan.

import { find, setText } from '../page/dom.js';
import { isOurs } from '../page/keys.js';
import { counts } from '../page/shortcuts.js';
/** @import { Layer } from '../workspace/layers.js' */
/** @import { SegmentState } from './state.js' */
/** @import { Workspace } from '../workspace/workspace.js' */

export class TwoStage {
  /**
   * told: {change(): the switch was moved, ask(models): results are wanted that are not there}.
   * @param {HTMLElement} root
   * @param {Workspace} workspace
   * @param {SegmentState} state
   * @param {any} told
   * @param {AbortSignal} signal
   */
  constructor(root, workspace, state, told, signal) {
    this.root = root;
    this.workspace = workspace;
    this.state = state;
    this.told = told;
    this.problem = '';
    this.failed = false;
    /** @type {Set<string>} */
    this.asked = new Set();
    this.button = find(root, '[data-do-two-stage]');
    this.line = find(root, '.bd-two-stage-note');
    this.button.addEventListener('click', () => this.toggle());
    document.addEventListener('keydown', (event) => {
      if (event.key.toLowerCase() !== 't' || event.repeat || event.ctrlKey || event.metaKey || event.altKey) return;
      if (!isOurs(root, event.target) || !counts(event.key)) return;
      this.toggle();
      event.preventDefault();
    }, { signal });
  }

  toggle() {
    if (this.state.case === null) return;
    if (this.problem) return this.say(this.problem);
    this.workspace.twoStage = !this.workspace.twoStage;
    this.told.change();
  }

  /**
   * A new value from the server; a new scan starts with one stage.
   * @param {any} value
   * @param {boolean} first
   */
  read(value, first) {
    const { state } = this;
    this.problem = value.two_stage_problem || '';
    if (first || this.problem) {
      if (state.twoStage && this.problem) this.failed = true;
      this.workspace.twoStage = false;
    }
    if (first) {
      this.failed = false;
      this.asked.clear();
    }
    state.boxes = state.twoStage ? value.boxes || [] : [];
    const waiting = state.twoStage ? value.two_stage_note || 'Looking for lesions…' : '';
    this.say(this.failed ? this.problem : waiting);
    this.button.setAttribute('aria-pressed', String(state.twoStage));
    this.button.setAttribute('aria-disabled', String(Boolean(this.problem)));
    this.button.title = this.problem || 'Find the lesions first, then show the model a crop of each (T)';
    this.root.dataset.stages = state.twoStage ? 'two' : 'one';
  }

  /**
   * @param {string} words
   */
  say(words) {
    this.line.hidden = !words;
    setText(this.line, words);
  }

  /**
   * Ask for those of some shown layers that have no result in two stages; each once a scan.
   * @param {(Layer | null)[]} layers
   */
  want(layers) {
    if (!this.state.twoStage) return;
    const keyOf = (/** @type {any} */ layer) => `${this.state.case}/${layer.id}`;
    const missing = layers.flatMap((layer) => layer || []).filter((layer) => layer.state === 'running' && !layer.url && !this.asked.has(keyOf(layer)));
    for (const layer of missing) this.asked.add(keyOf(layer));
    if (missing.length) this.told.ask(missing.map((layer) => layer.id));
  }
}
