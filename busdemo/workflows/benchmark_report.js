// The report's charts: each place in a section takes the figure of its number after the section's first.
const figures = JSON.parse(document.getElementById('figures').textContent);
for (const place of document.querySelectorAll('[data-plot]')) {
  const first = Number(place.closest('[data-first]').dataset.first);
  const { data, layout } = figures[first + Number(place.dataset.plot)];
  place.style.height = layout.height + 'px';
  Plotly.newPlot(place, data, layout, { displayModeBar: false, responsive: true });
}
