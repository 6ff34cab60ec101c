// session.js: what is shown and chosen right now, and the visitor's actions on it. Knows the
// template's elements, but not who computed the pictures or who wants to hear of a choice.

import { Painter } from '../canvas/painter.js';
import { bindPointer } from '../canvas/pointer.js';
import { LinkedView } from '../canvas/view.js';
import { CUT_OFFS } from '../core/presence.js';
import { NO_PROCESSING } from '../core/postprocess.js';
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
import { PresenceRow } from './presence.js';
import { Picker } from './picker.js';
import { showHover, showModels, showNumbers, showTools } from './showing.js';
import { SpacingForm } from './spacing.js';
import { StepStrip } from './steps.js';
import { LesionTable } from './table.js';
import { SegmentState } from './state.js';
import { usableInOrder } from '../workspace/layers.js';
/** @import { Look } from '../canvas/palette.js' */
/** @import { Point } from '../core/lesions.js' */
/** @import { Steps } from '../core/postprocess.js' */
/** @import { Workspace } from '../workspace/workspace.js' */

export class Session {
  /**
   * told: {choice(), save(request), look(request), shown(), link()}: called when a choice is settled,
   * a download, a heat map or a link is wanted, or other models are shown. signal: see host.js.
   * @param {HTMLElement} root
   * @param {Workspace} workspace
   * @param {any} told
   * @param {AbortSignal} signal
   */
  constructor(root, workspace, told, signal) {
    this.root = root;
    this.workspace = workspace;
    this.signal = signal;
    this.told = told;
    this.panes = new Panes(root, this);
    this.painter = new Painter();
    this.view = new LinkedView();
    this.board = new NumberBoard(root);
    this.curve = new DiceCurve(this.find('.bd-plot'), (stop, done) => (done ? told.choice() : this.setStop(stop)));
    this.state = new SegmentState(workspace);
    this.comparison = new Comparison(this);
    this.looks = new Looks(this, told.look);
    this.lookBar = new LookBar(root, this);
    this.grid = new Grid(root, this);
    this.picker = new Picker(root, this);
    this.outcome = new OutcomeCache(this);
    this.strip = new StepStrip(root, this);
    this.presence = new PresenceRow(root, this);
    this.table = new LesionTable(root, this);
    this.spacing = new SpacingForm(root, this);
    /** @type {Set<string>} */
    this.due = new Set();
    this.frame = 0;
    /** @type {(Uint8Array | null)[]} */
    this.painted = []; // grey values and reference that the painter knows
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
    this.workspace.listen({ changed: (...parts) => this.changed(parts) }, this.signal);
  }

  /**
   * Of the workspace.
   * @param {string[]} parts
   */
  changed(parts) {
    if (parts.includes('scan')) return; // shown by `showCase`
    if (parts.includes('models') || parts.includes('list')) this.redraw('models');
    this.redraw('result', ...(parts.includes('look') ? ['tools'] : []));
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
    return this.workspace.layer;
  }

  // ---- one draw a frame, however many events asked for it

  /** @param {...string} parts */
  redraw(...parts) {
    for (const part of parts) this.due.add(part);
    if (!this.frame) this.frame = requestAnimationFrame(() => this.drawDue());
  }

  // Out of sight nothing is drawn; what is due waits for the view to be seen again.
  drawDue() {
    const { due, state } = this;
    this.frame = 0;
    if (!this.root.getClientRects().length) return;
    if (due.has('models')) this.syncModels();
    if (due.has('tools')) showTools(this);
    if (state.grey) {
      if (due.has('result')) this.takeReference();
      if (due.has('look') || due.has('tools')) this.painter.setLook({ ...state.look, opacity: state.opacity[state.style] });
      if (due.has('tools')) due.add('look');
      if (this.comparison.shown) this.grid.draw(due);
      else this.panes.draw(due);
      if (due.has('look') || due.has('result') || due.has('numbers')) showNumbers(this);
    }
    showHover(this);
    due.clear();
    if (state.grey) this.told.drawn();
  }

  // Another reference, or another mask of it: everything is coloured and counted against it.
  takeReference() {
    const { width, height, grey, reference } = this.state;
    if (!grey || (this.painted[0] === grey && this.painted[1] === reference)) return;
    this.painted = [grey, reference];
    this.painter.setCase({ width, height, grey, reference });
    this.panes.caption(this.workspace);
    showModels(this);
    this.due.add('look');
  }

  // Thickness of outlines, in drawn pixels.
  get reach() {
    return this.view.outlineReach(this.painter.step);
  }

  showModels() {
    this.syncModels();
    this.redraw('result');
  }

  syncModels() {
    if (this.comparison.shown) this.comparison.tidy();
    showModels(this);
    this.grid.sync();
    this.picker.show();
    this.told.shown();
    this.due.delete('models');
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
   * @param {boolean} isNew Another scan, not an update.
   */
  showCase(isNew) {
    const { state, view, workspace } = this, { width, height } = state;
    if (isNew) {
      this.root.style.setProperty('--bd-aspect', Math.max(0.75, Math.min(2, width / height)).toFixed(4));
      view.setScan(width, height);
      this.spacing.mark(null);
      this.spacing.show();
    }
    this.takeReference();
    this.panes.caption(workspace);
    this.root.dataset.case = state.case || '';
    this.showModels();
    this.measure();
    this.showTools();
  }

  clear() {
    this.workspace.close();
    this.painted = [];
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
    this.redraw('view');
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
    const { chosen } = this.workspace;
    this.sayThreshold('');
    if (chosen) this.workspace.setStop(chosen.key, stop);
  }

  // The chosen model's own steps, and those that are taken.
  get ownSteps() {
    return this.workspace.chosen?.ownSteps || NO_PROCESSING;
  }

  get steps() {
    return this.workspace.chosen?.steps || NO_PROCESSING;
  }

  /**
   * steps: null for the model's own.
   * @param {Steps | null} steps
   */
  setSteps(steps) {
    const { chosen } = this.workspace;
    if (chosen) this.workspace.setSteps(chosen.key, steps);
    this.settle();
  }

  // Of the chosen model, as a share.
  get cutOff() {
    return (this.workspace.chosen?.cutOff || 0) / CUT_OFFS;
  }

  /** @param {number} cutOff In hundredths. */
  setCutOff(cutOff) {
    const { chosen } = this.workspace;
    if (chosen) this.workspace.setCutOff(chosen.key, cutOff);
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
    this.workspace.setSpacing(mmPerPx);
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
   * Where several are compared, it stays among them.
   * @param {string} id
   */
  pickModel(id) {
    if (!this.workspace.chooseModel(id, this.comparison.on)) return;
    this.showModels();
    this.settle();
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
    else this.workspace.setLook({ invert: !this.state.look.invert });
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
    this.workspace.setLook(look);
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
    this.told.save({ kind, model, stop, style, opacity: opacity[style], processing: this.steps, mm_per_px: mmPerPx, cut_off: this.cutOff });
  }
}
