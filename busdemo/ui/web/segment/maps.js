// maps.js: the two panes that show several models at once: how many mark each pixel, and one
// against another. Their counts are of all pixels, however many are drawn.

import { PAIR_COLOURS, WHITE, buildMapTable, voteColours } from '../canvas/palette.js';
import { WHOLE, formatPercent } from '../core/formats.js';
import { countPair, countVotes } from '../core/planes.js';
import { countKinds, paintKinds, summarizePair } from '../core/votes.js';
import { cover, findAll, setText } from '../page/dom.js';
import { Cell } from './cell.js';
import { thinPixels } from '../canvas/painter.js';
import { slotsOf } from '../workspace/annotators.js';
/** @import { Colour } from '../canvas/palette.js' */
/** @import { Session } from './session.js' */

const SIDES = /** @type {const} */ (['a', 'b']);

class MapCell extends Cell {
  /**
   * @param {HTMLElement} figure
   * @param {Session} session
   */
  constructor(figure, session) {
    super(figure, session);
    /** @type {Uint8Array} */
    this.kinds = new Uint8Array(0);
    this.drawn = this.kinds; // every so many of them
  }

  draw() {
    super.draw();
    this.count(this.kinds);
  }

  /**
   * @param {Uint32Array} pixels
   */
  write(pixels) {
    const { painter, state: { width, height } } = this.session;
    if (this.kinds.length !== width * height) this.kinds = new Uint8Array(width * height);
    this.classify(this.kinds);
    this.drawn = thinPixels(this.kinds, width, height, painter.step);
    paintKinds(pixels, this.drawn, painter.codes, buildMapTable(painter.greyTable, this.colours()));
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
   */
  classify(_kinds) {}

  /** @returns {(Colour | null)[]} One a kind. */
  colours() {
    return [];
  }

  /** @param {Uint32Array} _counts Pixels by kind. */
  say(_counts) {}

  // Nothing is compared any more: let go of the pixels.
  free() {
    this.drawn = this.kinds = new Uint8Array(0);
    this.source.width = 0;
  }
}

export class VoteCell extends MapCell {
  /**
   * @param {Uint8Array} kinds
   */
  classify(kinds) {
    const { comparison: { ready }, workspace: { planes } } = this.session;
    countVotes(kinds, planes.words, slotsOf(ready));
  }

  colours() {
    return [null, ...voteColours(this.session.comparison.ready.length)];
  }

  // The key, a step for each number of votes.
  show() {
    const { ready, models } = this.session.comparison, steps = this.find('.bd-steps');
    cover(this.veil, ready.length ? '' : 'No model has answered yet.');
    setText(this.find('.bd-name'), `Votes of ${ready.length}${ready.length < models.length ? ` of ${models.length}` : ''} models`);
    if (steps.children.length === ready.length + 1) return;
    steps.replaceChildren(...this.colours().map((colour, n) => {
      const step = document.createElement('li'), swatch = document.createElement('i');
      if (colour) swatch.style.background = `rgb(${colour})`;
      step.append(swatch, `${n} ${n === 1 ? 'vote' : 'votes'} `, document.createElement('b'));
      return step;
    }));
  }

  /**
   * counts: pixels by number of votes.
   * @param {Uint32Array} counts
   */
  say(counts) {
    const n = this.colours().length - 1;
    [...this.find('.bd-steps').children].forEach((step, k) => {
      const pixels = WHOLE.format(counts[k]);
      setText(step.lastChild, pixels);
      step.title = `${k} of ${n} mark ${pixels} px`;
    });
    const any = counts.reduce((sum, px) => sum + px) - counts[0];
    const share = any ? ` (${formatPercent(counts[n] / any)})` : '';
    const all = `All ${n} agree on ${WHOLE.format(counts[n])} of the ${WHOLE.format(any)} px that any of them marks${share}.`;
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
      select.addEventListener('change', () => session.workspace.setSide(SIDES[side], select.value));
    });
    for (const button of findAll(figure, '[data-colouring]')) {
      button.addEventListener('click', () => session.comparison.setColouring(button.dataset.colouring));
    }
  }

  get colouring() {
    return this.session.state.reference ? this.session.comparison.colouring : 'marks';
  }

  get pair() {
    return this.session.workspace.pairOf();
  }

  /**
   * @param {Uint8Array} kinds
   */
  classify(kinds) {
    const { a, b } = this.pair, { planes, reference } = this.session.workspace;
    if (a && b) countPair(kinds, planes.words, a.slot, b.slot, reference?.slot);
    else kinds.fill(0);
  }

  // By the bits of countPair. A pixel that only one marks is right with it or with the other.
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
    const { painter, reach } = this.session, { drawn: kinds } = this, colours = this.colours();
    for (let i = 0; i < kinds.length; i++) {
      if (kinds[i] & 4 && !colours[kinds[i]] && painter.isEdge(kinds, i, 4, 4, reach)) pixels[i] = WHITE;
    }
  }

  show() {
    const { state, workspace: { roster } } = this.session, { a, b } = this.pair, chosen = { a, b };
    cover(this.veil, a && b ? '' : roster.list.length > 1 ? 'Waiting for a second mask…' : 'Pick a second model to compare two.');
    findAll(this.figure, 'select').forEach((select, side) => {
      const ready = roster.ready, says = ready.map((one) => `${one.key} ${one.name}`).join('|');
      if (select.dataset.says !== says) select.replaceChildren(...ready.map((one) => new Option(one.name, one.key)));
      select.dataset.says = says;
      select.value = chosen[SIDES[side]]?.key || '';
      select.disabled = ready.length < 2;
    });
    this.find('.bd-pair').hidden = state.reference === null;
    for (const button of findAll(this.figure, '[data-colouring]')) {
      button.setAttribute('aria-pressed', String(button.dataset.colouring === this.colouring));
    }
    for (const list of findAll(this.figure, '[data-colours]')) list.hidden = list.dataset.colours !== this.colouring;
  }

  /**
   * counts: pixels by the bits of countPair.
   * @param {Uint32Array} counts
   */
  say(counts) {
    /** @type {Record<string, number> | null} */
    const sums = this.veil.hidden ? summarizePair(counts) : null;
    for (const node of findAll(this.figure, '[data-pair]')) {
      setText(node, sums ? WHOLE.format(sums[node.dataset.pair]) : '…');
    }
    for (const node of findAll(this.figure, '[data-share]')) {
      const differ = sums ? sums.aRight + sums.bRight : 0;
      setText(node, sums && differ ? ` · ${formatPercent(sums[node.dataset.share] / differ)}` : '');
    }
  }
}
