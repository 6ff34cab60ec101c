// presence.js: the chosen model's presence, its cut-off under the hand, and what that cut-off does to
// validation images.

import { formatPercent } from '../core/formats.js';
import { tellPresence, withholds } from '../core/presence.js';
import { find, setText } from '../page/dom.js';
/** @import { Session } from './session.js' */

export class PresenceRow {
  /**
   * @param {HTMLElement} root
   * @param {Session} session
   */
  constructor(root, session) {
    this.session = session;
    this.row = find(root, '.bd-presence');
    this.slider = this.find('.bd-cut-off');
    this.slider.addEventListener('input', () => session.setCutOff(Number(this.slider.value)));
    this.slider.addEventListener('change', () => session.settle());
    for (const name of ['raw', 'own']) {
      this.find(`[data-presence=${name}]`).addEventListener('click', () => {
        session.setCutOff(name === 'own' ? session.workspace.chosen?.frozenCutOff || 0 : 0);
        session.settle();
      });
    }
  }

  /** @param {string} selector */
  find(selector) {
    return find(this.row, selector);
  }

  show() {
    const { workspace: { chosen, layer } } = this.session;
    this.row.hidden = !chosen || !chosen.frozenCutOff;
    if (this.row.hidden || !chosen) return;
    const { presence, cutOff, frozenCutOff } = chosen, says = tellPresence(presence, cutOff);
    if (Number(this.slider.value) !== cutOff) this.slider.value = String(cutOff);
    this.slider.setAttribute('aria-valuetext', (cutOff / 100).toFixed(2));
    setText(this.find('.bd-presence-says'), says || 'presence is being judged…');
    this.row.dataset.withheld = String(withholds(presence, cutOff));
    this.find('[data-presence=raw]').hidden = !withholds(presence, cutOff);
    this.find('[data-presence=own]').hidden = cutOff === frozenCutOff;
    const sensitivity = layer?.sensitivity?.[cutOff], alarms = layer?.alarms?.[cutOff];
    const known = typeof sensitivity === 'number' && typeof alarms === 'number';
    setText(this.find('.bd-presence-worth'), known ? `On validation images at ${(cutOff / 100).toFixed(2)}: ${formatPercent(sensitivity / 1000)} of lesions touched, false alarms on ${formatPercent(alarms / 1000)} of normal images` : '');
  }
}
