// mount.js: the viewer and what is around it: values that arrive, questions that go out. A threshold
// move or a model switch makes no request; the host is only told of a choice, so that the page's next
// event can send it along.

import { messageOf } from '../core/formats.js';
import { processMask } from '../core/postprocess.js';
import { findComponents, labelPixels } from '../core/components.js';
import { measureLesions } from '../core/lesions.js';
import { matchLesions } from '../core/matching.js';
import { scoreAt } from '../core/scoring.js';
import { find, setText } from '../page/dom.js';
import { loadStyles } from '../page/styles.js';
import { saveFile } from '../page/files.js';
import { ImageCache } from '../workspace/images.js';
import { chooseModel, isReady, readLayer, urlOf } from '../workspace/layers.js';
import { exampleOf, followLink, readLink, writeLink } from './link.js';
import { readLooks } from './looks.js';
import { Session } from './session.js';
import { TEMPLATE } from './template.js';
import { TwoStage } from './twostage.js';
/** @import { Layer } from '../workspace/layers.js' */
/** @import { Host } from '../host/host.js' */
/** @import { SegmentState } from './session.js' */

const RESUME_MS = 1000;

/**
 * Resolves when the viewer stands in the element.
 * @param {Host} host
 * @param {HTMLElement} element
 */
export async function mount(host, element) {
  await loadStyles(
    new URL('../page/viewer.css', import.meta.url), new URL('../page/surface.css', import.meta.url),
    new URL('looks.css', import.meta.url), new URL('selector.css', import.meta.url), new URL('picker.css', import.meta.url),
    new URL('grid.css', import.meta.url), new URL('lesions.css', import.meta.url), new URL('cards.css', import.meta.url),
    new URL('stages.css', import.meta.url),
  );
  if (host.signal.aborted) return;
  element.innerHTML = TEMPLATE;
  const viewer = new Segment(host, find(element, '.bd-viewer'));
  exposeToTests(viewer);
  host.watch((value) => viewer.apply(value || {}));
  viewer.apply(host.value() || {});
}

class Segment {
  /**
   * @param {Host} host
   * @param {HTMLElement} root
   */
  constructor(host, root) {
    this.host = host;
    this.root = root;
    this.images = new ImageCache();
    this.saved = { urls: new Set(), asked: false };
    this.turn = 0;
    this.link = readLink(location.hash);
    const settle = () => { this.note(); this.tell(); };
    this.session = new Session(root, {
      choice: settle, save: (/** @type {object} */ request) => this.askForFile(request), look: (/** @type {object} */ request) => host.send('look', request),
      shown: () => this.wantStages(), link: () => this.copyLink(),
    }, host.signal);
    this.state = this.session.state;
    for (const [pane, kind] of [['original', 'image'], ['reference', 'mask']]) {
      const { [pane]: box } = this.session.panes.all, veil = find(box, '.bd-veil');
      box.addEventListener('click', () => veil.hidden || host.tell('choose', kind));
    }
    this.stages = new TwoStage(root, this.state, { change: () => this.restage(), ask: (/** @type {any[]} */ models) => host.send('stage', { models }) }, host.signal);
  }

  // ---- to the rest of the page and to the host

  // What is on the table and chosen, as soon as that has settled.
  tell() {
    const { case: name, model, stop, twoStage } = this.state;
    const { reference, processing, mm_per_px: spacing } = this.host.value() || {}, ready = isReady(this.session.chosen);
    if (name === null) return;
    this.host.tell('choice', { case: name, model, stop, ready, reference: urlOf(reference), processing, spacing, twoStage });
  }

  note() {
    const { state } = this, value = this.host.value();
    if (!value || state.case === null) return;
    /** @type {Record<string, any>} */
    const chosen = { model: state.model, stop: state.stop, processing: state.steps, mm_per_px: state.mmPerPx, two_stage: state.twoStage };
    const same = Object.keys(chosen).every((name) => JSON.stringify(value[name]) === JSON.stringify(chosen[name]));
    if (!same) this.host.note(chosen);
  }

  wantStages() {
    if (!this.stages) return; // while the session is being built
    const { comparison, chosen } = this.session;
    this.stages.want(comparison.shown ? comparison.layers : [chosen]);
  }

  // The other stage's results, from what is already here; those that are not are asked for.
  restage() {
    this.host.note({ two_stage: this.state.twoStage });
    this.apply(this.host.value());
  }

  /**
   * @param {object} request
   */
  askForFile(request) {
    this.saved.asked = true;
    this.host.send('export', request);
  }

  // ---- links

  async copyLink() {
    const fragment = writeLink(this.session), text = location.href.split('#')[0] + fragment;
    history.replaceState(null, '', fragment);
    const where = await navigator.clipboard.writeText(text).then(() => 'Copied', () => 'It stands in the address bar');
    const what = exampleOf(this.state) ? 'example, model, threshold, view' : 'no upload: model, threshold, view';
    setText(this.session.find('.bd-link-note'), `${where}: ${what}`);
  }

  // A link's example is asked for once; its other wishes wait for it.
  wantLink() {
    const { link, state } = this;
    if (!link) return;
    if (link.example && exampleOf(state) !== link.example) {
      if (link.asked) this.link = null; // the visitor has opened something else
      else {
        link.asked = true;
        this.host.tell('example', link.example);
      }
      return;
    }
    this.link = null;
    followLink(this.session, link);
    if (link.twoStage && !state.twoStage) this.stages.toggle();
  }

  // ---- values from the host

  /**
   * Show a value. Values may overtake each other while pictures load: only the latest one's turn counts.
   * @param {any} value
   */
  async apply(value) {
    const mine = ++this.turn, isLate = () => mine !== this.turn || this.host.signal.aborted, first = value.case !== this.state.case;
    this.session.say(value.message);
    this.saveFiles(value.downloads || []);
    this.root.dataset.busy = String(Boolean(value.image) && first);
    if (!value.image) {
      this.session.clear();
      return;
    }
    this.stages.read(value, first);
    try {
      await this.show(value, first, isLate);
    } catch (error) {
      if (isLate()) return;
      this.root.dataset.busy = 'false';
      this.session.say(`The scan cannot be shown. ${messageOf(error)}`);
    }
  }

  /**
   * @param {any} value
   * @param {boolean} first
   * @param {() => boolean} isLate
   */
  async show(value, first, isLate) {
    const { session, images, state } = this, layers = this.stages.layers(value), urls = [value.image, value.reference].map(urlOf);
    const [image, reference] = await images.getAll(urls);
    if (!image) return;
    // The chosen model's result comes with the scan; the others follow, each when it is there.
    const model = chooseModel(layers, first ? value.model : state.model), read = (/** @type {Layer} */ layer) => readLayer(layer, images, image, reference);
    await Promise.all(layers.filter((/** @type {Layer} */ layer) => layer.id === model).map(read));
    if (isLate()) return;
    if (first) session.looks.forget();
    session.showCase({ value, image, reference, layers, first });
    this.root.dataset.busy = 'false';
    this.note();
    this.tell();
    this.goOn(value, isLate);
    if (first) this.wantLink();
    await Promise.all(layers.filter((/** @type {Layer} */ layer) => layer.id !== model).map(async (/** @type {Layer} */ layer) => {
      await read(layer);
      if (!isLate()) session.showModels();
    }));
    if (!isLate()) this.tell();
    const looks = await readLooks(value.looks || [], images, image);
    if (isLate()) return;
    session.looks.receive(looks);
    if (looks.length) session.showTools();
    images.keepOnly(new Set(urls.concat(this.stages.urls(value), (value.looks || []).map((/** @type {any} */ one) => urlOf(one.levels)))));
  }

  /**
   * Under load the server answers the chosen model first and is asked for the others again.
   * @param {any} value
   * @param {() => boolean} isLate
   */
  goOn(value, isLate) {
    if (value.more) setTimeout(() => isLate() || this.host.send('resume'), RESUME_MS);
  }

  /**
   * Files are saved once. Their list is emptied in the value: a remount must not save them again,
   * and a file asked for twice would otherwise arrive as "nothing has changed".
   * @param {any[]} files
   */
  saveFiles(files) {
    const { saved } = this;
    if (!files.length) return;
    for (const file of files) {
      if (!urlOf(file) || (saved.urls.has(file.url) && !saved.asked)) continue;
      saveFile(file.url, file.orig_name || '');
      saved.urls.add(file.url);
    }
    saved.asked = false;
    this.host.note({ downloads: [] });
  }
}

/**
 * For tests and benchmarks:
 *   state                     what is shown and chosen (see session.js)
 *   setStop(stop)             as the slider does
 *   metricsAt(stop, model?)   the score of a model at a stop, or null
 *   pixels(pane)              Uint32Array of ABGR words last drawn for 'original', 'reference',
 *                             'prediction' or 'overlay', at the scan's own resolution; while
 *                             several models are compared, for 'votes', 'pair' or a model's id
 *   kinds(map)                Uint8Array behind the map 'votes' or 'pair' (see votes.js)
 *   functions                 what has the same in Python: processing, lesions, matching
 *   session                   everything else
 * @param {{session: Session, state: SegmentState}} it
 */
function exposeToTests({ session, state }) {
  window.__busdemoViewer = {
    state, session,
    functions: { processMask, findComponents, labelPixels, measureLesions, matchLesions },
    setStop: (/** @type {number} */ stop) => session.setStop(stop),
    metricsAt: (/** @type {number} */ stop, model = state.model) => scoreAt(state.layers.find((one) => one.id === model)?.tally || null, stop),
    pixels: (/** @type {string} */ pane) => (session.panes.all[pane] ? session.painter.sources[pane].pixels : session.grid.pixels(pane)),
    kinds: (/** @type {string} */ map) => session.grid.maps[map].kinds,
  };
}
