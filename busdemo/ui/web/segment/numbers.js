// numbers.js: everything the viewer says in words and figures. All of it goes through
// textContent: names, titles and sentences may come from a visitor's file.

import { WHOLE, formatShare, formatThreshold } from '../core/formats.js';
import { STOPS } from '../core/scoring.js';
import { find, setText } from '../page/dom.js';
/** @import { Score } from '../core/scoring.js' */

export const OUTCOMES = {
  agreement: { tone: 'good', means: 'IoU is 0.5 or more.' },
  'correct rejection': { tone: 'good', means: 'Neither mask holds a lesion.' },
  partial: { tone: 'plain', means: 'They touch, but IoU is below 0.5.' },
  'missed lesion': { tone: 'strong', means: 'Nothing of the lesion was found.' },
  'false alarm': { tone: 'strong', means: 'The reference holds no lesion.' },
};

const CLASS_WORDS = ['background', 'extra', 'missed', 'hit'];

export class NumberBoard {
  /**
   * @param {HTMLElement} root
   */
  constructor(root) {
    const one = (/** @type {string} */ selector) => find(root, selector);
    this.root = root;
    this.values = Object.fromEntries(
      ['dice', 'iou', 'precision', 'recall', 'area'].map((name) => [name, one(`[data-number=${name}]`)]),
    );
    this.keys = Object.fromEntries(
      ['hit', 'extra', 'missed', 'predicted'].map((name) => [name, one(`[data-key=${name}]`)]),
    );
    this.chip = one('.bd-chip');
    this.note = one('.bd-verdict-note');
    this.hint = one('.bd-hint');
    this.frozen = one('.bd-frozen');
    this.back = one('[data-do=frozen]');
    this.readout = one('.bd-readout');
    this.live = one('.bd-live');
    /** @type {ReturnType<typeof setTimeout> | number} */
    this.quiet = 0;
  }

  /**
   * score: from scoreAt, or null; area: predicted pixels, or null while there is no result.
   * @param {{score: Score | null, area: number | null, hasReference: boolean}} it
   */
  show({ score, area, hasReference }) {
    for (const name of /** @type {const} */ (['dice', 'iou', 'precision', 'recall'])) {
      setText(this.values[name], formatShare(score && score[name]));
    }
    setText(this.values.area, area === null ? '–' : `${WHOLE.format(area)} px`);
    for (const name of /** @type {const} */ (['hit', 'extra', 'missed'])) {
      this.keys[name].hidden = !hasReference;
      setText(find(this.keys[name], 'b'), score ? WHOLE.format(score[name]) : '–');
    }
    this.keys.predicted.hidden = hasReference;
    setText(find(this.keys.predicted, 'b'), area === null ? '–' : WHOLE.format(area));
    this.chip.hidden = !score;
    if (score) {
      setText(this.chip, score.outcome);
      this.chip.dataset.tone = OUTCOMES[score.outcome].tone;
    }
    setText(this.note, score ? OUTCOMES[score.outcome].means : hasReference ? '' : 'Drop a mask to score this prediction.');
  }

  /**
   * whose: the model's name, where it is not clear.
   * @param {{stop: number, frozen: number, hasReference: boolean, whose: string}} it
   */
  showThreshold({ stop, frozen, hasReference, whose }) {
    const at = `frozen at ${formatThreshold(frozen)}`, sentence = whose ? `${whose}: ${at}` : `${at} on validation data`;
    setText(this.frozen, frozen ? sentence : '');
    const moved = frozen > 0 && stop !== frozen;
    // Kept in the layout, so that nothing jumps when the thumb leaves the frozen value.
    this.back.hidden = !frozen;
    this.back.dataset.idle = String(!moved);
    this.back.tabIndex = moved ? 0 : -1;
    this.back.setAttribute('aria-hidden', String(!moved));
    this.hint.dataset.idle = String(!(moved && hasReference));
    this.hint.setAttribute('aria-hidden', String(!(moved && hasReference)));
  }

  /**
   * at: {x, y, grey, level (or null), kind, hasReference, votes, look}, or null for the scan's own
   * line. look: the heat map's value in words, or ''.
   * votes: null, or of several models {name (of the chosen one), marked, of}.
   * @param {any} at
   * @param {string} line
   */
  showReadout(at, line) {
    if (!at) {
      setText(this.readout, line);
      return;
    }
    const parts = [`x ${at.x}`, `y ${at.y}`, `grey ${at.grey}`];
    if (at.level !== null) {
      parts.push(`${at.votes ? `${at.votes.name} ` : ''}p ${(at.level / STOPS).toFixed(3)}`);
      parts.push(at.hasReference ? CLASS_WORDS[at.kind] : at.kind & 1 ? 'predicted' : 'background');
    }
    if (at.look) parts.push(at.look);
    if (at.votes) parts.push(`${at.votes.marked} of ${at.votes.of} mark it`);
    setText(this.readout, parts.join(' · '));
  }

  /**
   * For a screen reader, once the numbers have stood still for a moment.
   * @param {string} sentence
   */
  announce(sentence) {
    clearTimeout(this.quiet);
    this.quiet = setTimeout(() => setText(this.live, sentence), 300);
  }
}
