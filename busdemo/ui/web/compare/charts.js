// charts.js: two drawings of the server's numbers: NSD over the tolerance, and people's agreement
// with each other beside the models' agreement with them.

import { DASHES } from '../canvas/palette.js';
import { make, setText } from '../page/dom.js';
/** @import { CompareView } from './view.js' */
/** @import { Numbers } from './metrics.js' */

/**
 * @param {string} tag
 * @param {Record<string, string | number>} attributes
 * @param {...(Node | string)} children
 */
function svgNode(tag, attributes, ...children) {
  const node = document.createElementNS('http://www.w3.org/2000/svg', tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, String(value));
  node.append(...children);
  return node;
}

/**
 * @param {CompareView} desk
 * @param {Numbers} numbers
 */
export function drawNsd(desk, { keys, nsd, tolerances, reference }) {
  const svg = desk.find('.bd-nsd'), left = 34, right = 392, top = 10, bottom = 168;
  const known = nsd.flat().filter(Number.isFinite), floor = Math.min(0.9, Math.floor(Math.min(...known, 1) * 10) / 10);
  const x = (/** @type {number} */ k) => left + ((right - left) * k) / (tolerances.length - 1), y = (/** @type {number} */ v) => bottom - ((bottom - top) * (v - floor)) / (1 - floor);
  const parts = [];
  for (const v of [floor, (floor + 1) / 2, 1]) {
    parts.push(svgNode('line', { x1: left, x2: right, y1: y(v), y2: y(v), class: 'bd-grid-line' }));
    parts.push(svgNode('text', { x: left - 6, y: y(v) + 4, 'text-anchor': 'end' }, v.toFixed(2).replace(/0$/, '')));
  }
  tolerances.forEach((tolerance, k) => parts.push(svgNode('text', { x: x(k), y: bottom + 16, 'text-anchor': 'middle' }, String(tolerance))));
  parts.push(svgNode('text', { x: right, y: bottom + 30, 'text-anchor': 'end' }, 'tolerance, px'));
  keys.forEach((key, row) => {
    const one = desk.roster.find(key);
    if (!one || key === reference || !nsd[row].every(Number.isFinite)) return;
    const points = nsd[row].map((/** @type {any} */ value, /** @type {number} */ k) => `${x(k).toFixed(1)},${y(value).toFixed(1)}`).join(' ');
    const line = svgNode('polyline', { points, stroke: one.colour, 'stroke-dasharray': DASHES[one.dash].join(' '), class: 'bd-nsd-line' });
    line.append(svgNode('title', {}, `${one.name}: ${nsd[row].map((/** @type {any} */ value) => value.toFixed(3)).join(', ')}`));
    parts.push(line);
  });
  svg.replaceChildren(...parts);
}

/**
 * The band is how well people agree with each other; a bar is a model's agreement with each of them.
 * @param {CompareView} desk
 * @param {Numbers} numbers
 */
export function drawYardstick(desk, { yardstick, staple }) {
  const box = desk.find('.bd-yardstick'), { people, models, sentence } = yardstick;
  setText(desk.find('.bd-yardstick-sentence'), sentence);
  box.replaceChildren();
  const ranges = [...(people ? [people] : []), ...models.map((/** @type {{range: number[]}} */ { range }) => range)].filter((range) => range.every(Number.isFinite));
  if (people && ranges.length) box.append(buildYardstick(desk, people, models, ranges));
  showStaple(desk, staple);
}

/**
 * @param {CompareView} desk
 * @param {any} people
 * @param {any[]} models
 * @param {number[][]} ranges
 */
function buildYardstick(desk, people, models, ranges) {
  const floor = Math.floor(Math.min(...ranges.map(([low]) => low)) * 10) / 10, height = 34 + 24 * models.length;
  const x = (/** @type {number} */ v) => 120 + (270 * (v - floor)) / Math.max(1 - floor, 0.1);
  const svg = svgNode('svg', { viewBox: `0 0 400 ${height}`, role: 'img', 'aria-label': 'Agreement of people and models, Dice' });
  svg.append(svgNode('rect', { x: x(people[0]), y: 4, width: Math.max(2, x(people[1]) - x(people[0])), height: height - 24, class: 'bd-band' }));
  svg.append(svgNode('text', { x: 112, y: 15, 'text-anchor': 'end' }, 'people'));
  models.forEach(({ name, key, range }, row) => {
    const one = desk.roster.find(key), at = 32 + 24 * row;
    svg.append(svgNode('text', { x: 112, y: at + 4, 'text-anchor': 'end' }, name.length > 18 ? `${name.slice(0, 17)}…` : name));
    if (!range.every(Number.isFinite)) return;
    const bar = svgNode('rect', { x: x(range[0]) - 2, y: at - 5, width: Math.max(4, x(range[1]) - x(range[0]) + 4), height: 10, rx: 3, fill: one ? one.colour : '#fff' });
    bar.append(svgNode('title', {}, `${name}: ${range.map((/** @type {any} */ value) => value.toFixed(3)).join(' to ')}`));
    svg.append(bar);
  });
  for (const v of [floor, (floor + 1) / 2, 1]) svg.append(svgNode('text', { x: x(v), y: height - 4, 'text-anchor': 'middle' }, v.toFixed(2)));
  return svg;
}

/**
 * What STAPLE estimates of every annotator it weighs.
 * @param {CompareView} desk
 * @param {any[]} staple
 */
function showStaple(desk, staple) {
  const table = desk.find('.bd-staple');
  table.hidden = !staple.length;
  const share = (/** @type {any} */ value) => (Number.isFinite(value) ? value.toFixed(3) : '–');
  table.replaceChildren(
    make('thead', {}, make('tr', {}, ...['STAPLE', 'Sensitivity', 'Specificity'].map((word) => make('th', { scope: 'col' }, word)))),
    make('tbody', {}, ...staple.map(({ name, sensitivity, specificity }) => make('tr', {}, make('th', { scope: 'row' }, name), make('td', {}, share(sensitivity)), make('td', {}, share(specificity))))),
  );
}
