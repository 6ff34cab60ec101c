// mount.js: the intake: files go up through the host, then one event names them; what the server
// says of them comes back as text.

import { mountSwitch } from '../device/switch.js';
import { closest, find, findAll } from '../page/dom.js';
import { listenToDrop } from '../page/drop.js';
import { refuseLarge } from '../page/files.js';
import { loadStyles } from '../page/styles.js';
import { fillTiles, markTile } from '../page/tiles.js';
import { nameOf } from '../workspace/keeping.js';
import { CropBox } from './crop.js';
import { ReadingControls } from './reading.js';
import { TEMPLATE } from './template.js';
/** @import { Host } from '../host/host.js' */
/** @import { Kept } from '../workspace/keeping.js' */

/** @type {Record<string, string>} */
const EVENTS = { image: 'drop_image', mask: 'drop_mask' };
const ARRIVAL_MS = 30000, POLL_MS = 1000, MOST_POLLS = 600;

/**
 * Resolves when the card stands in the element.
 * @param {Host} host
 * @param {HTMLElement} element
 */
export async function mount(host, element) {
  await loadStyles(new URL('intake.css', import.meta.url));
  if (host.signal.aborted) return;
  element.innerHTML = TEMPLATE;
  const intake = new Intake(host, find(element, '.bd-intake'));
  mountSwitch(host, find(element, '.bd-device'));
  host.watch((value) => intake.receive(value));
  intake.show(host.value());
}

class Intake {
  /**
   * @param {Host} host
   * @param {HTMLElement} root
   */
  constructor(host, root) {
    this.host = host;
    this.root = root;
    /** @type {Record<string, number>} */
    this.turns = { image: 0, mask: 0 };
    // What was asked for last and is not answered yet. Gradio sends an event that came while another
    // was answered only afterwards, with the value of that moment, which that answer has overwritten.
    this.wish = null;
    this.wishes = 0;
    this.isSending = false; // an image's upload, which no wish names yet
    /** @type {{image?: File[], masks?: File[]}} */
    this.asking = {};
    this.isToInvert = false;
    // The image's upload, so that another of its frames can be asked for: the server keeps only one.
    /** @type {any[]} */
    this.imageFiles = [];
    // A mask's upload, so that it can be read in another way.
    /** @type {any[]} */
    this.maskFiles = [];
    // A mask belongs to the image on the table: one dropped while an image is on its way waits until
    // the server has answered for that image.
    /** @type {Promise<unknown>} */
    this.imageShown = Promise.resolve();
    /** @type {(_: unknown) => void} */
    this.tellShown = () => {};
    /** @type {ReturnType<typeof setTimeout> | number} */
    this.waiting = 0; // the timer of the queue
    this.crop = new CropBox(find(root, '.bd-crop'), (/** @type {string} */ crop) => this.askCrop(crop));
    this.reading = new ReadingControls(find(root, '.bd-reading'), (reading) => this.askReading(reading));
    this.examples = find(root, '.bd-examples');
    this.listen();
  }

  listen() {
    const { host, root } = this, { signal } = host;
    for (const drop of findAll(root, '.bd-drop')) listenToDrop(drop, (files) => this.send(drop.dataset.drop, files));
    find(root, '.bd-frame input').addEventListener('change', (/** @type {any} */ event) => this.askFrame(event.target.value));
    find(root, '[data-act="invert"]').addEventListener('click', () => this.invert());
    find(root, '[data-act="remove"]').addEventListener('click', () => {
      host.keeper.sources = { ...host.keeper.sources, masks: [] };
      host.send('remove_mask');
    });
    find(root, '[data-act="forget"]').addEventListener('click', () => host.keeper.forget());
    host.keeper.reopen = (kept) => this.reopen(kept);
    host.keeper.resume();
    // A file dropped beside the drop zones must not replace the page: the panes take it too.
    document.addEventListener('dragover', (event) => event.preventDefault(), { signal });
    document.addEventListener('drop', (event) => {
      event.preventDefault();
      const pane = closest(event, '[data-pane]');
      if (pane) this.send(pane.dataset.pane === 'reference' ? 'mask' : 'image', [...(event.dataTransfer?.files || [])]);
    }, { signal });
    document.addEventListener('paste', (event) => {
      const files = [...(event.clipboardData?.files || [])];
      if (files.length) this.send(document.querySelector('[data-pane=reference]:hover') ? 'mask' : 'image', files);
    }, { signal });
    // An empty pane of the viewer is a drop zone, too.
    host.hear('choose', (kind) => {
      if (!kind) return;
      host.tell('choose', '');
      find(root, `[data-drop="${kind}"] input`).click();
    });
    // So is the other view of the workspace.
    host.hear('open', (files) => {
      if (!files) return;
      host.tell('open', null);
      this.send('image', files);
    });
    host.hear('frame', (frame) => {
      if (!frame) return;
      host.tell('frame', 0);
      find(root, '.bd-frame input').value = String(frame);
      this.askFrame(String(frame));
    });
    signal.addEventListener('abort', () => clearInterval(this.waiting));
    // The viewer follows a link: its example is asked for as a tile would.
    host.hear('example', (id) => {
      if (!id) return;
      host.tell('example', ''); // asked for once, even if this card is mounted anew
      this.pickExample(String(id).slice(0, 64));
    });
  }

  // ---- asking

  expectImage() {
    this.imageShown = new Promise((done) => {
      this.tellShown = done;
      setTimeout(done, ARRIVAL_MS);
    });
  }

  /**
   * @param {string} event
   * @param {{files?: any[], example?: string, frame?: number, crop?: any, reading?: object}} wish
   * @param {{image?: File[], masks?: File[]}} [sources] What is asked for is made of these.
   */
  ask(event, { files = [], example = '', frame = 0, crop = '', reading = {} }, sources = {}) {
    this.isSending = false;
    this.wish = { files, example, frame, crop, reading, asked: `${++this.wishes}` };
    this.asking = sources;
    this.host.note(this.wish);
    this.host.send(event);
  }

  /**
   * @param {any} value
   */
  keepWish(value) {
    if (this.wish && value.answered === this.wish.asked) {
      const { keeper, workspace } = this.host, { image, masks } = this.asking;
      if (value.image.error) workspace.wait(false); // the scan stays
      if (image && !value.image.error) keeper.sources = { image, masks: [], inverted: false };
      if (masks && !value.mask.error) keeper.sources = { ...keeper.sources, masks, inverted: false };
      this.wish = null;
    }
    if (this.wish && value.asked !== this.wish.asked) this.host.note(this.wish);
  }

  /**
   * @param {string} kind
   * @param {File[]} files
   */
  refuse(kind, files) {
    if (kind === 'image' && files.length > 1) return 'Please drop one image at a time; masks go below.';
    return refuseLarge(files);
  }

  /**
   * @param {string} kind
   * @param {File[]} files
   * @param {{frame?: number, crop?: string}} [options]
   */
  async send(kind, files, options = {}) {
    if (!files.length) return;
    const mine = ++this.turns[kind], error = this.refuse(kind, files);
    if (error) {
      this.showNote(kind, { error });
      return;
    }
    this.showNote(kind, { text: 'Reading…' });
    const before = this.imageShown;
    if (kind === 'image') {
      this.host.workspace.wait(true);
      this.expectImage();
      this.isSending = true;
      find(this.root, '.bd-frame input').value = 1;
    }
    try {
      const sent = await Promise.all(files.map((file) => this.host.upload(file)));
      if (kind === 'mask') await before;
      if (mine !== this.turns[kind]) return;
      if (kind === 'image') this.imageFiles = sent;
      else this.maskFiles = sent;
      this.reading.forget();
      this.ask(EVENTS[kind], { files: sent, ...options }, kind === 'image' ? { image: files } : { masks: files });
      if (kind === 'image') this.watchQueue();
    } catch {
      this.isSending = false;
      this.tellShown(null);
      this.host.workspace.wait(false);
      this.showNote(kind, { error: 'The upload did not arrive; please try again.' });
    }
  }

  /**
   * A scan that was on the table before, with its uploaded reference.
   * @param {Kept} kept
   */
  async reopen({ name, example, sources, frame, area }) {
    if (example) this.pickExample(example);
    else {
      await this.send('image', sources.image, { frame, crop: area });
      if (!sources.masks.length || !await this.isOpen(name)) return;
      await this.send('mask', sources.masks);
      this.isToInvert = sources.inverted; // as soon as that mask has been read
    }
  }

  /**
   * Whether that scan comes to the table: a mask may follow it then.
   * @param {string} name
   * @returns {Promise<boolean>}
   */
  isOpen(name) {
    const { workspace, signal } = this.host, done = new AbortController();
    return new Promise((tell) => {
      const look = () => {
        if (nameOf(workspace.scan) !== name) return;
        done.abort();
        tell(true);
      };
      signal.addEventListener('abort', () => done.abort());
      setTimeout(() => { done.abort(); tell(false); }, MOST_POLLS * POLL_MS);
      workspace.listen({ changed: look }, done.signal);
      look();
    });
  }

  invert() {
    const { keeper } = this.host;
    keeper.sources = { ...keeper.sources, inverted: !keeper.sources.inverted };
    this.host.send('invert_mask');
  }

  /**
   * @param {string} id
   */
  pickExample(id) {
    this.turns.image++;
    this.turns.mask++;
    markTile(this.examples, id);
    this.host.workspace.wait(id !== this.host.workspace.scan.example);
    this.ask('pick_example', { example: id });
    this.watchQueue();
  }

  /**
   * @param {string} text
   */
  askFrame(text) {
    const frame = Math.round(Number(text));
    if (!(frame >= 1) || !this.imageFiles.length) return;
    this.turns.image++;
    this.expectImage();
    this.showNote('image', { text: 'Reading…' });
    this.host.workspace.wait(true);
    this.ask('drop_image', { files: this.imageFiles, frame }, { image: this.host.keeper.sources.image });
  }

  /** @param {object} reading */
  askReading(reading) {
    this.turns.mask++;
    this.showNote('mask', { text: 'Reading…' });
    this.ask('drop_mask', { files: this.maskFiles, reading });
  }

  /** @param {string} crop */
  askCrop(crop) {
    this.turns.image++;
    this.showNote('image', { text: 'Reading…' });
    this.host.workspace.wait(true);
    this.ask('crop_image', { crop });
  }

  // While an answer takes long: how many requests wait, which is the most that can be before this one.
  watchQueue() {
    let place = Infinity, polls = 0;
    clearInterval(this.waiting);
    const timer = setInterval(async () => {
      if (++polls > MOST_POLLS) clearInterval(timer);
      try {
        place = Math.min(place, await this.host.queue());
        if (place > 0) this.showNote('image', { text: `Waiting: at most ${place} ${place === 1 ? 'request' : 'requests'} before yours.` });
      } catch {
        clearInterval(timer);
      }
    }, POLL_MS);
    this.waiting = timer;
  }

  // ---- showing

  /**
   * @param {any} value
   */
  receive(value) {
    // What arrives of an earlier wish, such as a presence that was still being judged, says nothing
    // of the one under way.
    if (!this.isSending && (!this.wish || value.answered === this.wish.asked)) {
      clearInterval(this.waiting);
      this.tellShown(null);
    }
    this.show(value);
    this.keepWish(value);
    if (this.isToInvert && value.can_invert && !this.wish) {
      this.isToInvert = false;
      this.invert();
    }
  }

  /**
   * @param {any} value
   */
  show(value) {
    if (!value) return;
    fillTiles(this.examples, value.examples, (id) => this.pickExample(id));
    markTile(this.examples, value.example);
    this.host.tell('examples', value.examples);
    for (const kind of ['image', 'seen', 'mask']) this.showNote(kind, value[kind]);
    this.showFrames(value.frames || 1);
    this.crop.show(value);
    this.reading.show(value.reading, this.maskFiles.length > 0);
    find(this.root, '[data-act="invert"]').hidden = !value.can_invert;
    find(this.root, '[data-act="remove"]').hidden = !value.can_remove;
  }

  /**
   * @param {string} kind
   * @param {{name?: string, text?: string, error?: any}} other
   */
  showNote(kind, { name = '', text = '', error = '' }) {
    const note = find(this.root, `[data-note="${kind}"]`);
    if (kind === 'image') this.host.tell('image-note', { text: name ? '' : text, error });
    note.classList.toggle('bd-error', Boolean(error));
    note.replaceChildren();
    if (name && !error) {
      const strong = document.createElement('b');
      strong.textContent = name;
      note.append(strong, document.createElement('br'));
    }
    note.append(error || text);
  }

  /**
   * @param {number} frames
   */
  showFrames(frames) {
    const row = find(this.root, '.bd-frame'), input = find(row, 'input');
    row.hidden = frames < 2 || !this.imageFiles.length;
    input.max = frames;
    find(row, 'output').textContent = frames;
  }
}
