// maps.js: the two panes that show several models at once: how many mark each pixel, and one
// against another. Their counts are of all pixels, however many are drawn.

import { PAIR_COLOURS, WHITE, buildMapTable, voteColours } from '../canvas/palette.js';
import { WHOLE, formatPercent } from '../core/formats.js';
import { classifyPair, countKinds, paintKinds, sumVotes, summarizePair } from '../core/votes.js';
import { cover, findAll, setText } from '../page/dom.js';
import { Cell } from './cell.js';
import { isNews } from './selector.js';
import { describeLayer, isReady } from '../workspace/layers.js';
/** @import { Thresholded } from '../core/votes.js' */
/** @import { Colour } from '../canvas/palette.js' */
/** @import { Session } from './session.js' */
/** @import { Layer } from '../workspace/layers.js' */

const COUNT_PAUSE_MS = 150;

class MapCell extends Cell {
  /**
   * @param {HTMLElement} figure
   * @param {Session} session
   */
  constructor(figure, session) {
    super(figure, session);
    this.kinds = new Uint8Array(0);
    /** @type {ReturnType<typeof setTimeout> | number} */
    this.quiet = 0;
  }

  draw() {
    const { painter } = this.session;
    super.draw();
    clearTimeout(this.quiet);
    if (painter.step === 1) this.count(this.kinds);
    else {
      // Only a scan so large that it is drawn thinned out waits for the hand to rest.
      this.say(null);
      this.quiet = setTimeout(() => this.countAll(), COUNT_PAUSE_MS);
    }
  }

  /**
   * @param {Uint32Array} pixels
   */
  write(pixels) {
    const { painter, comparison, state } = this.session, thin = (/** @type {Uint8Array} */ plane) => painter.thin(plane);
    if (this.kinds.length !== pixels.length) this.kinds = new Uint8Array(pixels.length);
    this.classify(this.kinds, comparison.read(thin), state.reference && thin(state.reference));
    paintKinds(pixels, this.kinds, painter.codes, buildMapTable(painter.greyTable, this.colours()));
  }

  countAll() {
    const { comparison, state } = this.session;
    if (!comparison.shown || this.figure.hidden) return;
    const kinds = new Uint8Array(state.width * state.height);
    this.classify(kinds, comparison.read(), state.reference);
    this.count(kinds);
  }

  /**
   * @param {Uint8Array} kinds
   */
  count(kinds) {
    this.say(countKinds(kinds, this.colours().length));
  }

  /**
   * kinds: to be filled with what the map says of each pixel.
   * @param {Uint8Array} _kinds
   * @param {Thresholded[]} _maps
   * @param {Uint8Array | null} _reference
   */
  classify(_kinds, _maps, _reference) {}

  /** @returns {(Colour | null)[]} One a kind. */
  colours() {
    return [];
  }

  /** @param {Uint32Array | null} _counts Pixels by kind; null while they are counted. */
  say(_counts) {}

  // Nothing is compared any more: let go of the pixels.
  free() {
    clearTimeout(this.quiet);
    this.kinds = new Uint8Array(0);
    this.source.width = 0;
  }
}

export class VoteCell extends MapCell {
  /**
   * @param {Uint8Array} kinds
   * @param {Thresholded[]} maps
   */
  classify(kinds, maps) {
    sumVotes(kinds, maps);
  }

  colours() {
    return [null, ...voteColours(this.session.comparison.ready.length)];
  }

  // The key, a step for each number of votes.
  show() {
    const { ready, layers } = this.session.comparison, steps = this.find('.bd-steps');
    cover(this.veil, ready.length ? '' : 'No model has answered yet.');
    setText(this.find('.bd-name'), `Votes of ${ready.length}${ready.length < layers.length ? ` of ${layers.length}` : ''} models`);
    if (steps.children.length === ready.length + 1) return;
    steps.replaceChildren(...this.colours().map((colour, n) => {
      const step = document.createElement('li'), swatch = document.createElement('i');
      if (colour) swatch.style.background = `rgb(${colour})`;
      step.append(swatch, `${n} ${n === 1 ? 'vote' : 'votes'} `, document.createElement('b'));
      return step;
    }));
  }

  /**
   * counts: pixels by number of votes, or null while they are counted.
   * @param {Uint32Array | null} counts
   */
  say(counts) {
    const n = this.colours().length - 1, known = counts || new Uint32Array(n + 1), format = (/** @type {number} */ px) => (counts ? WHOLE.format(px) : '…');
    [...this.find('.bd-steps').children].forEach((step, k) => {
      const pixels = format(known[k]);
      setText(step.lastChild, pixels);
      step.title = `${k} of ${n} mark ${pixels} px`;
    });
    const any = known.reduce((sum, px) => sum + px) - known[0];
    const share = any ? ` (${formatPercent(known[n] / any)})` : '';
    const all = `All ${n} agree on ${format(known[n])} of the ${format(any)} px that any of them marks${share}.`;
    setText(this.find('.bd-sentence'), n > 1 ? all : '');
  }
}

export class PairCell extends MapCell {
  /**
   * @param {HTMLElement} figure
   * @param {Session} session
   */
  constructor(figure, session) {
    super(figure, session);
    findAll(figure, 'select').forEach((select, side) => {
      select.addEventListener('change', () => session.comparison.setPair(side, select.value));
    });
    for (const button of findAll(figure, '[data-colouring]')) {
      button.addEventListener('click', () => session.comparison.setColouring(button.dataset.colouring));
    }
  }

  get colouring() {
    return this.session.state.reference ? this.session.comparison.colouring : 'marks';
  }

  /**
   * @param {Uint8Array} kinds
   * @param {Thresholded[]} maps
   * @param {Uint8Array | null} reference
   */
  classify(kinds, maps, reference) {
    const [a, b] = this.session.comparison.pair.map((id) => maps.find((map) => map.id === id));
    if (a && b) classifyPair(kinds, a, b, reference);
    else kinds.fill(0);
  }

  // By the bits of classifyPair. A pixel that only one marks is right with it or with the other.
  colours() {
    const { a, b, both } = PAIR_COLOURS;
    return this.colouring === 'marks' ? [null, a, b, both, null, a, b, both] : [null, b, a, null, null, a, b, null];
  }

  /**
   * Who is right is seen against the outline that decides it; it hides no pixel they differ on.
   * @param {Uint32Array} pixels
   */
  write(pixels) {
    super.write(pixels);
    if (this.colouring !== 'right') return;
    const { painter, reach } = this.session, { kinds } = this, colours = this.colours();
    for (let i = 0; i < kinds.length; i++) {
      if (kinds[i] & 4 && !colours[kinds[i]] && painter.isEdge(kinds, i, 4, 4, reach)) pixels[i] = WHITE;
    }
  }

  show() {
    const { comparison, state } = this.session, { layers, pair } = comparison;
    const [a, b] = pair.map((id) => layers.find((layer) => layer.id === id) || null), waiting = [a, b].find((layer) => !isReady(layer));
    cover(this.veil, a && b ? (waiting ? describeLayer(waiting) : '') : 'Pick a second model to compare two.');
    findAll(this.figure, 'select').forEach((select, side) => {
      if (isNews(select, layers)) select.replaceChildren(...layers.map((layer) => new Option(layer.name, layer.id)));
      select.value = pair[side];
      select.disabled = layers.length < 2;
    });
    this.find('.bd-pair').hidden = state.reference === null;
    for (const button of findAll(this.figure, '[data-colouring]')) {
      button.setAttribute('aria-pressed', String(button.dataset.colouring === this.colouring));
    }
    for (const list of findAll(this.figure, '[data-colours]')) list.hidden = list.dataset.colours !== this.colouring;
  }

  /**
   * counts: pixels by the bits of classifyPair, or null while they are counted.
   * @param {Uint32Array | null} counts
   */
  say(counts) {
    /** @type {Record<string, number> | null} */
    const sums = counts && this.veil.hidden ? summarizePair(counts) : null;
    for (const node of findAll(this.figure, '[data-pair]')) {
      setText(node, sums ? WHOLE.format(sums[node.dataset.pair]) : '…');
    }
    for (const node of findAll(this.figure, '[data-share]')) {
      const differ = sums ? sums.aRight + sums.bRight : 0;
      setText(node, sums && differ ? ` · ${formatPercent(sums[node.dataset.share] / differ)}` : '');
    }
  }
}
