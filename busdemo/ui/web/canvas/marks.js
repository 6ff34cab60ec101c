// marks.js: boxes, lines and ends drawn over a pane, white with a dark edge, because colours mean
// something else.

export function drawLine(context, one, other) {
  for (const [width, colour] of [[3, 'rgb(0 0 0 / 75%)'], [1.25, '#fff']]) {
    context.beginPath();
    context.lineWidth = width;
    context.strokeStyle = colour;
    context.moveTo(one.x, one.y);
    context.lineTo(other.x, other.y);
    context.stroke();
  }
}

export function drawEnds(context, places) {
  if (places.length === 2) drawLine(context, ...places);
  for (const { x, y } of places) {
    drawLine(context, { x: x - 5, y }, { x: x + 5, y });
    drawLine(context, { x, y: y - 5 }, { x, y: y + 5 });
  }
}

// Boxes and their scores over what is drawn in a pane's canvas: white, with a dark edge, because the
// overlay's colours mean something else.
export function drawBoxes(canvas, view, boxes) {
  if (!boxes.length) return;
  const ratio = window.devicePixelRatio || 1, context = canvas.getContext('2d', { alpha: false });
  context.save();
  context.scale(ratio, ratio);
  context.font = '600 12px system-ui, sans-serif';
  context.textBaseline = 'middle';
  for (const box of boxes) drawBox(context, view, box);
  context.restore();
}

function drawBox(context, view, { left, top, right, bottom, score }) {
  const from = view.toPane(left, top), to = view.toPane(right, bottom), words = score.toFixed(2);
  for (const [colour, width] of [['#000', 3.5], ['#fff', 1.5]]) {
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
