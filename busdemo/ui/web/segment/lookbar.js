// lookbar.js: the bar of the heat map: what it shows, of which layer, how opaque, and one sentence
// on what that says and what it does not.

import { setText } from '../page/dom.js';
import { LOOKS } from './looks.js';

export class LookBar {
  constructor(root, session) {
    this.session = session;
    this.bar = root.querySelector('.bd-lookbar');
    this.scale = root.querySelector('.bd-scale');
    this.kinds = this.bar.querySelector('.bd-look-kind');
    this.parts = this.bar.querySelector('.bd-look-part');
    this.range = this.bar.querySelector('input');
    this.kinds.append(...Object.entries(LOOKS).map(([kind, look]) => new Option(look.name, kind)));
    this.kinds.addEventListener('change', () => session.looks.pick(this.kinds.value));
    this.parts.querySelector('select').addEventListener('change', (event) => session.looks.pickPart(event.target.value));
    this.range.addEventListener('input', () => session.looks.setOpacity(Number(this.range.value) / 100));
  }

  show() {
    const { looks, state } = this.session, look = LOOKS[looks.kind];
    this.bar.hidden = !state.heat;
    if (!state.heat) return;
    looks.request();
    this.kinds.value = looks.kind;
    this.range.value = Math.round(looks.opacity * 100);
    setText(this.bar.querySelector('output'), `${this.range.value} %`);
    setText(this.bar.querySelector('.bd-look-says'), looks.sentence);
    const [top, bottom] = this.scale.querySelectorAll('span');
    setText(top, look.ends[0]);
    setText(bottom, look.ends[1]);
    this.showParts(look, looks.offered);
  }

  showParts(look, { parts, part }) {
    const select = this.parts.querySelector('select');
    this.parts.hidden = !parts.length;
    if (!parts.length) return;
    setText(this.parts.querySelector('span'), look.parts);
    const news = JSON.stringify(parts);
    if (select.dataset.parts !== news) {
      select.dataset.parts = news;
      select.replaceChildren(...parts.map((one) => new Option(one.label, one.id)));
    }
    select.value = part;
  }
}
