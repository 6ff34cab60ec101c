// marks.js: boxes, lines and ends drawn over a pane, white with a dark edge, because colours mean
// something else.

import { contextOf } from './view.js';
/** @import { LinkedView } from './view.js' */
/** @import { Point } from '../core/lesions.js' */

/**
 * @param {CanvasRenderingContext2D} context
 * @param {Point} one
 * @param {Point} other
 */
export function drawLine(context, one, other) {
  for (const { width, colour } of [{ width: 3, colour: 'rgb(0 0 0 / 75%)' }, { width: 1.25, colour: '#fff' }]) {
    context.beginPath();
    context.lineWidth = width;
    context.strokeStyle = colour;
    context.moveTo(one.x, one.y);
    context.lineTo(other.x, other.y);
    context.stroke();
  }
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {Point[]} places
 */
export function drawEnds(context, places) {
  if (places.length === 2) drawLine(context, places[0], places[1]);
  for (const { x, y } of places) {
    drawLine(context, { x: x - 5, y }, { x: x + 5, y });
    drawLine(context, { x, y: y - 5 }, { x, y: y + 5 });
  }
}

/**
 * Boxes and their scores over what is drawn in a pane's canvas: white, with a dark edge, because the
 * overlay's colours mean something else.
 * @param {HTMLCanvasElement} canvas
 * @param {LinkedView} view
 * @param {{left: number, top: number, right: number, bottom: number, score: number}[]} boxes
 */
export function drawBoxes(canvas, view, boxes) {
  if (!boxes.length) return;
  const ratio = window.devicePixelRatio || 1, context = contextOf(canvas);
  context.save();
  context.scale(ratio, ratio);
  context.font = '600 12px system-ui, sans-serif';
  context.textBaseline = 'middle';
  for (const box of boxes) drawBox(context, view, box);
  context.restore();
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {LinkedView} view
 * @param {{left: number, top: number, right: number, bottom: number, score: number}} more
 */
function drawBox(context, view, { left, top, right, bottom, score }) {
  const from = view.toPane(left, top), to = view.toPane(right, bottom), words = score.toFixed(2);
  for (const { width, colour } of [{ width: 3.5, colour: '#000' }, { width: 1.5, colour: '#fff' }]) {
    context.strokeStyle = colour;
    context.lineWidth = width;
    context.strokeRect(from.x, from.y, to.x - from.x, to.y - from.y);
  }
  // Above the box where there is room, else inside it; always in the pane.
  const wide = context.measureText(words).width + 8;
  const x = Math.max(0, Math.min(from.x - 1.75, view.pane.width - wide)), y = from.y >= 20 ? from.y - 18 : Math.max(0, from.y + 2);
  context.fillStyle = '#fff';
  context.fillRect(x, y, wide, 16);
  context.fillStyle = '#000';
  context.fillText(words, x + 4, y + 8.5);
}
