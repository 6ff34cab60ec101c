// lookbar.js: the bar of the heat map: what it shows, of which layer, how opaque, and one sentence
// on what that says and what it does not.

import { find, findAll, setText } from '../page/dom.js';
import { LOOKS } from './looks.js';
/** @import { Session } from './session.js' */

export class LookBar {
  /**
   * @param {HTMLElement} root
   * @param {Session} session
   */
  constructor(root, session) {
    this.session = session;
    this.bar = find(root, '.bd-lookbar');
    this.scale = find(root, '.bd-scale');
    this.kinds = find(this.bar, '.bd-look-kind');
    this.parts = find(this.bar, '.bd-look-part');
    this.range = find(this.bar, 'input');
    this.kinds.append(...Object.entries(LOOKS).map(([kind, look]) => new Option(look.name, kind)));
    this.kinds.addEventListener('change', () => session.looks.pick(this.kinds.value));
    find(this.parts, 'select').addEventListener('change', (/** @type {any} */ event) => session.looks.pickPart(event.target.value));
    this.range.addEventListener('input', () => session.looks.setOpacity(Number(this.range.value) / 100));
  }

  show() {
    const { looks, state } = this.session, look = LOOKS[looks.kind];
    this.bar.hidden = !state.heat;
    if (!state.heat) return;
    looks.request();
    this.kinds.value = looks.kind;
    this.range.value = Math.round(looks.opacity * 100);
    setText(find(this.bar, 'output'), `${this.range.value} %`);
    setText(find(this.bar, '.bd-look-says'), looks.sentence);
    const [top, bottom] = findAll(this.scale, 'span');
    setText(top, look.ends[0]);
    setText(bottom, look.ends[1]);
    this.showParts(look, looks.offered);
  }

  /**
   * @param {any} look
   * @param {{parts: {id: string, label: string}[], part: string}} other
   */
  showParts(look, { parts, part }) {
    const select = find(this.parts, 'select');
    this.parts.hidden = !parts.length;
    if (!parts.length) return;
    setText(find(this.parts, 'span'), look.parts);
    const news = JSON.stringify(parts);
    if (select.dataset.parts !== news) {
      select.dataset.parts = news;
      select.replaceChildren(...parts.map((one) => new Option(one.label, one.id)));
    }
    select.value = part;
  }
}
