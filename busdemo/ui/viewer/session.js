// session.js: what is shown and chosen right now, and the visitor's actions on it. Knows the
// template's elements, but not who computed the pictures or who wants to hear of a choice.

class Session {
  // told: {choice(), save(request)}: called when a choice is settled or a download is wanted.
  constructor(root, told) {
    this.root = root;
    this.told = told;
    this.panes = Object.fromEntries([...root.querySelectorAll('.bd-pane')].map((pane) => [pane.dataset.pane, pane]));
    this.painter = new Painter();
    this.view = new LinkedView();
    this.board = new NumberBoard(root);
    this.curve = new DiceCurve(this.find('.bd-plot'), (stop, done) => (done ? told.choice() : this.setStop(stop)));
    this.state = {
      case: null, title: '', width: 0, height: 0, grey: null, reference: null,
      layers: [], model: '', stop: 100, moved: false, heat: false, style: 'fill', hover: null,
      look: { brightness: 0, contrast: 0, invert: false }, opacity: { fill: 0.5, outline: 1, off: 0 },
    };
    this.due = new Set();
    this.frame = 0;
    this.listen();
    this.showTools();
  }

  listen() {
    bindControls(this.root, this);
    bindKeyboard(this.root, this);
    for (const pane of Object.values(this.panes)) {
      bindPointer(pane, this.view, { change: () => this.viewChanged(), hover: (at) => this.hover(at) });
    }
    new ResizeObserver(() => this.measure()).observe(this.panes.original);
    this.painter.drawScale(this.find('.bd-scale canvas'));
  }

  find(selector) {
    return this.root.querySelector(selector);
  }

  get chosen() {
    return this.state.layers.find((layer) => layer.id === this.state.model) || null;
  }

  // ---- one draw a frame, however many events asked for it

  redraw(...parts) {
    for (const part of parts) this.due.add(part);
    if (!this.frame) this.frame = requestAnimationFrame(() => this.drawDue());
  }

  drawDue() {
    const { due, state, painter } = this;
    this.frame = 0;
    if (state.grey) {
      if (due.has('look')) {
        painter.setLook({ ...state.look, opacity: state.opacity[state.style] });
        painter.drawOriginal();
      }
      if (due.has('look') || due.has('result')) this.drawResult();
      for (const [name, pane] of Object.entries(this.panes)) {
        const live = name === 'prediction' || name === 'overlay';
        if (!due.has('look') && !due.has('view') && !(live && due.has('result'))) continue;
        this.view.blit(pane.firstElementChild, painter.sources[name].canvas, painter.step);
      }
    }
    this.showHover();
    due.clear();
  }

  drawResult() {
    const { stop, style, heat } = this.state, layer = this.chosen;
    const levels = isReady(layer) ? layer.levels : null;
    this.painter.drawResult({ levels, stop, style, heat, reach: this.view.outlineReach(this.painter.step) });
    this.showNumbers();
  }

  // ---- what the page says

  showNumbers() {
    const { state, board } = this, layer = this.chosen, ready = isReady(layer), hasReference = state.reference !== null;
    const score = ready ? scoreAt(layer.tally, state.stop) : null;
    const slider = this.find('.bd-stop'), box = this.find('.bd-number'), threshold = formatThreshold(state.stop);
    if (Number(slider.value) !== state.stop) slider.value = state.stop;
    if (document.activeElement !== box) box.value = threshold;
    this.find('.bd-track > i').style.transform = `scaleX(${stopToPercent(state.stop) / 100})`;
    board.show({ score, area: ready ? layer.tally.predicted[state.stop] : null, hasReference });
    board.showThreshold({ stop: state.stop, frozen: layer ? layer.frozen : 0, hasReference });
    this.curve.moveTo(state.stop, score && score.dice);
    const words = score ? `, Dice ${formatShare(score.dice)}, ${score.outcome}` : '';
    slider.setAttribute('aria-valuetext', threshold + words);
    if (ready) board.announce(`${layer.name}. Threshold ${threshold}${words}`);
  }

  showHover() {
    const { state, view, root } = this, at = state.hover;
    const inside = Boolean(state.grey && at && at.x >= 0 && at.y >= 0 && at.x < state.width && at.y < state.height);
    root.classList.toggle('bd-hovering', inside);
    if (!inside) {
      const size = state.grey ? `${state.width} × ${state.height} px` : '';
      this.board.showReadout(null, [state.title, size].filter(Boolean).join(' · '));
      return;
    }
    const x = Math.floor(at.x), y = Math.floor(at.y), i = y * state.width + x, place = view.toPane(at.x, at.y);
    const level = isReady(this.chosen) ? this.chosen.levels[i] : null, hasReference = state.reference !== null;
    this.board.showReadout({ x, y, grey: state.grey[i], level, kind: this.classAt(i), hasReference });
    root.style.setProperty('--bd-x', `${place.x}px`);
    root.style.setProperty('--bd-y', `${place.y}px`);
  }

  // Of the i-th pixel: 0 background, 1 extra (or predicted, without a reference), 2 missed, 3 hit.
  classAt(i) {
    const { reference, stop } = this.state, layer = this.chosen;
    const predicted = isReady(layer) && layer.levels[i] >= stop ? 1 : 0;
    return predicted | (reference && reference[i] ? 2 : 0);
  }

  veil(pane, text, running = false) {
    const cover = this.panes[pane].querySelector('.bd-veil'), says = text + running;
    cover.hidden = !text;
    if (cover.dataset.says === says) return;
    cover.dataset.says = says;
    cover.textContent = text;
    if (running) cover.append(buildProgress());
  }

  showModels() {
    const { state, root, curve } = this, layer = this.chosen, hasReference = state.reference !== null;
    const shown = state.grey !== null, ready = state.layers.filter(isReady);
    fillModelSelect(this.find('.bd-model-select'), state.layers, state.model);
    this.veil('prediction', shown ? describeLayer(layer) : '', layer !== null && layer.state === 'running');
    this.veil('reference', shown && !hasReference ? 'Drop a mask' : '');
    this.veil('original', shown ? '' : 'Drop a scan to begin');
    curve.draw(ready.filter((one) => one.curve), state.model);
    curve.markFrozen(layer ? layer.frozen : null);
    curve.say(shown && !hasReference ? 'With a reference mask, Dice at every threshold is drawn here.' : '');
    for (const button of root.querySelectorAll('[data-export]')) button.disabled = !isReady(layer);
    root.dataset.model = state.model;
    root.dataset.ready = ready.map((one) => one.id).join(' ');
    this.redraw('result');
  }

  showTools() {
    const { look, heat, style, opacity } = this.state, range = this.find('.bd-opacity-range');
    const pressed = { invert: look.invert, heat, fill: style === 'fill', outline: style === 'outline' };
    for (const [name, on] of Object.entries(pressed)) {
      this.find(`[data-do=${name}]`).setAttribute('aria-pressed', String(on));
    }
    range.disabled = style === 'off';
    range.value = Math.round(opacity[style] * 100);
    setText(this.find('.bd-opacity-value'), style === 'off' ? 'off' : `${range.value} %`);
    this.find('.bd-brightness').value = look.brightness;
    this.find('.bd-contrast').value = look.contrast;
    this.find('.bd-scale').hidden = !heat;
    this.root.dataset.overlay = style;
    this.redraw('look');
  }

  // ---- a new scan, a new result, or nothing

  // image, reference: decoded pictures (reference may be null); first: a new case, not an update.
  showCase({ value, image, reference, layers, first }) {
    if (reference && !sameSize(reference, image)) throw new Error('The reference has another size.');
    const { state, view } = this, { width, height, pixels: grey } = image, mask = reference && reference.pixels;
    const samePixels = grey === state.grey && mask === state.reference;
    const model = chooseModel(layers, first ? value.model : state.model);
    Object.assign(state, { case: value.case, title: value.title, width, height, grey, reference: mask, layers, model });
    if (!samePixels) this.painter.setCase({ width, height, grey, reference: mask });
    if (first) {
      state.stop = value.stop ? clampStop(value.stop) : 0;
      state.moved = state.stop > 0 && state.stop !== (this.chosen || {}).frozen;
      this.root.style.setProperty('--bd-aspect', Math.max(0.75, Math.min(2, width / height)).toFixed(4));
      view.setScan(width, height);
    }
    if (!state.moved) state.stop = this.chosen ? clampStop(this.chosen.frozen) : 100;
    setText(this.panes.original.querySelector('figcaption'), value.simulated ? 'Original · simulated' : 'Original');
    setText(this.panes.reference.querySelector('figcaption'), reference ? value.reference_name : 'Reference');
    this.root.dataset.case = value.case;
    this.measure();
    this.showTools();
    this.showModels();
  }

  clear() {
    Object.assign(this.state, { case: null, title: '', grey: null, reference: null, layers: [], model: '' });
    for (const pane of Object.values(this.panes)) pane.firstElementChild.width = 0;
    this.root.dataset.case = '';
    this.showModels();
    this.showNumbers();
  }

  say(message) {
    const line = this.find('.bd-message');
    line.hidden = !message;
    setText(line, message || '');
  }

  measure() {
    this.view.setPane(this.panes.original.clientWidth, this.panes.original.clientHeight);
    this.viewChanged();
  }

  viewChanged() {
    this.root.dataset.zoomed = String(!this.view.isFitted);
    // Outlines keep their thickness on the screen, so they are drawn anew at another scale.
    this.redraw('view', ...(this.state.style === 'outline' || this.state.heat ? ['result'] : []));
  }

  hover(at) {
    this.state.hover = at;
    this.redraw('hover');
  }

  // ---- what a visitor may do (called by controls.js)

  setStop(stop) {
    this.state.stop = clampStop(stop);
    this.state.moved = !this.chosen || this.state.stop !== this.chosen.frozen;
    this.redraw('result');
  }

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

  // The threshold follows the models' frozen values until the visitor moves it.
  pickModel(id) {
    const layer = this.state.layers.find((one) => one.id === id && one.state !== 'unusable');
    if (!layer) return;
    this.state.model = id;
    if (!this.state.moved) this.state.stop = clampStop(layer.frozen);
    this.state.moved = this.state.stop !== layer.frozen;
    this.showModels();
    this.settle();
  }

  pickNth(n) {
    if (this.state.layers[n - 1]) this.pickModel(this.state.layers[n - 1].id);
  }

  toggle(name) {
    if (name === 'heat') this.state.heat = !this.state.heat;
    else this.state.look.invert = !this.state.look.invert;
    this.showTools();
  }

  setStyle(style) {
    this.state.style = this.state.style === style ? 'off' : style;
    this.showTools();
  }

  cycleOverlay() {
    this.setStyle({ fill: 'outline', outline: 'off', off: 'fill' }[this.state.style]);
  }

  setLook({ opacity, ...look }) {
    if (opacity !== undefined) this.state.opacity[this.state.style] = opacity;
    Object.assign(this.state.look, look);
    this.showTools();
  }

  resetView() {
    this.view.reset();
    this.viewChanged();
  }

  zoom(factor) {
    this.view.zoomAt(this.view.pane.width / 2, this.view.pane.height / 2, factor);
    this.viewChanged();
  }

  save(kind) {
    const { model, stop, style, opacity } = this.state;
    this.told.save({ kind, model, stop, style, opacity: opacity[style] });
  }
}
