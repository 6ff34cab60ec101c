// mount.js: the comparison and what is around it: masks that arrive, questions that go out. Nothing a
// visitor sees in the pictures makes a request.

import { fromBase64, toBase64 } from '../core/base64.js';
import { find, make, setText } from '../page/dom.js';
import { saveBlob } from '../page/files.js';
import { fillTiles, markTile } from '../page/tiles.js';
import { LinkFollower } from '../page/linked.js';
import { dimWhileWaiting, showNotices } from '../page/notice.js';
import { loadStyles } from '../page/styles.js';
import { CompareView } from './view.js';
import { followLink, writeLink } from './link.js';
import { People } from './people.js';
import { TEMPLATE } from './template.js';
/** @import { Host } from '../host/host.js' */

// What the download menu offers: kind, name, and what it is.
const SAVES = [
  ['report', 'Report', 'HTML, one file, prints on A4'],
  ['json', 'Numbers', 'JSON, with versions and digests'],
  ['csv', 'Table', 'CSV, the metric shown'],
  ['svg', 'Contours', 'SVG'],
];

/**
 * Resolves when the comparison stands in the element and shows what is on the table.
 * @param {Host} host
 * @param {HTMLElement} element
 */
export async function mount(host, element) {
  await loadStyles(
    new URL('../page/viewer.css', import.meta.url), new URL('../page/surface.css', import.meta.url),
    new URL('desk.css', import.meta.url), new URL('list.css', import.meta.url), new URL('figures.css', import.meta.url),
  );
  if (host.signal.aborted) return;
  element.innerHTML = TEMPLATE;
  const comparison = new Compare(host, find(element, '.bd-desk'));
  window.__busdemoDesk = comparison.desk; // for tests and benchmarks
  showNotices(find(element, '.bd-error'), host.workspace, host.signal);
  dimWhileWaiting(find(element, '.bd-desk'), host.workspace, host.signal);
  comparison.begin();
}

class Compare {
  /**
   * @param {Host} host
   * @param {HTMLElement} root
   */
  constructor(host, root) {
    this.host = host;
    this.root = root;
    /** @type {LinkFollower | null} */
    this.link = null; // until the view begins
    this.desk = new CompareView(root, host.workspace, {
      measure: (/** @type {object} */ request) => host.ask('measure', request),
      openImage: (/** @type {File} */ file) => host.tell('open', [file]), openFrame: (/** @type {number} */ frame) => host.tell('frame', frame), copyLink: () => this.copyLink(), save: (/** @type {any} */ what) => this.save(what),
      drawn: () => host.address('compare', () => writeLink(this.desk)),
    }, host.signal);
    this.desk.people = new People(this.desk, (question, request) => host.ask(question, request));
    for (const [kind, words, detail] of SAVES) {
      const button = make('button', { type: 'button', class: 'bd-item', 'data-export': kind }, words, make('span', {}, detail));
      button.addEventListener('click', () => this.save({ kind }));
      this.desk.find('.bd-downloads').append(button);
    }
  }

  begin() {
    const { desk, host } = this;
    desk.formats = host.value()?.formats || [];
    host.workspace.listen({ changed: (...parts) => this.follow(parts) }, host.signal);
    host.hear('examples', (examples) => {
      fillTiles(desk.find('.bd-examples'), examples, (id) => host.tell('example', id));
      markTile(desk.find('.bd-examples'), host.workspace.scan.example);
    });
    host.hear('image-note', ({ text = '', error = '' }) => {
      setText(desk.find('.bd-said'), text);
      desk.say(error);
    });
    desk.showScan();
    this.link = new LinkFollower(host, 'compare', (words) => {
      followLink(desk, words);
      if (words.get('stages') === '2') host.tell('two-stage', true);
    });
    this.follow(['scan', 'models']);
  }

  /**
   * @param {string[]} parts
   */
  follow(parts) {
    const { desk, host } = this;
    if (parts.includes('models') || parts.includes('scan')) this.showZoo();
    if (parts.includes('list') && this.root.getClientRects().length) host.want?.(desk.store.models.map((one) => one.model));
    if (!parts.includes('scan')) return;
    markTile(desk.find('.bd-examples'), host.workspace.scan.example);
    this.link?.tryNow();
  }

  // ---- a visitor's files

  /**
   * what: {kind: 'mask', key, format} or {kind: 'csv' | 'svg' | 'report' | 'json'}.
   * @param {any} what
   */
  async save(what) {
    const { desk } = this;
    desk.say('');
    try {
      const asked = await desk.panel.describeAll(), { title, sha256, url } = desk.state, scan = { title, sha256, url };
      const request = { ...asked, ...what, metric: desk.panel.metric.id, scan };
      let file = await this.host.ask('write_file', request);
      // The server has the scan, unless it was started anew or two hours have passed.
      if (file.lacks === 'image') file = await this.host.ask('write_file', { ...request, image: await readPicture(url) });
      if (file.error) desk.say(file.error);
      else saveBlob(new Blob([fromBase64(file.data)], { type: file.type }), file.name);
    } catch {
      desk.say('The file could not be written; please try again.');
    }
  }

  async copyLink() {
    const { desk } = this, fragment = writeLink(desk), said = desk.find('.bd-said');
    this.host.address('compare', () => writeLink(desk));
    const copied = navigator.clipboard.writeText(location.href.split('#')[0] + fragment);
    setText(said, await copied.then(() => 'Copied.', () => 'The link stands in the address bar.'));
    if (!desk.state.example) setText(said, 'Uploaded scans and masks are not in a link.');
  }

  // ---- what is offered

  showZoo() {
    const { desk } = this;
    desk.find('.bd-zoo').replaceChildren(...desk.store.layers.map((layer) => {
      const isUsable = layer.state !== 'unusable', note = make('span', {}, isUsable ? layer.note : layer.reason);
      const button = make('button', { type: 'button', class: 'bd-small', 'data-model': layer.id, title: layer.reason || layer.note }, layer.name, note);
      button.disabled = !isUsable;
      button.addEventListener('click', () => desk.store.addModel(layer.id));
      return button;
    }));
  }
}

/**
 * The scan as text, as the server has sent it.
 * @param {string} url
 */
async function readPicture(url) {
  return toBase64(new Uint8Array(await (await fetch(url)).arrayBuffer()));
}
