// looking.js: the desk's part that says what the pictures show: which of the annotators, which two,
// which map, which stretch of the scan; and when a hand draws on it, blind or not.

import { DeskOfAnnotators } from './annotators.js';
import { readSpacing } from '../core/spacing.js';

export class DeskOfPictures extends DeskOfAnnotators {
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

  point(key) {
    this.pointed = this.roster.find(key) && this.roster.find(key).ready ? key : '';
    this.redraw('picture');
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
    this.revealed = one.key;
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
}
