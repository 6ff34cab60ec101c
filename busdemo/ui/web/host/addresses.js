// addresses.js: every tab has an address, which follows what is seen; Back and Forward go from tab to
// tab. Of Gradio's tabs only their words are known: on a phone the last ones are entries of a menu.

const TABS = ['segment', 'compare', 'models', 'benchmark', 'about'];
const PAUSE_MS = 500;

/**
 * The tab that a fragment names; '' for none.
 * @param {string} fragment
 */
export function tabOf(fragment) {
  const [name] = fragment.replace('#', '').split(/[?&=/]/);
  return TABS.includes(name) ? name : '';
}

/**
 * @param {Element} button
 */
function nameOf(button) {
  const name = (button.textContent || '').trim().toLowerCase();
  return TABS.includes(name) ? name : '';
}

export class Addresses {
  /**
   * told: {follow(tab)}: an address has been typed or pasted while the page is open.
   * @param {(tab: string) => void} follow
   */
  constructor(follow) {
    this.tab = tabOf(location.hash) || TABS[0];
    /** @type {Map<string, () => string>} */
    this.writers = new Map();
    /** @type {ReturnType<typeof setTimeout> | number} */
    this.timer = 0;
    this.isGoing = false; // a tab is opened because of the address
    document.addEventListener('click', (event) => {
      const button = event.target instanceof Element ? event.target.closest('#bd-tabs button') : null;
      if (button && nameOf(button)) this.enter(nameOf(button));
    }, { capture: true });
    window.addEventListener('popstate', ({ state }) => {
      this.open(tabOf(location.hash) || TABS[0]);
      if (!state) follow(this.tab);
    });
  }

  /**
   * A visitor has opened a tab: one step in the browser's history.
   * @param {string} tab
   */
  enter(tab) {
    if (tab === this.tab) return;
    this.tab = tab;
    if (!this.isGoing) history.pushState({ tab }, '', this.fragment);
  }

  get fragment() {
    return this.writers.get(this.tab)?.() || `#${this.tab}`;
  }

  /**
   * @param {string} tab
   */
  open(tab) {
    this.isGoing = true;
    // Gradio has each tab twice, once out of sight, to see which fit.
    const buttons = [...document.querySelectorAll('#bd-tabs button')].filter((one) => nameOf(one) === tab);
    if (tab !== this.tab) for (const button of buttons) if (button instanceof HTMLElement) button.click();
    this.isGoing = false;
    this.tab = tab;
  }

  /**
   * What a tab shows has changed: a moment later its address says so.
   * @param {string} tab
   * @param {() => string} write
   */
  note(tab, write) {
    this.writers.set(tab, write);
    if (!this.timer) this.timer = setTimeout(() => this.show(), PAUSE_MS);
  }

  show() {
    this.timer = 0;
    if (this.writers.has(this.tab) && location.hash !== this.fragment) history.replaceState({ tab: this.tab }, '', this.fragment);
  }
}
