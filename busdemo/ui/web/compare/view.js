// view.js: what is compared and shown right now. Draws once a frame, however many events asked for
// it. Knows the markup's elements, not the server. Who is compared is the store's
// (workspace/workspace.js); the hand that draws is the drawing tool's (drawing.js).

import { bindPointer } from '../canvas/pointer.js';
import { LinkedView } from '../canvas/view.js';
import { bindDesk } from './controls.js';
import { DrawingTool } from './drawing.js';
import { MetricsPanel } from './metrics.js';
import { Pictures } from './pictures.js';
import { Rows } from './rows.js';
import { showDesk, showHover, showKeys } from './showing.js';
import { WHOLE } from '../core/formats.js';
import { scorePair, voteEntropy } from '../core/planes.js';
import { readSpacing } from '../core/spacing.js';
import { tellSteps } from '../core/steps.js';
import { find, findAll, setText } from '../page/dom.js';
import { KIND_WORDS } from '../workspace/annotators.js';
/** @import { People } from './people.js' */
/** @import { Annotator } from '../workspace/annotators.js' */
/** @import { Workspace } from '../workspace/workspace.js' */
/** @import { Point } from '../core/lesions.js' */

export class CompareView {
  /**
   * told: {measure(request) -> numbers, openImage(file), openFrame(number), save(what), copyLink(), drawn()}.
   * @param {HTMLElement} root
   * @param {Workspace} workspace
   * @param {any} told
   * @param {AbortSignal} signal
   */
  constructor(root, workspace, told, signal) {
    this.root = root;
    this.store = workspace;
    this.told = told;
    this.signal = signal;
    /** @type {[string, string][]} */
    this.formats = []; // of masks: [[id, title]], as the server says
    this.view = new LinkedView();
    /** @type {People | null} */
    this.people = null; // those whose masks come in files
    this.opacity = 0.35;
    this.picture = 'outlines';
    this.map = 'votes';
    this.swipeAt = 0.5;
    this.blinkSide = 'a';
    this.blind = false;
    this.pointed = '';
    /** @type {Point | null} */
    this.hovered = null;
    /** @type {Set<string>} */
    this.due = new Set();
    this.frame = 0;
    this.easel = new DrawingTool(this);
    this.pictures = new Pictures(this);
    this.rows = new Rows(this);
    this.panel = new MetricsPanel(this);
    this.listen();
  }

  /**
   * @param {string} selector
   */
  find(selector) {
    return find(this.root, selector);
  }

  // The scan on the table.
  get state() {
    return this.store.scan;
  }

  get roster() {
    return this.store.roster;
  }

  get planes() {
    return this.store.planes;
  }

  listen() {
    bindDesk(this.root, this);
    this.store.listen({
      changed: (...parts) => this.heed(parts), say: (sentence) => this.say(sentence), leaves: (key) => this.easel.leave(key),
    }, this.signal);
    for (const pane of findAll(this.root, '[data-stage]')) {
      const holds = () => pane.dataset.stage === 'picture' && this.easel.holds;
      bindPointer(pane, this.view, { change: () => this.redraw('view'), hover: (at) => this.hover(at), holds });
    }
    const observer = new ResizeObserver(() => this.measure());
    observer.observe(this.find('[data-stage=picture]'));
    this.signal.addEventListener('abort', () => observer.disconnect());
  }

  /**
   * What has changed in the workspace. A mask that follows the hand costs no list of tools.
   * @param {string[]} parts
   */
  heed(parts) {
    if (parts.includes('scan')) this.showScan();
    if (parts.includes('spacing')) this.showSpacing();
    if (parts.length === 1 && parts[0] === 'masks') this.redraw('masks');
    else this.changed(...parts);
  }

  // ---- a scan

  showScan() {
    const { width, height, grey, frame, frames } = this.state, box = this.find('.bd-scan-frame');
    setText(this.find('.bd-said'), '');
    box.hidden = frames < 2;
    Object.assign(find(box, 'input'), { value: String(frame), max: String(frames) });
    setText(find(box, 'output'), String(frames));
    this.find('.bd-list').scrollTop = 0;
    this.showSpacing();
    this.easel.close();
    this.easel.histories.clear();
    this.blind = false;
    if (grey) {
      this.pictures.setScan(width, height, grey);
      this.view.setScan(width, height);
      this.root.style.setProperty('--bd-aspect', Math.max(0.75, Math.min(2, width / height)).toFixed(4));
    }
    this.measure();
    this.changed('look', 'masks');
  }

  showSpacing() {
    const { spacing } = this.state;
    this.find('.bd-spacing-box').value = spacing ? String(Number(spacing.toFixed(5))) : '';
  }

  measure() {
    const pane = this.find('[data-stage=picture]');
    if (!pane.clientWidth) return;
    this.view.setPane(pane.clientWidth, pane.clientHeight);
    this.redraw('view');
  }

  // ---- what the pictures show

  /**
   * In blind mode nobody but the drawer is seen, counted or scored.
   * @param {Annotator} one
   */
  isHidden(one) {
    return this.blind && one.key !== this.easel.key;
  }

  get visible() {
    return this.roster.shown.filter((one) => !this.isHidden(one));
  }

  get votersShown() {
    return this.visible.filter((one) => one.kind !== 'consensus');
  }

  // A and B among those that may be seen.
  get pair() {
    return this.store.pairOf(this.roster.ready.filter((one) => !this.isHidden(one)));
  }

  // What the picture shows, and between which shares of its width.
  layersShown() {
    const whole = (/** @type {Annotator} */ annotator) => ({ annotator, from: 0, to: 1 }), { a, b } = this.pair;
    if (this.picture === 'outlines' || this.easel.isOn || !a || !b) return this.visible.map(whole);
    if (this.picture === 'blink') return [whole(this.blinkSide === 'a' ? a : b)];
    return [{ annotator: a, from: 0, to: this.swipeAt }, { annotator: b, from: this.swipeAt, to: 1 }];
  }

  /**
   * @param {string} picture
   */
  setPicture(picture) {
    if (picture === 'blink' && this.picture === 'blink') this.blinkSide = this.blinkSide === 'a' ? 'b' : 'a';
    this.picture = picture;
    this.changed();
  }

  /**
   * @param {string} map
   */
  setMap(map) {
    this.map = map;
    this.changed('map');
  }

  swap() {
    const { a, b } = this.pair;
    if (a && b) this.store.setPair(b.key, a.key);
  }

  /**
   * @param {number} share
   */
  setSwipe(share) {
    this.swipeAt = Math.max(0, Math.min(1, share));
    this.redraw('picture', 'tools');
  }

  /**
   * Text of mm per px, as typed; empty is unknown.
   * @param {string} text
   */
  setSpacing(text) {
    const { spacing = 0, refusal } = readSpacing(text);
    this.say(refusal || '');
    if (!refusal) this.store.setSpacing(spacing);
  }

  /**
   * @param {number} share
   */
  setOpacity(share) {
    this.opacity = share;
    this.redraw('picture');
  }

  resetView() {
    this.view.reset();
    this.redraw('view');
  }

  /**
   * @param {number} factor
   */
  zoom(factor) {
    this.view.zoomAt(this.view.pane.width / 2, this.view.pane.height / 2, factor);
    this.redraw('view');
  }

  /**
   * @param {Point | null} at
   */
  hover(at) {
    this.hovered = at;
    this.redraw('hover');
  }

  /**
   * @param {string} key
   */
  point(key) {
    this.pointed = this.roster.find(key)?.ready ? key : '';
    this.redraw('picture');
  }

  /**
   * @param {boolean} on
   */
  setBlind(on) {
    this.blind = on;
    this.changed('map');
  }

  // ---- numbers

  /**
   * @param {Annotator} one
   */
  scoreOf(one) {
    const { reference } = this.store;
    return reference && !this.isHidden(reference) ? this.store.scoreOf(one) : null;
  }

  /**
   * For tests: the score of one annotator against another, and the disagreement by number of votes.
   * @param {string} a
   * @param {string} b
   */
  scoreKeys(a, b) {
    return scorePair(this.planes.shared, this.store.get(a).slot, this.store.get(b).slot);
  }

  entropies() {
    const { length: n } = this.votersShown;
    return Array.from({ length: n + 1 }, (_, k) => voteEntropy(k, n));
  }

  /**
   * @param {Annotator} one
   */
  describe(one) {
    if (one.kind === 'model' && !one.ready) {
      const words = new Map([['running', 'running…'], ['waiting', 'waits for its turn…'], ['unusable', one.reason || '']]);
      return words.get(one.state || '') || 'on its way…';
    }
    if (!one.ready) return one.rule === 'staple' ? 'on its way…' : 'nobody to make it of yet';
    const kind = this.tellKind(one);
    const steps = one.steps && tellSteps(one.steps), stages = one.model && this.store.twoStage ? 'two stages' : '';
    const stage = one.model ? (steps ? `processed: ${steps}` : 'raw') : '';
    return [kind, stages, `${WHOLE.format(this.store.masks.area(one))} px`, stage].filter(Boolean).join(' · ');
  }

  /**
   * @param {Annotator} one
   */
  tellKind(one) {
    if (one.kind === 'consensus') return `consensus of ${this.roster.membersOf(one).length}`;
    if (one.kind === 'truth' && this.state.simulated) return 'exact outline';
    if (one.provenance?.simulated) return 'simulated reader';
    return one.drawn ? 'drawn here' : KIND_WORDS[one.kind];
  }

  /**
   * @param {string} sentence
   */
  say(sentence) {
    const line = this.find('.bd-error');
    line.hidden = !sentence;
    setText(line, sentence || '');
  }

  /**
   * @param {string} key
   * @param {string} format
   */
  saveMask(key, format) {
    this.told.save({ kind: 'mask', key, format });
  }

  // ---- one draw a frame

  /** @param {...string} parts */
  changed(...parts) {
    this.redraw('picture', 'tools', 'list', ...parts);
  }

  /** @param {...string} parts */
  redraw(...parts) {
    for (const part of parts) this.due.add(part);
    if (!this.frame) this.frame = requestAnimationFrame(() => this.drawDue());
  }

  showTools() {
    this.redraw('tools');
  }

  drawDue() {
    if (!this.root.getClientRects().length) {
      this.frame = 0; // out of sight; what is due waits
      return;
    }
    const { due, pictures } = this, has = (/** @type {string[]} */ ...parts) => parts.some((part) => due.has(part));
    // What was done is seen at once in the picture and the list; the map and the tables follow a frame
    // later, except where both panes move together.
    const early = has('masks', 'map') && !has('look', 'view', 'layout', 'counts');
    this.due = new Set(early ? ['counts'] : []);
    this.frame = early ? requestAnimationFrame(() => this.drawDue()) : 0;
    if (has('tools', 'layout')) showDesk(this);
    if (has('layout')) this.measure();
    if (this.state.grey && pictures.grey.length) {
      if (has('look')) pictures.drawScan(this.store.look);
      if (has('look', 'view', 'masks', 'picture')) pictures.drawPicture();
      if (!early && !this.easel.isOn && has('look', 'view', 'masks', 'map', 'counts')) pictures.drawMap(has('look'));
    }
    if (has('list')) this.rows.show();
    else if (has('masks')) this.rows.showNumbers();
    if (!early && has('list', 'masks', 'map', 'counts')) showKeys(this);
    if (!early && has('list', 'masks', 'names', 'counts')) this.panel.show(has('masks', 'names', 'counts'));
    showHover(this);
    if (this.state.grey) this.told.drawn();
  }
}
