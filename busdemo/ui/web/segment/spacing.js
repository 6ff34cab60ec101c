// spacing.js: millimetres a pixel, typed or marked as a known length on the scan. Never guessed.

import { readSpacing, spacingOf } from '../core/spacing.js';
import { find, setText } from '../page/dom.js';
/** @import { Point } from '../core/lesions.js' */
/** @import { Session } from './session.js' */

export class SpacingForm {
  /**
   * @param {HTMLElement} root
   * @param {Session} session
   */
  constructor(root, session) {
    this.session = session;
    this.form = find(root, '.bd-spacing');
    this.box = find(this.form, '.bd-spacing-box');
    this.length = find(this.form, '.bd-length-box');
    this.marker = find(this.form, '.bd-mark');
    this.note = find(root, '.bd-spacing-note');
    /** @type {Point[] | null} */
    this.ends = null; // null while nothing is marked, otherwise the places clicked so far
    this.box.addEventListener('change', () => this.take(readSpacing(this.box.value)));
    this.marker.addEventListener('click', () => this.mark(this.ends === null ? [] : null));
    this.length.addEventListener('change', () => this.measure());
    this.form.addEventListener('keydown', (/** @type {any} */ event) => {
      if (event.key === 'Escape') this.mark(null);
    });
    for (const pane of Object.values(session.panes.all)) this.listen(pane);
  }

  /**
   * A click, not a drag.
   * @param {HTMLElement} pane
   */
  listen(pane) {
    /** @type {Point | null} */
    let from = null;
    pane.addEventListener('pointerdown', (event) => { from = { x: event.clientX, y: event.clientY }; });
    pane.addEventListener('click', (event) => {
      if (this.ends === null || this.ends.length === 2 || !from) return;
      if (Math.hypot(event.clientX - from.x, event.clientY - from.y) > 4) return;
      const box = pane.getBoundingClientRect(), { state, view } = this.session;
      const at = view.toScan(event.clientX - box.left, event.clientY - box.top);
      if (at.x < 0 || at.y < 0 || at.x > state.width || at.y > state.height) return;
      this.mark([...this.ends, at]);
      if (this.ends.length === 2) this.length.focus();
    });
  }

  /**
   * @param {Point[] | null} ends
   */
  mark(ends) {
    this.ends = ends;
    this.say(['Click one end of a known length, on any pane.', 'Click its other end.', 'How long is it?'][ends ? ends.length : 3] || '');
    this.length.parentElement.hidden = !ends || ends.length < 2;
    this.length.value = '';
    this.marker.setAttribute('aria-pressed', String(ends !== null));
    this.session.redraw('view');
  }

  measure() {
    const [one, other] = this.ends || [];
    if (!other) return;
    const { spacing, refusal } = spacingOf(this.length.value, one, other);
    if (refusal) this.say(refusal);
    else {
      this.mark(null);
      this.take({ spacing });
    }
  }

  /**
   * What cannot be taken changes nothing.
   * @param {{spacing?: number, refusal?: string}} it
   */
  take({ spacing, refusal }) {
    if (!refusal) this.session.setSpacing(spacing || 0);
    this.show();
    this.say(refusal || '');
  }

  /**
   * @param {string} sentence
   */
  say(sentence) {
    this.note.hidden = !sentence;
    setText(this.note, sentence);
  }

  show() {
    const { mmPerPx } = this.session.state;
    this.box.value = mmPerPx ? Number(mmPerPx.toPrecision(4)) : '';
  }
}
