// keeper.js: keeps what is on the table a moment after each change, and lays it out again when the
// same scan is opened: after a reload, a reconnect, or a wrong click.

import { NO_SOURCES, isOwn, layOut, nameOf, takeDown } from './keeping.js';
/** @import { Kept, Sources } from './keeping.js' */
/** @import { Workspace } from './workspace.js' */

/**
 * Where records lie: in this browser, or, in tests, in memory.
 * @typedef {object} Shelf
 * @property {() => Promise<Kept[]>} list The latest first.
 * @property {(kept: Kept) => Promise<void>} put
 * @property {(name: string) => Promise<void>} drop
 */

export const MOST_BYTES = 64 * 2 ** 20, MOST_SCANS = 12;
const PAUSE_MS = 400;

export class Keeper {
  /**
   * @param {Workspace} workspace
   * @param {Shelf | null} shelf Null: nothing is kept.
   * @param {AbortSignal} signal
   * @param {string} [asked] The example that the address asks for: there its settings win.
   */
  constructor(workspace, shelf, signal, asked = '') {
    this.asked = asked;
    this.workspace = workspace;
    this.shelf = shelf;
    /** @type {Sources} */
    this.sources = NO_SOURCES;
    /** @type {(kept: Kept) => void} Opens the scan of a record; whoever can do it says so. */
    this.reopen = () => {};
    /** @type {ReturnType<typeof setTimeout> | number} */
    this.timer = 0;
    this.changes = 0;
    this.isBehind = false; // something has changed that is not kept yet
    this.isLaying = false;
    this.name = ''; // of the scan on the table
    this.awaited = '*'; // the scan that is to be opened again; '*' until it is known which
    this.left = /** @type {Kept | null} */ (null); // what was on the table before, with masks of the visitor's own
    this.last = this.list().then((all) => all[0] || null);
    workspace.listen({ changed: (...parts) => this.heed(parts), closes: () => this.close() }, signal);
  }

  /** @returns {Promise<Kept[]>} */
  async list() {
    return this.shelf ? this.shelf.list().catch(() => []) : [];
  }

  // How many masks of the visitor's own would be lost now.
  get unsaved() {
    return this.isBehind || !this.shelf ? this.workspace.roster.list.filter(isOwn).length : 0;
  }

  // What was on the table when the page was left, unless the address asks for something else.
  async resume() {
    const last = await this.last;
    this.awaited = last && !this.asked && last.name !== this.name ? last.name : '';
    if (last && this.awaited) this.reopen(last);
  }

  /** @param {string[]} parts */
  heed(parts) {
    const name = nameOf(this.workspace.scan);
    if (this.isLaying || parts.every((part) => part === 'notice' || part === 'waiting')) return;
    if (name !== this.name) {
      this.name = name;
      if (name) this.layOut(name);
      return;
    }
    this.isBehind = true;
    this.changes++;
    this.timer ||= setTimeout(() => this.keep(), PAUSE_MS);
  }

  // Another scan is about to be opened.
  close() {
    const kept = this.isBehind || this.workspace.roster.list.some(isOwn) ? takeDown(this.workspace, this.sources) : null;
    clearTimeout(this.timer);
    this.timer = 0;
    if (kept && this.isBehind) this.put(kept);
    this.left = kept && kept.annotators.some((one) => one.bits) ? kept : null;
  }

  /**
   * What was made of this scan before, if anything.
   * @param {string} name
   */
  async layOut(name) {
    const { workspace, left } = this;
    this.isLaying = true;
    const kept = (await this.list()).find((one) => one.name === name);
    if (kept && name === nameOf(workspace.scan)) {
      const masks = layOut(workspace, kept, workspace.scan.example !== '' && workspace.scan.example === this.asked);
      if (!kept.plain) this.say(masks);
    } else if (left) {
      workspace.notify(`Your masks of ${left.title} are kept in this browser.`, 'Back to them', () => this.reopen(left));
    }
    this.left = null;
    this.asked = '';
    this.isLaying = false;
    if (this.awaited === name) this.awaited = '';
    this.isBehind = Boolean(kept) && !this.shelf;
  }

  /** @param {number} masks */
  say(masks) {
    const what = masks ? `${masks} ${masks === 1 ? 'mask' : 'masks'} of yours and your settings` : 'Your settings';
    this.workspace.notify(`${what} for this scan are back; they were kept in this browser only.`, 'Forget', () => this.forget());
  }

  async keep() {
    this.timer = 0;
    if (this.awaited) return; // the opening example stands in for what comes
    const kept = takeDown(this.workspace, this.sources);
    if (kept) await this.put(kept);
  }

  /**
   * Within bounds: the oldest go.
   * @param {Kept} kept
   */
  async put(kept) {
    const { shelf, changes } = this;
    if (!shelf) return;
    try {
      if (kept.bytes > MOST_BYTES) throw new RangeError('It is larger than what is kept.');
      const others = (await shelf.list()).filter((one) => one.name !== kept.name);
      let bytes = kept.bytes;
      for (const [place, one] of others.entries()) {
        bytes += one.bytes;
        if (bytes > MOST_BYTES || place + 1 >= MOST_SCANS) await shelf.drop(one.name);
      }
      await shelf.put(kept);
      if (changes === this.changes) this.isBehind = false;
    } catch {
      this.shelf = null; // full, or not allowed: from now on leaving asks
    }
  }

  // Everything, of every scan; what is on the table stays there.
  async forget() {
    clearTimeout(this.timer);
    this.timer = 0;
    for (const one of await this.list()) await this.shelf?.drop(one.name);
    this.workspace.notify('Nothing of yours is kept in this browser any more.');
  }
}
