// linked.js: a view that follows the page's address: as soon as the scan it asks for is on the table,
// which is asked for once.

import { isThere, wordsOf } from '../workspace/link.js';
/** @import { Host } from '../host/host.js' */

export class LinkFollower {
  /**
   * @param {Host} host
   * @param {string} tab
   * @param {(words: Map<string, string>) => void} follow
   */
  constructor(host, tab, follow) {
    this.host = host;
    this.follow = follow;
    this.words = wordsOf(location.hash, tab);
    /** @type {{id: string}[] | null} */
    this.examples = null; // those offered
    this.asked = '';
    /** @type {string | null} */
    this.before = null; // the case that was on the table when its example was asked for
    host.hear('examples', (examples) => {
      this.examples = examples;
      this.tryNow();
    });
    host.hear('address', (asked) => {
      if (asked !== tab) return;
      this.words = wordsOf(location.hash, tab);
      this.asked = '';
      this.tryNow();
    });
  }

  // To be called when another scan is on the table.
  tryNow() {
    const { host, words, examples } = this, example = words?.get('example') || '';
    if (!words || !host.workspace.scan.grey) return;
    if (isThere(host.workspace, words, examples)) {
      this.words = null;
      this.follow(words);
    } else if (examples && this.asked !== example) {
      this.asked = example;
      host.tell('example', example);
    } else if (examples && host.workspace.scan.case !== this.before) this.words = null; // the visitor has opened something else
    this.before = host.workspace.scan.case;
  }
}
