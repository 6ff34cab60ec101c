// panes.js: the panes of one model: original, reference, prediction, overlay and the raw mask. The
// grid (grid.js) takes their place while several models are compared.

import { drawBoxes } from '../canvas/marks.js';
import { find, findAll, setText } from '../page/dom.js';
import { drawLesionMarks } from './table.js';
import { isReady } from '../workspace/layers.js';
/** @import { Session } from './session.js' */
/** @import { Workspace } from '../workspace/workspace.js' */

export class Panes {
  /**
   * @param {HTMLElement} root
   * @param {Session} session
   */
  constructor(root, session) {
    this.session = session;
    this.all = Object.fromEntries([...findAll(root, '[data-pane]')].map((pane) => [pane.dataset.pane, pane]));
  }

  // Of whose size all the others are.
  get pane() {
    return this.all.original;
  }

  /**
   * @param {Workspace} workspace
   */
  caption({ scan, reference }) {
    setText(find(this.all.original, 'figcaption'), scan.simulated ? 'Original · simulated' : 'Original');
    setText(find(this.all.reference, 'figcaption .bd-term'), reference ? reference.name : 'Reference');
  }

  clear() {
    for (const pane of Object.values(this.all)) pane.firstElementChild.width = 0;
  }

  /**
   * due: what session.redraw was asked for.
   * @param {Set<string>} due
   */
  draw(due) {
    // Outlines keep their thickness on the screen, so they are drawn anew at another scale.
    const { state } = this.session, drawn = due.has('look') || due.has('result') || (due.has('view') && (state.style === 'outline' || state.heat));
    if (drawn) this.paint(due);
    for (const [name, pane] of Object.entries(this.all)) {
      const live = name === 'prediction' || name === 'overlay' || name === 'raw';
      if (pane.hidden || (!due.has('look') && !due.has('view') && !(live && drawn))) continue;
      this.blit(name, pane.firstElementChild);
      if (live) drawBoxes(pane.firstElementChild, this.session.view, this.session.state.boxes);
    }
  }

  /**
   * @param {Set<string>} due
   */
  paint(due) {
    const { painter, chosen, looks, reach, state } = this.session, { stop, style } = state;
    const plane = state.heat ? looks.plane : null, heat = plane && looks.describe(plane);
    const outcome = this.session.outcome.get(), mask = outcome && outcome.mask;
    if (due.has('look')) painter.drawOriginal();
    painter.drawResult({ levels: isReady(chosen) ? chosen.levels : null, mask, stop, style, heat, reach });
    if (state.raw) painter.drawRaw(outcome && outcome.raw);
  }

  /**
   * @param {string} name
   * @param {HTMLCanvasElement} canvas
   */
  blit(name, canvas) {
    const { painter, view } = this.session;
    view.blit(canvas, painter.sources[name].canvas, painter.step);
    drawLesionMarks(this.session, name, canvas);
  }
}
