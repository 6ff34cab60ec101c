// tiles.js: the examples to pick from: real scans first, simulated ones folded away below.

import { findAll, make } from './dom.js';

/**
 * @typedef {object} Tile
 * @property {string} id
 * @property {string} title
 * @property {boolean} simulated
 * @property {{url: string}} picture
 */

const CREDIT = 'https://doi.org/10.7937/9WKK-Q141';

/**
 * The examples in `box`, once; `pick` is told the id of the one that is pressed.
 * @param {HTMLElement} box
 * @param {Tile[]} examples
 * @param {(id: string) => void} pick
 */
export function fillTiles(box, examples, pick) {
  if (findAll(box, '[data-example]').length === examples.length) return;
  const real = examples.filter((one) => !one.simulated), simulated = examples.filter((one) => one.simulated);
  const group = (/** @type {Tile[]} */ tiles) => make('div', { class: 'bd-tiles' }, ...tiles.map((one) => buildTile(one, pick)));
  const credit = make('a', { href: CREDIT, target: '_blank', rel: 'noopener' }, 'doi:10.7937/9WKK-Q141');
  const said = make('p', { class: 'bd-credit' }, 'Real test images: BrEaST, Pawłowska et al. 2024, CC BY 4.0, ', credit);
  const folded = make('details', { open: !real.length }, make('summary', {}, `${simulated.length} simulated scans, exact outline`), group(simulated));
  box.replaceChildren(...(real.length ? [group(real), said] : []), ...(simulated.length ? [folded] : []));
}

/**
 * Which example is on the table; empty for none.
 * @param {HTMLElement} box
 * @param {string} id
 */
export function markTile(box, id) {
  for (const tile of findAll(box, '[data-example]')) {
    tile.setAttribute('aria-pressed', String(tile.dataset.example === id));
    if (tile.dataset.example === id && tile.closest('details')) tile.closest('details').open = true;
  }
}

/**
 * @param {Tile} tile
 * @param {(id: string) => void} pick
 */
function buildTile({ id, title, simulated, picture }, pick) {
  const called = simulated ? `${title} (simulated)` : title;
  const image = make('img', { alt: called, loading: 'lazy', src: picture.url });
  const tile = make('button', { type: 'button', title: called, 'data-example': id, 'aria-pressed': 'false' }, image);
  tile.addEventListener('click', () => pick(id));
  return tile;
}
