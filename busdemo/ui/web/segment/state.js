// state.js: what the Segment view shows: the workspace's scan and chosen model, and what is this
// view's own: heat map, overlay, raw mask, the place under the pointer.

/** @import { Point } from '../core/lesions.js' */
/** @import { Workspace } from '../workspace/workspace.js' */

export class SegmentState {
  /**
   * @param {Workspace} workspace
   */
  constructor(workspace) {
    this.workspace = workspace;
    this.heat = false;
    /** @type {'fill' | 'outline' | 'off'} */
    this.style = 'fill';
    this.raw = false;
    this.opacity = { fill: 0.5, outline: 1, off: 0 };
    /** @type {Point | null} */
    this.hover = null;
    /** @type {any[]} */
    this.boxes = []; // where the detector found lesions
  }

  get case() {
    return this.workspace.scan.case;
  }

  get title() {
    return this.workspace.scan.title;
  }

  get width() {
    return this.workspace.scan.width;
  }

  get height() {
    return this.workspace.scan.height;
  }

  get grey() {
    return this.workspace.scan.grey;
  }

  get aspect() {
    return this.workspace.scan.aspect;
  }

  get mmPerPx() {
    return this.workspace.scan.spacing;
  }

  get reference() {
    return this.workspace.referenceMask;
  }

  get layers() {
    return this.workspace.layers;
  }

  get model() {
    return this.workspace.model;
  }

  get look() {
    return this.workspace.look;
  }

  get twoStage() {
    return this.workspace.twoStage;
  }

  // Of the chosen model.
  get stop() {
    return this.workspace.chosen?.stop || 100;
  }

  get steps() {
    const { chosen } = this.workspace;
    return chosen && chosen.steps !== chosen.ownSteps ? chosen.steps : null;
  }
}
