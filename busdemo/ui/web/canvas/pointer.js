// pointer.js: wheel, drag, pinch and double click on a pane, and where the pointer is.

/** @import { LinkedView } from './view.js' */
/** @import { Point } from '../core/lesions.js' */

const WHEEL_PACE = 0.0016, KEY_PX = 32;

/** @type {Record<string, [number, number]>} Which way the picture goes when its pane is focused. */
const ARROWS = { ArrowLeft: [1, 0], ArrowRight: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

/**
 * on: {change(), hover(point | null), holds?()}; point in pixels of the scan. While `holds()`, one
 * pointer is somebody else's (it draws) and moves nothing here; two still do.
 * @param {HTMLElement} pane
 * @param {LinkedView} view
 * @param {{change: () => void, hover: (at: Point | null) => void, holds?: () => boolean}} on
 */
export function bindPointer(pane, view, on) {
  const fingers = new Map();
  const place = (/** @type {MouseEvent} */ event) => {
    const box = pane.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  };
  const changed = on.change, holds = on.holds || (() => false);
  let middle = false; // the middle button moves whatever else a pointer does

  pane.addEventListener('wheel', (event) => {
    // Scrolling down over a fitted scan is left to the page.
    if (view.isFitted && event.deltaY > 0) return;
    event.preventDefault();
    const at = place(event), pace = event.deltaMode === 1 ? 20 : 1;
    view.zoomAt(at.x, at.y, Math.exp(-event.deltaY * pace * WHEEL_PACE));
    changed();
  }, { passive: false });

  pane.addEventListener('pointerdown', (event) => {
    if (event.button > 1) return;
    middle = event.button === 1;
    if (middle) event.preventDefault(); // no scrolling by itself
    fingers.set(event.pointerId, place(event));
    pane.setPointerCapture(event.pointerId);
    on.hover(view.toScan(place(event).x, place(event).y));
  });

  pane.addEventListener('pointermove', (event) => {
    const at = place(event), before = fingers.get(event.pointerId);
    if (before && fingers.size === 1 && (middle || !holds())) view.panBy(at.x - before.x, at.y - before.y);
    if (before && fingers.size === 2) pinch(view, fingers, event.pointerId, at);
    if (before) {
      fingers.set(event.pointerId, at);
      if (!view.isFitted || fingers.size === 2) changed();
    }
    on.hover(view.toScan(at.x, at.y));
  });

  for (const end of /** @type {const} */ (['pointerup', 'pointercancel'])) {
    pane.addEventListener(end, (event) => fingers.delete(event.pointerId));
  }
  // A lifted finger leaves the readout where it was: there is no hovering on a touch screen.
  pane.addEventListener('pointerleave', (event) => {
    if (event.pointerType !== 'touch') on.hover(null);
  });
  pane.addEventListener('keydown', (event) => {
    const way = event.target === pane && !event.altKey && !event.ctrlKey && !event.metaKey && ARROWS[event.key];
    if (!way) return;
    event.preventDefault();
    event.stopPropagation(); // elsewhere an arrow moves the threshold
    view.panBy(way[0] * KEY_PX, way[1] * KEY_PX);
    changed();
  });
  pane.addEventListener('dblclick', () => {
    if (holds()) return;
    view.reset();
    changed();
  });
}

/**
 * Zoom by how far the fingers spread, around their middle, and follow the middle as it moves.
 * @param {LinkedView} view
 * @param {Map<number, Point>} fingers
 * @param {number} movedId
 * @param {Point} at
 */
function pinch(view, fingers, movedId, at) {
  const [first, second] = [...fingers.entries()].map(([id, place]) => ({ before: place, now: id === movedId ? at : place }));
  const middle = (/** @type {'before' | 'now'} */ when) => ({ x: (first[when].x + second[when].x) / 2, y: (first[when].y + second[when].y) / 2 });
  const spread = (/** @type {'before' | 'now'} */ when) => Math.hypot(first[when].x - second[when].x, first[when].y - second[when].y) || 1;
  const from = middle('before'), to = middle('now');
  view.panBy(to.x - from.x, to.y - from.y);
  view.zoomAt(to.x, to.y, spread('now') / spread('before'));
}
