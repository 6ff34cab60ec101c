// cell.js: one pane of the comparison, linked with all the others, and the words under it; here
// the pane of a model: its overlay, its numbers, its own threshold.

import { drawBoxes } from '../canvas/marks.js';
import { WHOLE, formatShare, formatThreshold } from '../core/formats.js';
import { clampStop, stopToPercent } from '../core/scoring.js';
import { cover, find, setText } from '../page/dom.js';
import { OUTCOMES } from './numbers.js';
import { isProcessing } from '../core/postprocess.js';
import { tellSteps } from '../core/steps.js';
import { describeLayer } from '../workspace/layers.js';
import { keyOf } from '../workspace/workspace.js';
/** @import { Score } from '../core/scoring.js' */
/** @import { Session } from './session.js' */
/** @import { Layer } from '../workspace/layers.js' */

export class Cell {
  /**
   * @param {HTMLElement} figure
   * @param {Session} session
   */
  constructor(figure, session) {
    this.session = session;
    this.figure = figure;
    this.pane = find(figure, '.bd-pane');
    this.canvas = find(this.pane, 'canvas');
    this.veil = find(this.pane, '.bd-veil');
    this.source = document.createElement('canvas');
    session.link(this.pane);
  }

  /**
   * @param {string} selector
   */
  find(selector) {
    return find(this.figure, selector);
  }

  /** @param {Uint32Array} _pixels To be filled. */
  write(_pixels) {}

  // What `write` of the pane's own class draws, as a picture.
  draw() {
    this.session.painter.paint(this.source, (pixels) => this.write(pixels));
  }

  blit() {
    this.session.view.blit(this.canvas, this.source, this.session.painter.step);
  }
}

export class ModelCell extends Cell {
  /**
   * @param {HTMLElement} figure
   * @param {Session} session
   * @param {string} id
   */
  constructor(figure, session, id) {
    super(figure, session);
    this.id = id;
    /** @type {Layer} */
    this.layer = /** @type {any} */ (null); // until `show`
    this.drawn = ''; // what its pixels are of
    figure.dataset.cell = id;
    this.name = this.find('.bd-name');
    this.slider = this.find('.bd-own input');
    this.name.addEventListener('click', () => session.pickModel(id));
    this.slider.addEventListener('input', () => session.workspace.setStop(keyOf(id), Number(this.slider.value)));
    this.slider.addEventListener('change', () => session.settle());
  }

  /**
   * layer: the model as it is now; the pane itself follows with the next frame.
   * @param {Layer} layer
   * @param {boolean} chosen
   */
  show(layer, chosen) {
    this.layer = layer;
    setText(this.name, layer.name);
    this.name.setAttribute('aria-pressed', String(chosen));
    this.name.title = [chosen ? '' : 'Choose this model.', layer.note].filter(Boolean).join(' ');
    this.figure.dataset.chosen = String(chosen);
    this.canvas.setAttribute('aria-label', `${layer.name} over the scan`);
    this.slider.setAttribute('aria-label', `Threshold of ${layer.name}`);
    this.find('.bd-own').style.setProperty('--bd-frozen', stopToPercent(layer.frozen) / 100);
    cover(this.veil, describeLayer(layer), layer.state === 'running');
  }

  blit() {
    super.blit();
    drawBoxes(this.canvas, this.session.view, this.session.state.boxes);
  }

  get annotator() {
    return this.session.workspace.get(keyOf(this.id));
  }

  // Whose pixels are these: another mask, reference or look is drawn anew.
  get says() {
    const { workspace: { reference }, state } = this.session, { ready, version } = this.annotator;
    return [ready, version, reference?.key, reference?.version, state.case].join(' ');
  }

  /**
   * @param {Uint32Array} pixels
   */
  write(pixels) {
    const { painter, state, reach, workspace: { planes } } = this.session, { ready, slot } = this.annotator;
    painter.drawOverlay(pixels, { mask: ready ? planes.read(slot) : null, style: state.style, reach });
  }

  draw() {
    super.draw();
    const { workspace } = this.session, one = this.annotator, score = workspace.scoreOf(one);
    this.drawn = this.says;
    this.showScore(score, one.ready ? workspace.masks.area(one) : null);
    this.showStop(one.stop, score);
    setText(this.find('.bd-cell-stage'), one.steps && isProcessing(one.steps) ? `processed: ${tellSteps(one.steps)}` : 'raw');
  }

  /**
   * @param {Score | null} score
   * @param {number | null} area
   */
  showScore(score, area) {
    const chip = this.find('.bd-chip'), hasReference = this.session.state.reference !== null;
    for (const name of /** @type {const} */ (['dice', 'iou'])) setText(this.find(`[data-cell-number=${name}]`), formatShare(score && score[name]));
    setText(this.find('[data-cell-number=area]'), area === null ? '–' : WHOLE.format(area));
    this.find('.bd-cell-score').hidden = !hasReference;
    this.find('.bd-cell-area').hidden = hasReference;
    chip.hidden = !score;
    if (!score) return;
    setText(chip, score.outcome);
    chip.dataset.tone = OUTCOMES[score.outcome].tone;
    chip.title = OUTCOMES[score.outcome].means;
  }

  /**
   * @param {number} stop
   * @param {Score | null} score
   */
  showStop(stop, score) {
    const text = formatThreshold(stop), frozen = stop === clampStop(this.layer.frozen);
    if (Number(this.slider.value) !== stop) this.slider.value = String(stop);
    this.slider.setAttribute('aria-valuetext', score ? `${text}, Dice ${formatShare(score.dice)}, ${score.outcome}` : text);
    setText(this.find('.bd-own output'), text);
    this.find('.bd-own').dataset.moved = String(!frozen);
    this.find('.bd-own').title = frozen ? 'The threshold frozen on validation data' : `Frozen at ${formatThreshold(this.layer.frozen)} on validation data`;
  }
}
