// showing.js: from a session's state to what the page says of it: numbers, the readout, veils and
// pressed buttons. Draws no pixel.

import { layerOf } from './comparison.js';
import { LOOKS } from './looks.js';
import { formatShare, formatThreshold } from '../core/formats.js';
import { isProcessing } from '../core/postprocess.js';
import { tellPresence, withholds } from '../core/presence.js';
import { stopToPercent } from '../core/scoring.js';
import { tellSteps } from '../core/steps.js';
import { cover, find, findAll, setText } from '../page/dom.js';
import { fillModelSelect } from './selector.js';
import { describeLayer, isReady } from '../workspace/layers.js';
/** @import { Session } from './session.js' */

/**
 * @param {Session} session
 */
export function showNumbers(session) {
  const { state, board, comparison, workspace } = session, layer = session.chosen, outcome = session.outcome.get();
  const hasReference = state.reference !== null, score = outcome && outcome.score;
  const slider = session.find('.bd-stop'), box = session.find('.bd-number'), threshold = formatThreshold(state.stop);
  if (Number(slider.value) !== state.stop) slider.value = state.stop;
  if (document.activeElement !== box) box.value = threshold;
  session.find('.bd-track > i').style.transform = `scaleX(${stopToPercent(state.stop) / 100})`;
  board.show({ score, area: outcome && outcome.area, hasReference });
  const whose = layer && comparison.shown && !workspace.own ? layer.name : '';
  board.showThreshold({ stop: state.stop, frozen: layer ? layer.frozen : 0, hasReference, whose });
  session.curve.moveTo(state.stop, outcome?.rawScore ? outcome.rawScore.dice : null);
  session.strip.show(outcome);
  session.presence.show();
  session.table.show(outcome);
  const taken = isProcessing(session.steps), { chosen } = workspace;
  const says = chosen && withholds(chosen.presence, chosen.cutOff) ? tellPresence(chosen.presence, chosen.cutOff) : '';
  setText(find(session.panes.all.prediction, 'figcaption'), state.heat ? LOOKS[session.looks.kind].name : `Prediction · ${says || (taken ? 'processed' : 'raw')}`);
  setText(session.find('.bd-curve-title'), 'Dice at every threshold, raw');
  setText(session.find('.bd-stage'), outcome ? says || (taken ? `processed: ${tellSteps(session.steps)}` : 'raw: no processing') : '');
  const words = score ? `, Dice ${formatShare(score.dice)}, ${score.outcome}` : '';
  slider.setAttribute('aria-valuetext', threshold + words);
  if (outcome && layer) board.announce(`${layer.name}. Threshold ${threshold}${words}`);
  if (comparison.shown) session.picker.showThreshold();
}

/**
 * @param {Session} session
 */
export function showHover(session) {
  const { state, view, root, board, comparison } = session, at = state.hover;
  const inside = Boolean(state.grey && at && at.x >= 0 && at.y >= 0 && at.x < state.width && at.y < state.height);
  root.classList.toggle('bd-hovering', inside);
  if (!inside || !at || !state.grey) {
    const size = state.grey ? `${state.width} × ${state.height} px` : '';
    board.showReadout(null, [state.title, size].filter(Boolean).join(' · '));
    return;
  }
  const x = Math.floor(at.x), y = Math.floor(at.y), i = y * state.width + x, place = view.toPane(at.x, at.y);
  const layer = session.chosen, level = isReady(layer) ? layer.levels[i] : null;
  const outcome = session.outcome.get();
  const kind = (outcome && outcome.mask[i] ? 1 : 0) | (state.reference && state.reference[i] ? 2 : 0);
  const votes = layer && comparison.shown ? { name: layer.name, marked: comparison.votesAt(i), of: comparison.ready.length } : null;
  const look = comparison.shown ? '' : session.looks.readAt(i);
  board.showReadout({ x, y, grey: state.grey[i], level, kind, hasReference: state.reference !== null, votes, look }, '');
  root.style.setProperty('--bd-x', `${place.x}px`);
  root.style.setProperty('--bd-y', `${place.y}px`);
}

/**
 * @param {Session} session
 */
export function showModels(session) {
  const { state, root, curve, comparison } = session, layer = session.chosen, hasReference = state.reference !== null;
  const scan = state.grey !== null, ready = state.layers.filter(isReady), several = comparison.shown;
  fillModelSelect(session.find('.bd-model-select'), state.layers, state.model);
  const veil = (/** @type {string} */ pane) => find(session.panes.all[pane], '.bd-veil');
  session.lookBar.show();
  showPredictionVeil(session);
  cover(veil('raw'), scan ? describeLayer(layer) : '');
  cover(veil('reference'), scan && !hasReference ? 'Drop a mask' : '');
  cover(veil('original'), scan ? '' : 'Drop a scan to begin');
  const drawn = several ? comparison.ready.map((one) => layerOf(state.layers, one.model)) : ready;
  const curves = drawn.map((one) => ({ id: one.id, name: one.name, curve: session.workspace.tallyOf(one)?.curve || null }));
  curve.draw(curves.filter((one) => one.curve !== null), state.model);
  curve.markFrozen(layer ? layer.frozen : null);
  curve.say(scan && !hasReference ? 'With a reference mask, Dice at every threshold is drawn here.' : '');
  setText(session.find('.bd-of-stop'), session.workspace.own && layer ? layer.name : 'All models');
  for (const node of findAll(root, '.bd-of')) setText(node, layer ? layer.name : '');
  for (const button of findAll(root, '[data-export]')) button.disabled = !isReady(layer);
  root.dataset.model = state.model;
  root.dataset.ready = ready.map((one) => one.id).join(' ');
  root.dataset.mode = several ? 'several' : 'one';
}

/**
 * In the prediction's place: why there is none, or why it cannot be coloured as wished.
 * @param {Session} it
 */
function showPredictionVeil({ state, panes, chosen, looks }) {
  const veil = find(panes.all.prediction, '.bd-veil'), missing = state.grey ? describeLayer(chosen) : '';
  const look = state.grey && state.heat && !missing ? looks.veil : '';
  cover(veil, missing || look, (chosen !== null && chosen.state === 'running') || (look !== '' && !looks.answer && looks.kind !== 'zoo'));
}

/**
 * @param {Session} session
 */
export function showTools(session) {
  const { look, heat, style, opacity } = session.state, range = session.find('.bd-opacity-range');
  const pressed = { invert: look.invert, heat, fill: style === 'fill', outline: style === 'outline' };
  for (const [name, on] of Object.entries(pressed)) {
    session.find(`[data-do=${name}]`).setAttribute('aria-pressed', String(on));
  }
  range.disabled = style === 'off';
  range.value = Math.round(opacity[style] * 100);
  setText(session.find('.bd-opacity-value'), style === 'off' ? 'off' : `${range.value} %`);
  session.find('.bd-brightness').value = look.brightness;
  session.find('.bd-contrast').value = look.contrast;
  session.find('.bd-scale').hidden = !heat;
  session.lookBar.show();
  showPredictionVeil(session);
  session.root.dataset.overlay = style;
}
