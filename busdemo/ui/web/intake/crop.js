// crop.js: the scan area of a picture: one button undoes the crop that was found, a drag over the
// picture marks another.

import { find } from '../page/dom.js';

const NEAR_PX = 8, LEAST_PX = 16;

export class CropBox {
  /**
   * @param {HTMLElement} root The element `.bd-crop`.
   * @param {(crop: string) => void} ask Called with "auto", "none" or "x,y,w,h" in px of the picture.
   */
  constructor(root, ask) {
    this.root = root;
    this.ask = ask;
    this.image = find(root, 'img');
    this.mark = find(root, 'i');
    this.field = find(root, 'input');
    this.button = find(root, 'button');
    this.known = '';
    /** @type {number[] | null} */
    this.box = null; // left, top, right, bottom in px of the picture
    this.button.addEventListener('click', () => ask(this.cropped ? 'none' : 'auto'));
    this.field.addEventListener('change', () => ask(this.field.value.trim()));
    this.image.addEventListener('load', () => this.draw());
    const frame = find(root, '.bd-crop-picture');
    frame.addEventListener('pointerdown', (/** @type {PointerEvent} */ event) => this.start(event, frame));
  }

  get cropped() {
    return this.known !== 'none';
  }

  /**
   * What the server says: the area in use, the one that was found, and the picture.
   * @param {{crop?: string, found?: string, picture?: {url: string} | null}} value
   */
  show({ crop = '', found = '', picture = null }) {
    this.root.hidden = !crop || !picture;
    if (!crop || !picture) return;
    this.known = crop;
    this.button.hidden = !this.cropped && !found;
    this.button.textContent = this.cropped ? 'Use the whole picture' : 'Use the scan area that was found';
    if (this.image.getAttribute('src') !== picture.url) this.image.src = picture.url;
    this.field.value = crop;
    const [x, y, w, h] = crop.split(',').map(Number);
    this.box = this.cropped ? [x, y, x + w, y + h] : null;
    this.draw();
  }

  // ---- dragging

  /**
   * @param {PointerEvent} event
   * @param {HTMLElement} frame
   */
  start(event, frame) {
    if (event.button || !this.image.naturalWidth) return;
    event.preventDefault();
    const from = this.place(event), before = this.box, edges = this.edgesNear(from);
    const move = (/** @type {PointerEvent} */ moved) => {
      const to = this.place(moved);
      this.box = before && edges.length
        ? before.map((edge, side) => (edges.includes(side) ? to[side % 2] : edge))
        : [Math.min(from[0], to[0]), Math.min(from[1], to[1]), Math.max(from[0], to[0]), Math.max(from[1], to[1])];
      this.draw();
    };
    const done = new AbortController(), { signal } = done;
    const end = (/** @type {boolean} */ keep) => {
      done.abort();
      const [left, top, right, bottom] = this.box || [0, 0, 0, 0];
      if (keep && right - left >= LEAST_PX && bottom - top >= LEAST_PX) {
        this.ask([left, top, right - left, bottom - top].join(','));
      } else {
        this.box = before;
        this.draw();
      }
    };
    frame.setPointerCapture(event.pointerId);
    frame.addEventListener('pointermove', move, { signal });
    frame.addEventListener('pointerup', () => end(true), { signal });
    frame.addEventListener('pointercancel', () => end(false), { signal });
  }

  /**
   * A pointer's place in whole px of the picture.
   * @param {PointerEvent} event
   */
  place(event) {
    const { left, top, width, height } = this.image.getBoundingClientRect();
    const { naturalWidth, naturalHeight } = this.image;
    const clamp = (/** @type {number} */ value, /** @type {number} */ most) => Math.round(Math.min(Math.max(value, 0), most));
    return [
      clamp((event.clientX - left) * naturalWidth / width, naturalWidth),
      clamp((event.clientY - top) * naturalHeight / height, naturalHeight),
    ];
  }

  /**
   * The sides (0 left, 1 top, 2 right, 3 bottom) that a drag from here moves.
   * @param {number[]} at
   * @returns {number[]}
   */
  edgesNear([x, y]) {
    const { box } = this;
    if (!box) return [];
    const near = NEAR_PX * this.image.naturalWidth / this.image.getBoundingClientRect().width;
    const [left, top, right, bottom] = box;
    const beside = x > left - near && x < right + near && y > top - near && y < bottom + near;
    return beside ? [0, 1, 2, 3].filter((side) => Math.abs(box[side] - (side % 2 ? y : x)) < near) : [];
  }

  draw() {
    const { naturalWidth: width, naturalHeight: height } = this.image;
    this.mark.hidden = !this.box || !width;
    if (!this.box || !width) return;
    const [left, top, right, bottom] = this.box;
    const percent = (/** @type {number} */ value, /** @type {number} */ whole) => `${100 * value / whole}%`;
    Object.assign(this.mark.style, {
      left: percent(left, width), top: percent(top, height),
      width: percent(right - left, width), height: percent(bottom - top, height),
    });
  }
}
