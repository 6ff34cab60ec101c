// outlines.js: rings of a mask (core/contours.js) as a path a canvas can draw at any zoom.

/**
 * How finely a ring has to be drawn at a scale (device pixels for one pixel of the scan): along
 * pixel edges when they can be seen, else through the middles of the edges, which looks smooth,
 * leaving out what is too small to be seen.
 * @param {number} scale
 */
export function pathDetail(scale) {
  if (scale >= 4) return { corners: true, least: 0 };
  return { corners: false, least: scale >= 1 ? 0 : 2 ** Math.floor(Math.log2(0.75 / scale)) };
}

/**
 * @param {Int32Array[]} rings
 * @param {{corners: boolean, least: number}} other
 */
export function buildPath(rings, { corners, least }) {
  const path = new Path2D();
  for (const ring of rings) {
    if (corners) for (let i = 0; i < ring.length; i += 2) path[i ? 'lineTo' : 'moveTo'](ring[i], ring[i + 1]);
    else addMiddles(path, ring, least);
    path.closePath();
  }
  return path;
}

/**
 * A long straight edge keeps its ends, half a pixel from the corners; a short one is its middle.
 * @param {Path2D} path
 * @param {Int32Array} ring
 * @param {number} least
 */
function addMiddles(path, ring, least) {
  let lastX = Infinity, lastY = Infinity, begun = false;
  const add = (/** @type {number} */ x, /** @type {number} */ y) => {
    if (begun && Math.abs(x - lastX) + Math.abs(y - lastY) < least) return;
    if (begun) path.lineTo(x, y);
    else path.moveTo(x, y);
    begun = true;
    lastX = x;
    lastY = y;
  };
  for (let i = 0; i < ring.length; i += 2) {
    const x = ring[i], y = ring[i + 1], j = (i + 2) % ring.length, dx = ring[j] - x, dy = ring[j + 1] - y;
    const inset = Math.min(0.5, (Math.abs(dx) + Math.abs(dy)) / 2) / (Math.abs(dx) + Math.abs(dy));
    add(x + dx * inset, y + dy * inset);
    if (Math.abs(dx) + Math.abs(dy) > 1) add(x + dx * (1 - inset), y + dy * (1 - inset));
  }
}
