// desk.js: what is compared and shown right now, and the visitor's actions on it. Draws once a
// frame, however many events asked for it. Knows the template's elements, not the server.

class Desk {
  // told: {run(), measure(request) -> numbers, readMasks(files), openImage(file), bring(), save(what),
  // copyLink()}.
  constructor(root, told, { formats }) {
    this.root = root;
    this.told = told;
    this.formats = formats;
    this.roster = new Roster();
    this.view = new LinkedView();
    this.planes = new Planes(1, 1);
    this.shared = countOverlaps(this.planes.words);
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
    new ResizeObserver(() => this.measure()).observe(this.find('[data-stage=picture]'));
  }

  // ---- a scan

  showScan({ title, example, simulated, width, height, grey, truth, truthName, spacing }) {
    Object.assign(this.state, { title, example, simulated, width, height, grey, truth, spacing });
    this.find('.bd-spacing-box').value = spacing ? String(Number(spacing.toFixed(5))) : '';
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

  // ---- masks

  // Give an annotator its mask: levels from a stop on.
  fill(annotator, levels, stop) {
    this.planes.write(annotator.slot, levels, stop);
    annotator.ready = true;
    annotator.version++;
    this.updateConsensus();
    this.changed('masks');
  }

  // The planes of an annotator have changed under the hand.
  maskChanged(key) {
    this.roster.find(key).version++;
    this.updateConsensus();
    this.redraw('masks');
  }

  strokeEnded() {
    this.showTools();
  }

  updateConsensus() {
    for (const one of this.roster.list) {
      if (one.kind !== 'consensus' || one.rule === 'staple') continue;
      const members = this.roster.membersOf(one);
      this.planes.writeVotes(one.slot, slotsOf(members), members.length ? votesNeeded(one.rule, members.length) : 255);
      one.ready = members.length > 0;
      one.version++;
    }
  }

  addAnnotator(facts, levels) {
    const one = this.roster.add(facts);
    if (!one) {
      this.say(`At most ${MOST_ANNOTATORS} annotators are compared at once; please remove one first.`);
      return null;
    }
    if (levels) this.fill(one, levels, 1);
    else this.changed('masks');
    return one;
  }

  // file: kept for its other frames only.
  addMask({ name, note, sha256, pixels, file = null, label = '', frame = 1, frames = 1 }) {
    const volume = frames > 1 ? { file, label, frame, frames } : {};
    return this.addAnnotator({ key: this.roster.newKey('upload'), name, note, sha256, kind: 'person', ...volume }, pixels);
  }

  setFrame(one, { note, frame }, levels) {
    Object.assign(one, { note, frame });
    this.fill(one, levels, 1);
  }

  // A model of the zoo; its levels may come later.
  addModel(id, settings = {}) {
    const layer = this.state.layers.find((one) => one.id === id), key = `model:${id}`;
    if (!layer || layer.state === 'unusable' || this.roster.find(key)) return null;
    const stop = clampStop(settings.stop || layer.frozen), ownSteps = checkSteps(layer.processing || {}), steps = settings.steps || ownSteps;
    const one = this.addAnnotator({ key, name: layer.name, kind: 'model', model: id, frozen: layer.frozen, stop, steps, ownSteps });
    if (one) this.fillModels();
    if (one && !layer.levels) this.told.run();
    return one;
  }

  // STAPLE masks, which only the server computes: [{key, png}].
  async takeConsensus(masks) {
    for (const { key, png } of masks) {
      const one = this.roster.find(key), { pixels } = await decodeGreyPng(fromBase64(png));
      if (one && pixels.length === this.planes.words.length) this.fill(one, pixels, 1);
    }
  }

  // Models whose levels have arrived.
  fillModels() {
    for (const one of this.roster.list) {
      const layer = one.kind === 'model' && this.state.layers.find((other) => other.id === one.model);
      if (!layer) continue;
      Object.assign(one, { state: layer.state, reason: layer.reason });
      if (layer.levels && one.levels !== layer.levels) {
        one.levels = layer.levels;
        this.fillModel(one);
      }
    }
    this.changed('list');
  }

  // early: of a link, whose models have not answered yet.
  // keys: of those it is made of, where `among` is "chosen": those shown now, if none are given.
  addConsensus(rule, among, early = false, keys = this.visible.map((one) => one.key)) {
    const isMember = (one) => one && (one.kind === 'person' || one.kind === 'model');
    const members = among === 'chosen' ? keys.filter((key) => isMember(this.roster.find(key))) : [];
    const words = { all: '', people: ' of people', models: ' of models', chosen: ` of ${members.length} chosen` }[among];
    const key = ['consensus', rule, among, ...members].join(':');
    const one = this.roster.add({ key, name: `${RULES[rule]}${words}`, kind: 'consensus', rule, among, keys: members });
    if (!one) return;
    if (!early && !this.roster.membersOf(one).length) {
      this.roster.remove(one.key);
      this.say('There is nobody yet to make a consensus of.');
      return;
    }
    this.updateConsensus();
    this.changed('masks');
  }

  removeAnnotator(key) {
    const one = this.roster.find(key);
    if (this.easel.key === key) this.stopDrawing();
    this.easel.forget(key);
    this.planes.clear(one.slot);
    this.roster.remove(key);
    this.updateConsensus();
    this.changed('masks');
  }

  // ---- settings of one annotator

  setStop(key, stop) {
    const one = this.roster.find(key);
    one.stop = clampStop(stop);
    this.fillModel(one);
  }

  // null: the model's own steps.
  setSteps(key, steps) {
    const one = this.roster.find(key);
    one.steps = steps || one.ownSteps;
    this.fillModel(one);
    this.changed('list');
  }

  fillModel(one) {
    const { planes } = this;
    planes.write(one.slot, maskOf(one, planes.width, planes.height), 1);
    one.ready = true;
    this.maskChanged(one.key);
  }

  setColour(key, colour) {
    Object.assign(this.roster.find(key), { colour, dash: 0 });
    this.changed('list');
  }

  rename(key, name) {
    const one = this.roster.find(key);
    one.name = this.roster.freeName(name, key);
    this.changed('list', 'names');
  }

  toggleShown(key) {
    const one = this.roster.find(key);
    one.shown = !one.shown;
    this.changed('list', 'map');
  }

  toggleStyle(key) {
    const one = this.roster.find(key);
    one.style = one.style === 'fill' ? 'outline' : 'fill';
    this.changed('list');
  }

  toggleOpen(key) {
    const one = this.roster.find(key);
    one.open = !one.open;
    this.changed('list');
  }

  setReference(key) {
    this.roster.reference = key;
    this.changed('list', 'names');
  }

  point(key) {
    this.pointed = this.roster.find(key) && this.roster.find(key).ready ? key : '';
    this.redraw('picture');
  }

  // ---- pictures

  // In blind mode nobody but the drawer is seen, counted or scored.
  isHidden(one) {
    return this.blind && one.key !== this.easel.key;
  }

  get visible() {
    return this.roster.shown.filter((one) => !this.isHidden(one));
  }

  get votersShown() {
    return this.visible.filter((one) => one.kind !== 'consensus');
  }

  // A and B: those chosen, else the reference and the first other.
  get pair() {
    const { roster, sides } = this, ready = roster.ready.filter((one) => !this.isHidden(one));
    const wanted = (side) => ready.find((one) => one.key === sides[side]);
    const a = wanted('a') || ready.find((one) => one.key === roster.reference) || ready[0] || null;
    const b = wanted('b') || ready.find((one) => one !== a) || null;
    return { a, b };
  }

  // What the picture shows, and between which shares of its width.
  layersShown() {
    const whole = (annotator) => ({ annotator, from: 0, to: 1 }), { a, b } = this.pair;
    if (this.picture === 'outlines' || this.easel.isOn || !a || !b) return this.visible.map(whole);
    if (this.picture === 'blink') return [whole(this.blinkSide === 'a' ? a : b)];
    return [{ annotator: a, from: 0, to: this.swipeAt }, { annotator: b, from: this.swipeAt, to: 1 }];
  }

  setPicture(picture) {
    if (picture === 'blink' && this.picture === 'blink') this.blinkSide = this.blinkSide === 'a' ? 'b' : 'a';
    this.picture = picture;
    this.changed();
  }

  setMap(map) {
    this.map = map;
    this.changed('map');
  }

  setSide(side, key) {
    const other = side === 'a' ? 'b' : 'a', { pair } = this;
    if (pair[other] && pair[other].key === key) this.sides[other] = pair[side] ? pair[side].key : '';
    this.sides[side] = key;
    this.changed('map');
  }

  setPair(a, b) {
    this.sides = { a, b };
    this.changed('map');
  }

  swap() {
    const { a, b } = this.pair;
    if (a && b) this.setPair(b.key, a.key);
  }

  setSwipe(share) {
    this.swipeAt = Math.max(0, Math.min(1, share));
    this.redraw('picture', 'tools');
  }

  setLook(look) {
    Object.assign(this.look, look);
    this.redraw('look');
  }

  // Text of mm per px, as typed; empty is unknown.
  setSpacing(text) {
    const { spacing, refusal } = readSpacing(text);
    this.say(refusal);
    if (refusal) return;
    this.state.spacing = spacing;
    this.changed('names');
  }

  setOpacity(share) {
    this.opacity = share;
    this.redraw('picture');
  }

  resetView() {
    this.view.reset();
    this.redraw('view');
  }

  zoom(factor) {
    this.view.zoomAt(this.view.pane.width / 2, this.view.pane.height / 2, factor);
    this.redraw('view');
  }

  hover(at) {
    this.state.hover = at;
    this.redraw('hover');
  }

  // ---- drawing

  // A new mask, or the annotator's own if it was drawn here, else a copy of it.
  startDrawing(key = '') {
    if (!this.state.grey) return;
    const source = this.roster.find(key);
    let one = source && source.drawn ? source : null;
    if (!one) {
      const name = source ? `${source.name}, edited` : 'Drawn';
      one = this.addAnnotator({ key: this.roster.newKey('drawn'), name, kind: 'person', drawn: true }, null);
      if (!one) return;
      one.ready = true;
      if (source) this.planes.copy(source.slot, one.slot);
    }
    one.shown = true;
    this.easel.open(one);
    this.changed('masks', 'layout');
  }

  stopDrawing() {
    this.easel.close();
    this.blind = false;
    this.changed('masks', 'layout');
  }

  setBlind(on) {
    this.blind = on;
    this.changed('map');
  }

  // Put a model's mask, or nothing, under the hand: one step that can be undone.
  startFrom(key) {
    const source = this.roster.find(key), { easel, planes } = this, { width, height } = planes;
    const isIn = source ? (i) => planes.has(source.slot, i) : () => false;
    easel.once(() => {
      for (let y = 0, i = 0; y < height; y++) {
        for (let from = 0; from < width;) {
          const on = isIn(i + from);
          let to = from + 1;
          while (to < width && isIn(i + to) === on) to++;
          easel.mask.span(y, from, to, on);
          from = to;
        }
        i += width;
      }
    });
  }

  // ---- numbers

  scoreOf(one) {
    const reference = this.roster.find(this.roster.reference);
    if (!one.ready || !reference || !reference.ready || this.isHidden(reference)) return null;
    return scorePair(this.shared, one.slot, reference.slot);
  }

  // For tests: the score of one annotator against another, and the disagreement by number of votes.
  scoreKeys(a, b) {
    return scorePair(this.shared, this.roster.find(a).slot, this.roster.find(b).slot);
  }

  entropies() {
    const { length: n } = this.votersShown;
    return Array.from({ length: n + 1 }, (_, k) => voteEntropy(k, n));
  }

  areaOf(one) {
    return this.shared[one.slot * SLOTS + one.slot];
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
    const { due, pictures } = this, masks = due.has('masks'), has = (...parts) => parts.some((part) => due.has(part));
    this.frame = 0;
    if (masks) this.shared = countOverlaps(this.planes.words);
    if (has('tools', 'layout')) showDesk(this);
    if (has('layout')) this.measure();
    if (this.state.grey && pictures.sources) {
      if (has('look')) pictures.drawScan(this.look);
      if (has('look', 'view', 'masks', 'picture')) pictures.drawPicture();
      if (!this.easel.isOn && has('look', 'view', 'masks', 'map')) pictures.drawMap(has('look', 'masks', 'map'));
    }
    if (has('list')) this.rows.show();
    else if (masks) this.rows.showNumbers();
    if (has('list', 'masks', 'map')) showKeys(this);
    if (has('list', 'masks', 'names')) this.panel.show(masks || has('names'));
    showHover(this);
    due.clear();
  }
}
