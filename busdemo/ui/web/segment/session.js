// session.js: what is shown and chosen right now, and the visitor's actions on it. Knows the
// template's elements, but not who computed the pictures or who wants to hear of a choice.

import { Painter } from '../canvas/painter.js';
import { bindPointer } from '../canvas/pointer.js';
import { LinkedView } from '../canvas/view.js';
import { NO_PROCESSING } from '../core/postprocess.js';
import { clampStop } from '../core/scoring.js';
import { find, setText } from '../page/dom.js';
import { Comparison } from './comparison.js';
import { bindControls, bindKeyboard } from './controls.js';
import { DiceCurve } from './curve.js';
import { Grid } from './grid.js';
import { LookBar } from './lookbar.js';
import { Looks } from './looks.js';
import { NumberBoard } from './numbers.js';
import { OutcomeCache } from './outcome.js';
import { Panes } from './panes.js';
import { Picker } from './picker.js';
import { showHover, showModels, showNumbers, showTools } from './showing.js';
import { SpacingForm } from './spacing.js';
import { StepStrip } from './steps.js';
import { LesionTable } from './table.js';
import { chooseModel, sameSize, usableInOrder } from '../workspace/layers.js';
/** @import { Look } from '../canvas/palette.js' */
/** @import { Point } from '../core/lesions.js' */
/** @import { Picture } from '../core/png.js' */
/** @import { Steps } from '../core/postprocess.js' */
/** @import { Layer } from '../workspace/layers.js' */

/**
 * What is shown and chosen.
 * @typedef {object} SegmentState
 * @property {string | null} case
 * @property {string} title
 * @property {number} width
 * @property {number} height
 * @property {Uint8Array | null} grey
 * @property {Uint8Array | null} reference
 * @property {Layer[]} layers
 * @property {string} model
 * @property {number} stop
 * @property {boolean} moved Whether the threshold is the visitor's own.
 * @property {boolean} heat
 * @property {'fill' | 'outline' | 'off'} style
 * @property {Point | null} hover
 * @property {Steps | null} steps The visitor's own; null for the model's.
 * @property {boolean} raw
 * @property {number} mmPerPx
 * @property {number} aspect Height of a pixel over its width.
 * @property {Look} look
 * @property {{fill: number, outline: number, off: number}} opacity
 * @property {boolean} twoStage Whether results in two stages are shown.
 * @property {any[]} boxes Where the detector found lesions.
 */

export class Session {
  /**
   * told: {choice(), save(request), look(request), shown(), link()}: called when a choice is settled,
   * a download, a heat map or a link is wanted, or other models are shown. signal: see host.js.
   * @param {HTMLElement} root
   * @param {any} told
   * @param {AbortSignal} signal
   */
  constructor(root, told, signal) {
    this.root = root;
    this.signal = signal;
    this.told = told;
    this.panes = new Panes(root, this);
    this.painter = new Painter();
    this.view = new LinkedView();
    this.board = new NumberBoard(root);
    this.curve = new DiceCurve(this.find('.bd-plot'), (stop, done) => (done ? told.choice() : this.setStop(stop)));
    /** @type {SegmentState} */
    this.state = {
      case: null, title: '', width: 0, height: 0, grey: null, reference: null,
      layers: [], model: '', stop: 100, moved: false, heat: false, style: 'fill', hover: null,
      steps: null, raw: false, mmPerPx: 0, aspect: 1,
      look: { brightness: 0, contrast: 0, invert: false }, opacity: { fill: 0.5, outline: 1, off: 0 }, twoStage: false, boxes: [],
    };
    this.comparison = new Comparison(this);
    this.looks = new Looks(this, told.look);
    this.lookBar = new LookBar(root, this);
    this.grid = new Grid(root, this);
    this.picker = new Picker(root, this);
    this.desk = new OutcomeCache(this);
    this.strip = new StepStrip(root, this);
    this.table = new LesionTable(root, this);
    this.spacing = new SpacingForm(root, this);
    /** @type {Set<string>} */
    this.due = new Set();
    this.frame = 0;
    this.listen();
    this.showTools();
  }

  listen() {
    bindControls(this.root, this);
    bindKeyboard(this.root, this);
    for (const pane of Object.values(this.panes.all)) this.link(pane);
    const observer = new ResizeObserver(() => this.measure());
    for (const box of [this.panes.pane, this.grid.box]) observer.observe(box);
    this.signal.addEventListener('abort', () => observer.disconnect());
    this.painter.drawScale(this.find('.bd-scale canvas'));
  }

  /**
   * Zoom, position and crosshair of this pane are those of all panes.
   * @param {HTMLElement} pane
   */
  link(pane) {
    bindPointer(pane, this.view, { change: () => this.viewChanged(), hover: (at) => this.hover(at) });
  }

  /**
   * @param {string} selector
   */
  find(selector) {
    return find(this.root, selector);
  }

  get chosen() {
    return this.state.layers.find((layer) => layer.id === this.state.model) || null;
  }

  // ---- one draw a frame, however many events asked for it

  /** @param {...string} parts */
  redraw(...parts) {
    for (const part of parts) this.due.add(part);
    if (!this.frame) this.frame = requestAnimationFrame(() => this.drawDue());
  }

  drawDue() {
    const { due, state } = this;
    this.frame = 0;
    if (state.grey) {
      if (due.has('look')) this.painter.setLook({ ...state.look, opacity: state.opacity[state.style] });
      if (this.comparison.shown) this.grid.draw(due);
      else this.panes.draw(due);
      if (due.has('look') || due.has('result') || due.has('numbers')) showNumbers(this);
    }
    showHover(this);
    due.clear();
  }

  // Thickness of outlines, in drawn pixels.
  get reach() {
    return this.view.outlineReach(this.painter.step);
  }

  showModels() {
    if (this.comparison.shown) this.comparison.tidy();
    showModels(this);
    this.grid.sync();
    this.picker.show();
    this.told.shown();
    this.redraw('result');
  }

  showTools() {
    showTools(this);
    this.redraw('look');
  }

  // The four panes or the grid have just come into view: nothing of them is drawn yet.
  showMode() {
    this.showModels();
    this.measure();
    this.redraw('look');
  }

  // ---- a new scan, a new result, or nothing

  /**
   * image, reference: decoded pictures (reference may be null); first: a new case, not an update.
   * @param {{value: any, image: Picture, reference: Picture | null, layers: Layer[], first: boolean}} it
   */
  showCase({ value, image, reference, layers, first }) {
    if (reference && !sameSize(reference, image)) throw new Error('The reference has another size.');
    const { state, view } = this, { width, height, pixels: grey } = image, mask = reference && reference.pixels;
    const samePixels = grey === state.grey && mask === state.reference;
    const model = chooseModel(layers, first ? value.model : state.model);
    Object.assign(state, { case: value.case, title: value.title, width, height, grey, reference: mask, layers, model });
    if (!samePixels) this.painter.setCase({ width, height, grey, reference: mask });
    if (first) {
      state.stop = value.stop ? clampStop(value.stop) : 0;
      state.moved = state.stop > 0 && state.stop !== this.chosen?.frozen;
      this.root.style.setProperty('--bd-aspect', Math.max(0.75, Math.min(2, width / height)).toFixed(4));
      view.setScan(width, height);
      state.steps = value.processing ? { ...NO_PROCESSING, ...value.processing } : null;
      state.mmPerPx = value.mm_per_px || 0;
      state.aspect = value.aspect || 1;
      this.spacing.mark(null);
      this.spacing.show();
      this.comparison.stops.clear();
    }
    if (!state.moved) state.stop = this.chosen ? clampStop(this.chosen.frozen) : 100;
    this.comparison.noteStop();
    this.panes.caption(value, Boolean(reference));
    this.root.dataset.case = value.case;
    this.showModels();
    this.measure();
    this.showTools();
  }

  clear() {
    Object.assign(this.state, { case: null, title: '', grey: null, reference: null, layers: [], model: '' });
    this.panes.clear();
    this.root.dataset.case = '';
    this.showModels();
    showNumbers(this);
  }

  /**
   * @param {string} message
   */
  say(message) {
    const line = this.find('.bd-message');
    line.hidden = !message;
    setText(line, message || '');
  }

  measure() {
    const { pane } = this.comparison.shown ? this.grid : this.panes;
    if (!pane.clientWidth) return; // out of view
    this.view.setPane(pane.clientWidth, pane.clientHeight);
    this.viewChanged();
  }

  viewChanged() {
    this.root.dataset.zoomed = String(!this.view.isFitted);
    // Outlines keep their thickness on the screen, so they are drawn anew at another scale.
    this.redraw('view', ...(this.state.style === 'outline' || this.state.heat ? ['result'] : []));
  }

  /**
   * @param {Point | null} at
   */
  hover(at) {
    this.state.hover = at;
    this.redraw('hover');
  }

  // ---- what a visitor may do (called by controls.js)

  /**
   * @param {number} stop
   */
  setStop(stop) {
    this.state.stop = clampStop(stop);
    this.sayThreshold('');
    this.state.moved = !this.chosen || this.state.stop !== this.chosen.frozen;
    this.comparison.noteStop();
    if (this.comparison.shown && this.comparison.own) this.redraw(`cell:${this.state.model}`, 'numbers');
    else this.redraw('result');
  }

  // The chosen model's own steps, and those that are taken: several models are compared without.
  get ownSteps() {
    return { ...NO_PROCESSING, ...(this.chosen?.processing || {}) };
  }

  get steps() {
    return this.comparison.shown ? NO_PROCESSING : this.state.steps || this.ownSteps;
  }

  /**
   * steps: null for the model's own.
   * @param {Steps | null} steps
   */
  setSteps(steps) {
    this.state.steps = steps;
    this.redraw('result');
    this.settle();
  }

  /**
   * @param {boolean} raw
   */
  setRaw(raw) {
    this.state.raw = raw;
    this.panes.all.raw.hidden = !raw;
    this.root.dataset.raw = String(raw);
    this.measure();
    this.redraw('look');
  }

  /**
   * @param {number} mmPerPx
   */
  setSpacing(mmPerPx) {
    this.state.mmPerPx = mmPerPx;
    this.redraw('numbers');
    this.settle();
  }

  /** @param {string} sentence Why another threshold stands there than was typed. */
  sayThreshold(sentence) {
    const line = this.find('.bd-stop-note');
    line.hidden = !sentence;
    setText(line, sentence);
  }

  /**
   * @param {number} by
   */
  nudge(by) {
    this.setStop(this.state.stop + by);
  }

  settle() {
    this.told.choice();
  }

  toFrozen() {
    if (this.chosen) this.setStop(this.chosen.frozen);
    this.settle();
    this.find('.bd-stop').focus();
  }

  /**
   * The threshold follows the models' frozen values until the visitor moves it.
   * @param {string} id
   */
  pickModel(id) {
    const layer = this.state.layers.find((one) => one.id === id && one.state !== 'unusable');
    if (!layer || !this.comparison.admit(id)) return;
    this.state.model = id;
    this.adoptStop();
    this.settle();
  }

  // The chosen model's threshold; of several with one threshold it is the visitor's.
  adoptStop() {
    const { state, comparison, chosen } = this;
    if (comparison.on) state.stop = comparison.stopOf(/** @type {Layer} */ (chosen));
    else if (chosen && !state.moved) state.stop = clampStop(chosen.frozen);
    state.moved = !chosen || state.stop !== chosen.frozen;
    this.showModels();
  }

  /**
   * @param {number} n
   */
  pickNth(n) {
    const layer = usableInOrder(this.state.layers)[n - 1];
    if (layer) this.pickModel(layer.id);
  }

  /**
   * @param {'heat' | 'invert'} name
   */
  toggle(name) {
    if (name === 'heat') this.state.heat = !this.state.heat;
    else this.state.look.invert = !this.state.look.invert;
    this.showTools();
  }

  /**
   * @param {'fill' | 'outline' | 'off'} style
   */
  setStyle(style) {
    this.state.style = this.state.style === style ? 'off' : style;
    this.showTools();
  }

  cycleOverlay() {
    const next = /** @type {const} */ ({ fill: 'outline', outline: 'off', off: 'fill' });
    this.setStyle(next[this.state.style]);
  }

  /**
   * @param {Partial<Look> & {opacity?: number}} it
   */
  setLook({ opacity, ...look }) {
    if (opacity !== undefined) this.state.opacity[this.state.style] = opacity;
    Object.assign(this.state.look, look);
    this.showTools();
  }

  resetView() {
    this.view.reset();
    this.viewChanged();
  }

  /**
   * Zoom and the place of the scan in the middle, of a link.
   * @param {{zoom: number, x: number, y: number}} it
   */
  lookAt({ zoom, x, y }) {
    const { view } = this;
    view.reset();
    view.zoomAt(view.pane.width / 2, view.pane.height / 2, zoom);
    view.centre = { x, y };
    view.settle();
    this.viewChanged();
  }

  /**
   * @param {number} factor
   */
  zoom(factor) {
    this.view.zoomAt(this.view.pane.width / 2, this.view.pane.height / 2, factor);
    this.viewChanged();
  }

  /**
   * @param {string} kind
   */
  save(kind) {
    const { model, stop, style, opacity, mmPerPx } = this.state;
    this.told.save({ kind, model, stop, style, opacity: opacity[style], processing: this.steps, mm_per_px: mmPerPx });
  }
}
