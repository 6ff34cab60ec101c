// grid.js: the panes of the comparison: one a model in the selector's order, then the maps.

import { find } from '../page/dom.js';
import { ModelCell } from './cell.js';
import { layerOf } from './comparison.js';
import { PairCell, VoteCell } from './maps.js';
/** @import { Session } from './session.js' */

export class Grid {
  /**
   * @param {HTMLElement} root
   * @param {Session} session
   */
  constructor(root, session) {
    this.session = session;
    this.box = find(root, '.bd-grid');
    this.blank = find(root, '.bd-cell-blank').content.firstElementChild;
    /** @type {Map<string, ModelCell>} */
    this.models = new Map();
    /** @type {Record<string, VoteCell | PairCell>} */
    this.maps = {
      votes: new VoteCell(find(this.box, '[data-map=votes]'), session),
      pair: new PairCell(find(this.box, '[data-map=pair]'), session),
    };
  }

  // Of whose size all the others are.
  get pane() {
    return [...this.models.values()][0].pane;
  }

  // Bring the panes in line with what is compared. Those that stay are not touched: one of them
  // may have the focus.
  sync() {
    const { comparison, state, workspace } = this.session;
    const layers = comparison.shown ? comparison.models.map((one) => layerOf(state.layers, one.model)) : [];
    for (const [id, cell] of this.models) {
      if (layers.some((layer) => layer.id === id)) continue;
      cell.figure.remove();
      this.models.delete(id);
    }
    layers.forEach((layer, n) => {
      const cell = this.models.get(layer.id) || new ModelCell(this.blank.cloneNode(true), this.session, layer.id), place = this.box.children[n];
      this.models.set(layer.id, cell);
      if (place !== cell.figure) this.box.insertBefore(cell.figure, place);
      cell.show(layer, layer.id === state.model);
    });
    this.box.dataset.own = String(workspace.own);
    for (const [name, cell] of Object.entries(this.maps)) {
      cell.figure.hidden = !comparison.maps[name];
      if (layers.length) cell.show();
      else cell.free();
    }
  }

  /**
   * due: what session.redraw was asked for. A model's own threshold costs its own pane and the maps.
   * @param {Set<string>} due
   */
  draw(due) {
    const { state } = this.session, maps = Object.values(this.maps).filter((cell) => !cell.figure.hidden);
    const outlined = due.has('view') && state.style === 'outline'; // drawn anew at another scale
    const models = [...this.models.values()].filter((cell) => due.has('look') || outlined || (due.has('result') && cell.drawn !== cell.says));
    /** @type {(ModelCell | VoteCell | PairCell)[]} */
    const stale = [...models, ...(due.has('look') || due.has('result') ? maps : [])];
    for (const cell of stale) cell.draw();
    for (const cell of due.has('view') ? [...this.models.values(), ...maps] : stale) cell.blit();
  }

  /**
   * For tests: the words last drawn for 'votes', 'pair' or a model's id.
   * @param {string} name
   */
  pixels(name) {
    const { painter } = this.session, words = new Uint32Array(painter.width * painter.height);
    (this.maps[name] || this.models.get(name))?.write(words);
    return words;
  }
}
