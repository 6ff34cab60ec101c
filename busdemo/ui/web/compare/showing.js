// showing.js: from the desk's state to pressed buttons, captions, keys and the readout.

import { WHOLE, formatPercent, formatShare } from '../core/formats.js';
import { scorePair, voteEntropy } from '../core/planes.js';
import { coverPane, findAll, make, setText } from '../page/dom.js';
/** @import { Annotator } from '../workspace/annotators.js' */
/** @import { CompareView } from './view.js' */

/**
 * @param {CompareView} desk
 */
export function showDesk(desk) {
  const { root, easel, roster, blind } = desk, drawing = easel.isOn, { a, b } = desk.pair;
  Object.assign(root.dataset, {
    picture: drawing ? 'outlines' : desk.picture, map: desk.map, drawing: String(drawing), blind: String(blind),
    tool: !drawing ? '' : easel.isPanning ? 'move' : easel.tool, case: desk.state.case || '',
  });
  const press = (/** @type {string} */ name, /** @type {any} */ value) => {
    for (const button of findAll(root, `[data-${name}-button]`)) {
      button.setAttribute('aria-pressed', String(button.dataset[`${name}Button`] === value));
    }
  };
  press('picture', desk.picture);
  press('map', desk.map);
  for (const button of findAll(root, '[data-tool]')) button.setAttribute('aria-pressed', String(button.dataset.tool === easel.tool));
  desk.find('.bd-bar').hidden = drawing;
  desk.find('.bd-drawbar').hidden = !drawing;
  desk.find('[data-stage=map]').hidden = drawing;
  desk.find('.bd-map-choice').hidden = blind;
  showSides(desk, a, b);
  showCaptions(desk, a, b);
  desk.people?.showChoice();
  if (drawing) showEasel(desk);
  desk.find('.bd-brightness').value = desk.store.look.brightness;
  desk.find('.bd-contrast').value = desk.store.look.contrast;
  const { title, note, simulated } = desk.state;
  setText(desk.find('.bd-scan-name'), title);
  setText(desk.find('.bd-scan-note'), [simulated ? 'simulated' : '', note].filter(Boolean).join('; '));
  setText(desk.find('.bd-count'), roster.list.length ? String(roster.list.length) : '');
}

/**
 * @param {CompareView} desk
 * @param {Annotator | null} a
 * @param {Annotator | null} b
 */
function showSides(desk, a, b) {
  const ready = desk.roster.ready, chosen = { a, b };
  for (const select of findAll(desk.root, '.bd-ab select')) {
    const says = ready.map((one) => `${one.key} ${one.name}`).join('|');
    if (select.dataset.says !== says) {
      select.replaceChildren(...ready.map((one) => new Option(one.name, one.key)));
      select.dataset.says = says;
    }
    const one = select.dataset.side === 'a' ? chosen.a : chosen.b;
    select.value = one ? one.key : '';
    select.disabled = ready.length < 2;
  }
  const needed = desk.picture !== 'outlines' || desk.map === 'pair';
  desk.find('.bd-ab').dataset.idle = String(!needed);
}

/**
 * @param {CompareView} desk
 * @param {Annotator | null} a
 * @param {Annotator | null} b
 */
function showCaptions(desk, a, b) {
  const [left, right] = findAll(desk.root, '[data-stage=picture] figcaption'), divider = desk.find('.bd-divider');
  const picture = desk.easel.isOn || !a || !b ? 'outlines' : desk.picture, shown = desk.blinkSide === 'a' ? a : b;
  const label = (/** @type {HTMLElement} */ node, /** @type {string} */ side, /** @type {Annotator | null} */ one) => {
    if (!one) return;
    node.replaceChildren(make('b', {}, `${side} `), one.name);
    node.style.borderColor = one.colour;
  };
  left.style.borderColor = right.style.borderColor = 'transparent';
  right.hidden = divider.hidden = picture !== 'swipe';
  if (picture === 'swipe') {
    label(left, 'A', a);
    label(right, 'B', b);
    divider.style.left = `${desk.swipeAt * 100}%`;
    divider.setAttribute('aria-valuenow', String(Math.round(desk.swipeAt * 100)));
  } else if (picture === 'blink') label(left, desk.blinkSide.toUpperCase(), shown);
  else setText(left, desk.blind ? 'Scan, drawn blind' : 'Outlines');
  /** @type {Record<string, string>} */
  const names = { votes: `Votes of the ${desk.votersShown.length} shown`, disagreement: `Disagreement of the ${desk.votersShown.length} shown`, pair: 'A against B' };
  setText(desk.find('[data-stage=map] figcaption'), names[desk.map]);
  const empty = desk.map === 'pair' ? !(a && b) : desk.votersShown.length === 0;
  coverPane(desk.find('[data-stage=map] .bd-veil'), empty ? 'Show at least one annotator.' : '');
  coverPane(desk.find('[data-stage=picture] .bd-veil'), desk.state.grey ? '' : 'Open a scan to begin.');
}

/**
 * @param {CompareView} desk
 */
function showEasel(desk) {
  const { easel, roster, blind } = desk, one = roster.find(easel.key), select = desk.find('.bd-start');
  setText(desk.find('.bd-drawing-name'), one ? one.name : '');
  desk.find('.bd-brush').value = Math.round(easel.radius);
  setText(desk.find('.bd-brush-value'), `${Math.round(easel.radius)} px`);
  desk.find('[data-act=undo]').disabled = !easel.mask.done.length && !easel.corners.length;
  desk.find('[data-act=redo]').disabled = !easel.mask.undone.length;
  desk.find('.bd-blind').checked = blind;
  const sources = roster.ready.filter((other) => other !== one);
  select.replaceChildren(new Option('…', ''), new Option('nothing', 'none'), ...sources.map((other) => new Option(other.name, other.key)));
  desk.find('.bd-from').hidden = blind;
}

/**
 * The key to the pictures' colours, with how many pixels each colour has.
 * @param {CompareView} desk
 */
export function showKeys(desk) {
  const { counts } = desk.pictures, keys = desk.find('.bd-keys'), sentence = desk.find('.bd-sentence');
  const show = !desk.easel.isOn && desk.state.grey !== null;
  keys.hidden = !show;
  setText(sentence, show ? describeMap(desk, counts) : '');
  if (!show) return;
  const { a, b } = desk.pair, colours = desk.pictures.colours(), n = desk.votersShown.length;
  const words = desk.map === 'pair'
    ? ['neither', 'A only', 'B only', 'both']
    : colours.map((_, k) => (desk.map === 'votes' ? `${k} ${k === 1 ? 'vote' : 'votes'}` : `${k}:${n - k}`));
  if (desk.map === 'pair' && !(a && b)) words.length = 0;
  keys.replaceChildren(...words.flatMap((word, k) => {
    if (desk.map === 'disagreement' && !colours[k]) return [];
    const swatch = make('i');
    if (colours[k]) swatch.style.background = `rgb(${colours[k]})`;
    return [make('span', { class: 'bd-key' }, swatch, `${word} `, make('b', {}, WHOLE.format(counts[k])), ' px')];
  }));
}

/**
 * @param {CompareView} desk
 * @param {Uint32Array} counts
 */
function describeMap(desk, counts) {
  const n = desk.votersShown.length, any = counts.reduce((sum, px) => sum + px, 0) - counts[0];
  if (!any) return '';
  if (desk.map === 'pair') {
    const { a, b } = desk.pair, score = a && b ? scorePair(desk.planes.shared, a.slot, b.slot) : null;
    return a && b && score ? `${a.name} and ${b.name}: Dice ${formatShare(score.dice)}, IoU ${formatShare(score.iou)}.` : '';
  }
  if (n < 2) return '';
  if (desk.map === 'votes') {
    return `All ${n} agree on ${WHOLE.format(counts[n])} of the ${WHOLE.format(any)} px that any of them marks (${formatPercent(counts[n] / any)}).`;
  }
  let sum = 0;
  for (let k = 1; k <= n; k++) sum += counts[k] * voteEntropy(k, n);
  return `Mean disagreement over the ${WHOLE.format(any)} px that anyone marks: ${(sum / any).toFixed(3)} bit (0 all agree, 1 split evenly).`;
}

/**
 * @param {CompareView} desk
 */
export function showHover(desk) {
  const { state, view, root } = desk, at = desk.hovered, readout = desk.find('.bd-readout');
  const inside = Boolean(state.grey && at && at.x >= 0 && at.y >= 0 && at.x < state.width && at.y < state.height);
  root.classList.toggle('bd-hovering', inside && !desk.easel.isOn);
  if (!inside || !at || !state.grey) {
    setText(readout, state.grey ? `${state.width} × ${state.height} px` : '');
    return;
  }
  const x = Math.floor(at.x), y = Math.floor(at.y), i = y * state.width + x, place = view.toPane(at.x, at.y);
  const marking = desk.visible.filter((one) => desk.planes.has(one.slot, i)), shown = desk.visible.length;
  const names = marking.length && marking.length <= 3 ? `: ${marking.map((one) => one.name).join(', ')}` : '';
  setText(readout, `x ${x} · y ${y} · grey ${state.grey[i]} · ${marking.length} of ${shown} mark it${names}`);
  root.style.setProperty('--bd-x', `${place.x}px`);
  root.style.setProperty('--bd-y', `${place.y}px`);
}
