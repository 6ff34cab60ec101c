// figures.js: figures that Python has built, drawn by plotly, which comes with the first of them.

import { findAll } from '../page/dom.js';

let plotly = null;

/**
 * plotly.js from the server this page came from; one request, however many figures wait for it.
 * @param {string} url
 */
export function loadPlotly(url) {
  plotly ||= window.Plotly ? Promise.resolve(window.Plotly) : new Promise((done, fail) => {
    const script = document.createElement('script');
    script.src = url;
    script.onload = () => done(window.Plotly);
    script.onerror = () => { plotly = null; fail(new Error('plotly')); };
    document.head.append(script);
  });
  return plotly;
}

/**
 * Fill the places in a passage with its figures (JSON texts, in their order).
 * @param {HTMLElement} box
 * @param {string[]} figures
 * @param {string} url
 */
export async function drawFigures(box, figures, url) {
  if (!figures.length) return;
  const places = [...findAll(box, '[data-plot]')];
  try {
    const library = await loadPlotly(url);
    for (const place of places) {
      const { data, layout } = JSON.parse(figures[Number(place.dataset.plot)]);
      place.style.height = `${layout.height}px`;
      if (place.isConnected) await library.newPlot(place, data, layout, { displayModeBar: false, responsive: true });
    }
  } catch {
    for (const place of places) place.textContent = 'The chart cannot be drawn; the table tells the same.';
  }
}

/**
 * @param {HTMLElement} box
 */
export function forgetFigures(box) {
  if (window.Plotly) for (const place of findAll(box, '[data-plot]')) window.Plotly.purge(place);
}
