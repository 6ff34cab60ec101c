// mount.js: the comparison and what is around it: scans, results and masks that arrive, questions
// that go out. Nothing a visitor sees in the pictures makes a request.

import { messageOf } from '../core/formats.js';
import { fromBase64, toBase64 } from '../core/base64.js';
import { find, make, setText } from '../page/dom.js';
import { refuseLarge, saveBlob } from '../page/files.js';
import { fillTiles, markTile } from '../page/tiles.js';
import { loadStyles } from '../page/styles.js';
import { ImageCache, fetchGreyPng } from '../workspace/images.js';
import { urlOf } from '../workspace/layers.js';
import { CompareView } from './view.js';
import { followLink, readLink, writeLink } from './link.js';
import { People } from './people.js';
import { TEMPLATE } from './template.js';
/** @import { Layer } from '../workspace/layers.js' */
/** @import { Host } from '../host/host.js' */

const OPENING_MODELS = 4;
// What the download menu offers: kind, name, and what it is.
const SAVES = [
  ['report', 'Report', 'HTML, one file, prints on A4'],
  ['json', 'Numbers', 'JSON, with versions and digests'],
  ['csv', 'Table', 'CSV, the metric shown'],
  ['svg', 'Contours', 'SVG'],
];

/**
 * Resolves when the comparison stands in the element and has asked for its scan.
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
  host.watch((value) => comparison.apply(value || {}));
  comparison.enter();
}

class Compare {
  /**
   * @param {Host} host
   * @param {HTMLElement} root
   */
  constructor(host, root) {
    this.host = host;
    this.root = root;
    this.images = new ImageCache();
    this.link = readLink(location.hash);
    this.turn = 0;
    this.desk = new CompareView(root, {
      run: () => queueMicrotask(() => this.runModels()),
      measure: (/** @type {object} */ request) => host.ask('measure', request),
      openImage: (/** @type {File} */ file) => this.openImage(file), copyLink: () => this.copyLink(), save: (/** @type {any} */ what) => this.save(what),
      bring: () => host.send('bring'),
    }, host.signal);
    this.desk.people = new People(this.desk, (question, request) => host.ask(question, request));
    for (const [kind, words, detail] of SAVES) {
      const button = make('button', { type: 'button', class: 'bd-item', 'data-export': kind }, words, make('span', {}, detail));
      button.addEventListener('click', () => this.save({ kind }));
      this.desk.find('.bd-downloads').append(button);
    }
  }

  enter() {
    const { link } = this;
    this.host.send('enter', { example: link ? link.example : '', models: link ? link.models.map(({ id }) => id) : [] });
  }

  // ---- models

  // Listed models that are not there yet: read the results that are known, ask for the others. One
  // event names them all; those asked for already are not asked for again.
  runModels() {
    const { desk } = this, listed = desk.state.layers.filter((layer) => !layer.levels && desk.roster.find(`model:${layer.id}`));
    const missing = listed.filter((layer) => !layer.url && !layer.asked);
    for (const layer of missing) layer.asked = true;
    if (missing.length) this.host.send('run_models', { models: missing.map(({ id }) => id) });
    if (listed.some((layer) => layer.url)) this.readLevels();
  }

  // Levels are fetched for the models that are compared, and only for those.
  async readLevels() {
    const { desk } = this, { layers, width, height } = desk.state;
    const wanted = layers.filter((layer) => layer.url && !layer.levels && !layer.reading && desk.roster.find(`model:${layer.id}`));
    await Promise.all(wanted.map(async (layer) => {
      layer.reading = true;
      try {
        const picture = await fetchGreyPng(/** @type {string} */ (layer.url));
        if (picture.width !== width || picture.height !== height) throw new Error('It has another size than the scan.');
        layer.levels = picture.pixels;
      } catch (error) {
        Object.assign(layer, { state: 'unusable', reason: `The result cannot be read. ${messageOf(error)}` });
      }
      if (desk.state.layers === layers) desk.store.fillModels();
    }));
  }

  // ---- a visitor's files

  /**
   * @param {File} file
   */
  async openImage(file) {
    const { desk, root } = this;
    desk.say(refuseLarge([file]));
    if (refuseLarge([file])) return;
    root.dataset.busy = 'true';
    try {
      this.host.note({ upload: await this.host.upload(file) });
      this.host.send('open_image');
    } catch {
      root.dataset.busy = 'false';
      desk.say('The upload did not arrive; please try again.');
    }
  }

  /**
   * what: {kind: 'mask', key, format} or {kind: 'csv' | 'svg' | 'report' | 'json'}.
   * @param {any} what
   */
  async save(what) {
    const { desk } = this;
    desk.say('');
    try {
      const asked = await desk.panel.describeAll(), scan = await this.describeScan();
      const file = await this.host.ask('write_file', { ...asked, ...what, metric: desk.panel.metric.id, ...scan });
      if (file.error) desk.say(file.error);
      else saveBlob(new Blob([fromBase64(file.data)], { type: file.type }), file.name);
    } catch {
      desk.say('The file could not be written; please try again.');
    }
  }

  // The scan goes along with every file that names or shows it.
  async describeScan() {
    const { scan_sha256: sha256, image } = this.host.value(), answer = await fetch(image.url);
    return { scan: { title: this.desk.state.title, sha256 }, image: toBase64(new Uint8Array(await answer.arrayBuffer())) };
  }

  async copyLink() {
    const { desk } = this, fragment = writeLink(desk), said = desk.find('.bd-said');
    history.replaceState(null, '', fragment);
    const copied = navigator.clipboard.writeText(location.href.split('#')[0] + fragment);
    setText(said, await copied.then(() => 'Copied.', () => 'The link stands in the address bar.'));
    if (!desk.state.example) setText(said, 'Uploaded scans and masks are not in a link.');
  }

  // ---- values from the host

  /**
   * @param {any} value
   */
  async apply(value) {
    const { desk } = this, mine = ++this.turn, isLate = () => mine !== this.turn || this.host.signal.aborted;
    this.root.dataset.busy = 'false';
    desk.say(value.message);
    if (!value.image) return;
    desk.formats = value.formats || [];
    const examples = desk.find('.bd-examples');
    fillTiles(examples, value.examples, (id) => this.host.send('pick_example', { example: id }));
    markTile(examples, value.example);
    setText(desk.find('.bd-scan-note'), [value.simulated ? 'simulated' : '', value.scan_note].filter(Boolean).join('; '));
    try {
      // The same scan against another ground truth is another case.
      const name = `${value.case} ${urlOf(value.reference)}`;
      if (name !== desk.state.case) await this.openCase(name, value, isLate);
      if (!isLate()) this.updateModels(value);
    } catch (error) {
      if (!isLate()) desk.say(`The scan cannot be shown. ${messageOf(error)}`);
    }
  }

  /**
   * @param {string} name
   * @param {any} value
   * @param {() => boolean} isLate
   */
  async openCase(name, value, isLate) {
    const { desk, images } = this, readers = value.readers || [];
    const urls = [value.image, value.reference, ...readers.map((/** @type {{mask: Uint8Array}} */ { mask }) => mask)].map(urlOf);
    const [image, truth, ...drawn] = await images.getAll(urls);
    if (isLate() || !image) return;
    desk.state.case = name;
    desk.state.layers = value.models.map((/** @type {any} */ layer) => ({ ...layer, url: urlOf(layer.levels), levels: null }));
    desk.showScan({
      title: value.title, example: value.example, simulated: value.simulated, width: image.width, height: image.height, grey: image.pixels,
      truth: truth && truth.pixels, truthName: value.reference_name, spacing: value.spacing || 0,
      aspect: value.aspect || 1, frame: value.frame || 1, frames: value.frames || 1,
    });
    readers.forEach((/** @type {{name: string, note: string}} */ { name: called, note }, /** @type {number} */ k) => desk.store.addAnnotator({ key: `reader:${k + 1}`, name: called, note, kind: 'person', provenance: { simulated: true } }, drawn[k]?.pixels));
    desk.state.facts = value.facts || {};
    images.keepOnly(new Set());
    this.showZoo();
    const ready = desk.state.layers.filter((layer) => layer.url).slice(0, OPENING_MODELS);
    if (this.link) followLink(desk, this.link);
    else for (const layer of ready) desk.store.addModel(layer.id);
    this.link = null;
  }

  /**
   * What the server knows of the models by now. A result that is there stays.
   * @param {any} value
   */
  updateModels(value) {
    const { desk } = this;
    for (const news of value.models) {
      const layer = desk.state.layers.find((one) => one.id === news.id);
      if (!layer) continue;
      layer.note = news.note;
      if (!layer.url) Object.assign(layer, { state: news.state, reason: news.reason, url: urlOf(news.levels) });
    }
    this.showZoo();
    desk.store.fillModels();
    this.readLevels();
  }

  showZoo() {
    const { desk } = this;
    desk.find('.bd-zoo').replaceChildren(...desk.state.layers.map((layer) => {
      const isUsable = layer.state !== 'unusable', note = make('span', {}, isUsable ? layer.note : layer.reason);
      const button = make('button', { type: 'button', class: 'bd-small', 'data-model': layer.id, title: layer.reason || layer.note }, layer.name, note);
      button.disabled = !isUsable;
      button.addEventListener('click', () => desk.store.addModel(layer.id));
      return button;
    }));
  }
}
