// view.js: one zoom and position for all four panes, and the scaling of a source into a pane.

const CLOSEST = 24; // CSS pixels one pixel of the scan may grow to

export class LinkedView {
  constructor() {
    this.scan = { width: 1, height: 1 };
    this.pane = { width: 1, height: 1 };
    this.reset();
  }

  reset() {
    this.zoom = 1;
    this.centre = { x: this.scan.width / 2, y: this.scan.height / 2 };
  }

  setScan(width, height) {
    this.scan = { width, height };
    this.reset();
  }

  setPane(width, height) {
    this.pane = { width: Math.max(1, width), height: Math.max(1, height) };
    this.settle();
  }

  get isFitted() {
    return this.zoom <= 1;
  }

  // CSS pixels for one pixel of the scan.
  get scale() {
    const { scan, pane } = this;
    return Math.min(pane.width / scan.width, pane.height / scan.height) * this.zoom;
  }

  // Where the scan's pixel corner (0, 0) lies in the pane.
  get offset() {
    const { scale, centre, pane } = this;
    return { x: pane.width / 2 - centre.x * scale, y: pane.height / 2 - centre.y * scale };
  }

  toScan(x, y) {
    const { scale, offset } = this;
    return { x: (x - offset.x) / scale, y: (y - offset.y) / scale };
  }

  toPane(x, y) {
    const { scale, offset } = this;
    return { x: x * scale + offset.x, y: y * scale + offset.y };
  }

  // Zoom by a factor around a point of the pane, which stays where it is.
  zoomAt(x, y, factor) {
    const fixed = this.toScan(x, y), fit = this.scale / this.zoom;
    this.zoom = Math.max(1, Math.min(this.zoom * factor, Math.max(2, CLOSEST / fit)));
    const { scale, pane } = this;
    this.centre = { x: fixed.x - (x - pane.width / 2) / scale, y: fixed.y - (y - pane.height / 2) / scale };
    this.settle();
  }

  panBy(dx, dy) {
    const { scale, centre } = this;
    this.centre = { x: centre.x - dx / scale, y: centre.y - dy / scale };
    this.settle();
  }

  // Keep the scan in the pane: never empty space where there could be scan.
  settle() {
    const { scale, scan, pane, centre } = this;
    const hold = (at, size, room) => {
      const half = room / 2 / scale;
      return size <= 2 * half ? size / 2 : Math.max(half, Math.min(size - half, at));
    };
    this.centre = { x: hold(centre.x, scan.width, pane.width), y: hold(centre.y, scan.height, pane.height) };
  }

  // How many source pixels an outline needs to be about two screen pixels wide.
  outlineReach(step) {
    return Math.max(1, Math.min(24, Math.round(1.5 / (this.scale * step))));
  }

  // Draw a source canvas (step scan pixels to one of its own) into a pane's visible canvas.
  blit(target, source, step) {
    const ratio = window.devicePixelRatio || 1, { scale, offset } = this;
    const width = Math.round(this.pane.width * ratio), height = Math.round(this.pane.height * ratio);
    if (target.width !== width || target.height !== height) {
      target.width = width;
      target.height = height;
    }
    const context = target.getContext('2d', { alpha: false });
    const grown = scale * ratio * step;
    context.fillStyle = '#000';
    context.fillRect(0, 0, width, height);
    // Far in, a clinician wants to see the pixels themselves; far out, no aliased speckle.
    context.imageSmoothingEnabled = grown < 4;
    context.imageSmoothingQuality = grown < 0.75 ? 'medium' : 'low';
    context.drawImage(source, offset.x * ratio, offset.y * ratio, source.width * grown, source.height * grown);
  }
}
