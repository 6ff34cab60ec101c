// mount.js: the viewer and what is around it: values that arrive, questions that go out. A threshold
// move or a model switch makes no request; the host is only told of a choice, so that the page's next
// event can send it along.

import { messageOf } from '../core/formats.js';
import { processMask } from '../core/postprocess.js';
import { findComponents, labelPixels } from '../core/components.js';
import { measureLesions } from '../core/lesions.js';
import { matchLesions } from '../core/matching.js';
import { toBase64 } from '../core/base64.js';
import { encodeMaskPng } from '../core/maskpng.js';
import { scoreAt } from '../core/scoring.js';
import { find, setText } from '../page/dom.js';
import { LinkFollower } from '../page/linked.js';
import { dimWhileWaiting, showNotices } from '../page/notice.js';
import { loadStyles } from '../page/styles.js';
import { saveFile } from '../page/files.js';
import { urlOf } from '../workspace/layers.js';
import { Loader } from '../workspace/loading.js';
import { layerOf } from './comparison.js';
import { followLink, writeLink } from './link.js';
import { readLooks } from './looks.js';
import { Session } from './session.js';
import { TEMPLATE } from './template.js';
import { TwoStage } from './twostage.js';
/** @import { Host } from '../host/host.js' */
/** @import { SegmentState } from './state.js' */

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
  showNotices(find(element, '.bd-message'), host.workspace, host.signal);
  dimWhileWaiting(find(element, '.bd-viewer'), host.workspace, host.signal);
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
    this.loader = new Loader(host.workspace, host.signal);
    this.saved = { urls: new Set(), asked: false };
    this.turn = 0;
    const settle = () => { this.note(); this.tell(); };
    this.session = new Session(root, host.workspace, {
      choice: settle, save: (/** @type {object} */ request) => this.askForFile(request), look: (/** @type {object} */ request) => host.send('look', request),
      shown: () => this.wantStages(), link: () => this.copyLink(), drawn: () => host.address('segment', () => writeLink(this.session)),
    }, host.signal);
    this.state = this.session.state;
    for (const [pane, kind] of [['original', 'image'], ['reference', 'mask']]) {
      const { [pane]: box } = this.session.panes.all, veil = find(box, '.bd-veil');
      box.addEventListener('click', () => veil.hidden || host.tell('choose', kind));
    }
    this.link = new LinkFollower(host, 'segment', (words) => {
      followLink(this.session, words);
      host.tell('two-stage', words.get('stages') === '2');
    });
    host.hear('two-stage', (wanted) => { if (wanted !== this.state.twoStage) this.stages?.toggle(); });
    this.stages = new TwoStage(root, host.workspace, this.state, { change: () => this.restage(), ask: (/** @type {any[]} */ models) => host.send('stage', { models }) }, host.signal);
  }

  // ---- to the rest of the page and to the host

  // What is on the table and chosen, as soon as that has settled.
  tell() {
    const { case: name, model, stop, twoStage } = this.state;
    const { reference, processing, mm_per_px: spacing } = this.host.value() || {}, ready = this.session.workspace.chosen?.ready || false;
    if (name === null) return;
    this.host.tell('choice', { case: name, model, stop, ready, reference: urlOf(reference), processing, spacing, twoStage });
  }

  note() {
    const { state } = this, value = this.host.value();
    if (!value || state.case === null) return;
    /** @type {Record<string, any>} */
    const chosen = { model: state.model, stop: state.stop, processing: state.steps, mm_per_px: state.mmPerPx, two_stage: state.twoStage, cut_off: this.session.cutOff };
    const same = Object.keys(chosen).every((name) => JSON.stringify(value[name]) === JSON.stringify(chosen[name]));
    if (!same) this.host.note(chosen);
  }

  wantStages() {
    if (!this.stages) return; // while the session is being built
    const { comparison, chosen } = this.session;
    if (comparison.shown) this.host.want?.(comparison.models.map((one) => one.model));
    this.stages.want(comparison.shown ? comparison.models.map((one) => layerOf(this.state.layers, one.model)) : [chosen]);
  }

  // The other stage's results, from what is already here; those that are not are asked for.
  restage() {
    this.host.note({ two_stage: this.state.twoStage });
    this.apply(this.host.value());
  }

  /**
   * A reference that the server does not know goes along, so that the file says what is shown.
   * @param {object} request
   */
  async askForFile(request) {
    const { reference, planes, scan } = this.session.workspace, isKept = reference?.key === 'truth';
    const mask = reference && !isKept ? await encodeMaskPng(planes.words, reference.slot, scan.width, scan.height) : null;
    const other = isKept ? {} : { reference: reference && mask && { name: reference.name, png: toBase64(mask) } };
    this.saved.asked = true;
    this.host.send('export', { ...request, ...other });
  }

  // ---- links

  async copyLink() {
    const fragment = writeLink(this.session), text = location.href.split('#')[0] + fragment;
    this.host.address('segment', () => writeLink(this.session));
    const where = await navigator.clipboard.writeText(text).then(() => 'Copied', () => 'It stands in the address bar');
    const what = this.session.workspace.scan.example ? 'example, models, thresholds, steps, view' : 'no upload: models, thresholds, steps, view';
    setText(this.session.find('.bd-link-note'), `${where}: ${what}`);
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
      const whole = await this.loader.load(value, (isNew) => this.show(value, isNew, isLate));
      if (whole) await this.complete(value, isLate);
    } catch (error) {
      if (isLate()) return;
      this.root.dataset.busy = 'false';
      this.session.say(`The scan cannot be shown. ${messageOf(error)}`);
    }
  }

  /**
   * The scan and the chosen model's result are there.
   * @param {any} value
   * @param {boolean} isNew
   * @param {() => boolean} isLate
   */
  show(value, isNew, isLate) {
    if (isNew) this.session.looks.forget();
    this.session.showCase(isNew);
    this.root.dataset.busy = 'false';
    this.note();
    this.tell();
    this.goOn(value, isLate);
    this.link.tryNow();
  }

  /**
   * Every model's result is there.
   * @param {any} value
   * @param {() => boolean} isLate
   */
  async complete(value, isLate) {
    const { session } = this;
    this.tell();
    const looks = await readLooks(value.looks || [], this.loader.images, session.workspace.scan);
    if (isLate()) return;
    session.looks.receive(looks);
    if (looks.length) session.showTools();
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
 *   state                     what is shown and chosen (see state.js)
 *   setStop(stop)             as the slider does
 *   metricsAt(stop, model?)   the score of a model at a stop before processing, or null
 *   pixels(pane)              Uint32Array of ABGR words last drawn for 'original', 'reference',
 *                             'prediction' or 'overlay', at the scan's own resolution; while
 *                             several models are compared, for 'votes', 'pair' or a model's id
 *   kinds(map)                Uint8Array of the drawn pixels of the map 'votes' or 'pair' (see maps.js)
 *   functions                 what has the same in Python: processing, lesions, matching
 *   session                   everything else
 * @param {{session: Session, state: SegmentState}} it
 */
function exposeToTests({ session, state }) {
  window.__busdemoViewer = {
    state, session,
    functions: { processMask, findComponents, labelPixels, measureLesions, matchLesions },
    setStop: (/** @type {number} */ stop) => session.setStop(stop),
    metricsAt: (/** @type {number} */ stop, model = state.model) => scoreAt(session.workspace.tallyOf(state.layers.find((one) => one.id === model) || null)?.tally || null, stop),
    pixels: (/** @type {string} */ pane) => (session.panes.all[pane] ? session.painter.sources[pane].pixels : session.grid.pixels(pane)),
    kinds: (/** @type {string} */ map) => session.grid.maps[map].drawn,
  };
}
