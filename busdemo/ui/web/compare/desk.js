// desk.js: what is compared and shown right now. Draws once a frame, however many events asked for
// it. Knows the template's elements, not the server. The visitor's actions on it: annotators.js,
// looking.js.

import { bindPointer } from '../canvas/pointer.js';
import { LinkedView } from '../canvas/view.js';
import { bindDesk } from './controls.js';
import { Easel } from './drawing.js';
import { DeskOfPictures } from './looking.js';
import { Panel } from './metrics.js';
import { Pictures } from './pictures.js';
import { Rows } from './rows.js';
import { showDesk, showHover, showKeys } from './showing.js';
import { WHOLE } from '../core/formats.js';
import { Planes, SLOTS, scorePair, voteEntropy } from '../core/planes.js';
import { tellSteps } from '../core/steps.js';
import { setText } from '../page/dom.js';
import { KIND_WORDS, Roster } from '../workspace/annotators.js';

export class Desk extends DeskOfPictures {
  // told: {run(), measure(request) -> numbers, readMasks(files), readFrame(annotator, frame),
  // openImage(file), bring(), save(what), copyLink()}.
  constructor(root, told, signal) {
    super();
    this.root = root;
    this.told = told;
    this.signal = signal;
    this.formats = []; // of masks: [[id, title]], as the server says
    this.roster = new Roster();
    this.view = new LinkedView();
    this.planes = new Planes(1, 1);
    this.state = { case: null, title: '', example: '', width: 0, height: 0, grey: null, truth: null, layers: [], hover: null };
    this.look = { brightness: 0, contrast: 0, invert: false };
    this.opacity = 0.35;
    this.picture = 'outlines';
    this.map = 'votes';
    this.sides = { a: '', b: '' };
    this.swipeAt = 0.5;
    this.blinkSide = 'a';
    this.blind = false;
    this.pointed = '';
    this.revealed = ''; // whose row is to be scrolled into sight
    this.due = new Set();
    this.frame = 0;
    this.easel = new Easel(this);
    this.pictures = new Pictures(this);
    this.rows = new Rows(this);
    this.panel = new Panel(this);
    this.listen();
  }

  find(selector) {
    return this.root.querySelector(selector);
  }

  listen() {
    bindDesk(this.root, this);
    for (const pane of this.root.querySelectorAll('[data-stage]')) {
      const holds = () => pane.dataset.stage === 'picture' && this.easel.holds;
      bindPointer(pane, this.view, { change: () => this.redraw('view'), hover: (at) => this.hover(at), holds });
    }
    const observer = new ResizeObserver(() => this.measure());
    observer.observe(this.find('[data-stage=picture]'));
    this.signal.addEventListener('abort', () => observer.disconnect());
  }

  // ---- a scan

  showScan({ title, example, simulated, width, height, grey, truth, truthName, spacing }) {
    Object.assign(this.state, { title, example, simulated, width, height, grey, truth, spacing });
    this.find('.bd-spacing-box').value = spacing ? String(Number(spacing.toFixed(5))) : '';
    setText(this.find('.bd-said'), '');
    this.find('.bd-list').scrollTop = 0;
    this.easel.close();
    this.easel.histories.clear();
    this.roster = new Roster();
    this.planes = new Planes(width, height);
    this.pictures.setScan(width, height, grey);
    this.view.setScan(width, height);
    this.root.style.setProperty('--bd-aspect', Math.max(0.75, Math.min(2, width / height)).toFixed(4));
    this.blind = false;
    this.sides = { a: '', b: '' };
    if (truth) {
      const one = this.roster.add({ key: 'truth', name: truthName, kind: 'truth' });
      this.fill(one, truth, 1);
    }
    this.measure();
    this.changed('look', 'masks');
  }

  measure() {
    const pane = this.find('[data-stage=picture]');
    if (!pane.clientWidth) return;
    this.view.setPane(pane.clientWidth, pane.clientHeight);
    this.redraw('view');
  }

  // ---- numbers

  scoreOf(one) {
    const reference = this.roster.find(this.roster.reference);
    if (!one.ready || !reference || !reference.ready || this.isHidden(reference)) return null;
    return scorePair(this.planes.shared, one.slot, reference.slot);
  }

  // For tests: the score of one annotator against another, and the disagreement by number of votes.
  scoreKeys(a, b) {
    return scorePair(this.planes.shared, this.roster.find(a).slot, this.roster.find(b).slot);
  }

  entropies() {
    const { length: n } = this.votersShown;
    return Array.from({ length: n + 1 }, (_, k) => voteEntropy(k, n));
  }

  areaOf(one) {
    return this.planes.shared[one.slot * SLOTS + one.slot];
  }

  describe(one) {
    if (one.kind === 'model' && !one.ready) {
      return { running: 'running…', waiting: 'waits for its turn…', unusable: one.reason }[one.state] || 'on its way…';
    }
    if (!one.ready) return one.rule === 'staple' ? 'on its way…' : 'nobody to make it of yet';
    const kind = one.drawn ? 'drawn here' : one.kind === 'consensus' ? `consensus of ${this.roster.membersOf(one).length}` : KIND_WORDS[one.kind];
    const steps = one.steps ? tellSteps(one.steps) : '';
    return [kind, `${WHOLE.format(this.areaOf(one))} px`, steps].filter(Boolean).join(' · ');
  }

  say(sentence) {
    const line = this.find('.bd-error');
    line.hidden = !sentence;
    setText(line, sentence || '');
  }

  saveMask(key, format) {
    this.told.save({ kind: 'mask', key, format });
  }

  // ---- one draw a frame

  changed(...parts) {
    this.redraw('picture', 'tools', 'list', ...parts);
  }

  redraw(...parts) {
    for (const part of parts) this.due.add(part);
    if (!this.frame) this.frame = requestAnimationFrame(() => this.drawDue());
  }

  showTools() {
    this.redraw('tools');
  }

  drawDue() {
    const { due, pictures } = this, has = (...parts) => parts.some((part) => due.has(part));
    // What was done is seen at once in the picture and the list; the map and the tables follow a frame
    // later, except where both panes move together.
    const early = has('masks', 'map') && !has('look', 'view', 'layout', 'counts');
    this.due = new Set(early ? ['counts'] : []);
    this.frame = early ? requestAnimationFrame(() => this.drawDue()) : 0;
    if (has('tools', 'layout')) showDesk(this);
    if (has('layout')) this.measure();
    if (this.state.grey && pictures.sources) {
      if (has('look')) pictures.drawScan(this.look);
      if (has('look', 'view', 'masks', 'picture')) pictures.drawPicture();
      if (!early && !this.easel.isOn && has('look', 'view', 'masks', 'map', 'counts')) pictures.drawMap(has('look'));
    }
    if (has('list')) this.rows.show();
    else if (has('masks')) this.rows.showNumbers();
    if (!early && has('list', 'masks', 'map', 'counts')) showKeys(this);
    if (!early && has('list', 'masks', 'names', 'counts')) this.panel.show(has('masks', 'names', 'counts'));
    showHover(this);
  }
}
