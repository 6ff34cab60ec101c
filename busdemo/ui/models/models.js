// The table of models: Python sends its rows once; sorting, searching and marking the chosen one
// happen here. `element`, `props`, `trigger` and `watch` are Gradio's.

const root = element.querySelector('.bd-zoo');
const table = root.querySelector('table'), search = root.querySelector('.bd-zoo-search');
const sorting = { column: -1, descending: false };
let chosen = '', turns = 0;

function visit(model) {
  const dark = document.body.classList.contains('dark');
  return { model, dark, width: Math.round(root.clientWidth) };
}

function rows() {
  return [...table.querySelectorAll('tbody > tr[data-model]')];
}

// A cell says by `data-value` what it is sorted by; one without is unknown and comes last.
function compare(a, b) {
  const [one, other] = [a, b].map((row) => row.cells[sorting.column].dataset.value);
  if (one === undefined || other === undefined) return (one === undefined) - (other === undefined);
  const numbers = [Number(one), Number(other)];
  const order = numbers.some(Number.isNaN) ? one.localeCompare(other) : numbers[0] - numbers[1];
  return sorting.descending ? -order : order;
}

function sort() {
  const order = rows().sort((a, b) => a.dataset.order - b.dataset.order);
  if (sorting.column >= 0) order.sort(compare);
  table.tBodies[0].append(...order);
  for (const button of table.querySelectorAll('thead button')) {
    const active = Number(button.dataset.column) === sorting.column;
    const direction = sorting.descending ? 'descending' : 'ascending';
    button.closest('th').setAttribute('aria-sort', active ? direction : 'none');
  }
}

// A column starts with its best end; a third press goes back to the page's own order.
function sortBy({ column, first }) {
  const descending = first === 'descending';
  if (sorting.column !== Number(column)) {
    Object.assign(sorting, { column: Number(column), descending });
  } else if (sorting.descending === descending) {
    sorting.descending = !descending;
  } else {
    sorting.column = -1;
  }
  sort();
}

function filter() {
  const words = search.value.toLowerCase().split(' ').filter(Boolean), all = rows();
  for (const row of all) row.hidden = !words.every((word) => row.dataset.words.includes(word));
  const shown = all.filter((row) => !row.hidden).length;
  const count = words.length ? `${shown} of ${all.length}` : String(all.length);
  root.querySelector('.bd-zoo-count').textContent = all.length ? count : '';
}

function mark() {
  for (const row of rows()) {
    const button = row.querySelector('[data-pick]');
    if (row.dataset.model === chosen) button.setAttribute('aria-current', 'true');
    else button.removeAttribute('aria-current');
  }
}

function pick(model) {
  chosen = model;
  mark();
  trigger('pick', visit(model));
  const still = matchMedia('(prefers-reduced-motion: reduce)').matches;
  document.querySelector('#bd-model').scrollIntoView({ behavior: still ? 'auto' : 'smooth' });
}

function show(value) {
  if (!value || !value.rows) return;
  table.innerHTML = value.rows;
  root.querySelector('.bd-zoo-note').textContent = value.note;
  chosen = value.chosen;
  sort();
  filter();
  mark();
  // For as long as models are being timed, but not for ever where nobody times them.
  if (value.waiting && turns++ < 40) setTimeout(() => trigger('enter', visit(chosen)), 3000);
}

table.addEventListener('click', (event) => {
  const header = event.target.closest('thead button'), row = event.target.closest('tr[data-model]');
  if (header) sortBy(header.dataset);
  else if (row && !event.target.closest('a') && !String(getSelection())) pick(row.dataset.model);
});
search.addEventListener('input', filter);

async function copy(button) {
  try {
    await navigator.clipboard.writeText(button.dataset.copy);
    button.textContent = 'Copied';
    setTimeout(() => { button.textContent = 'Copy'; }, 2000);
  } catch {
    // No clipboard without https or in a frame: mark the words to be copied by hand.
    getSelection().selectAllChildren(button.previousElementSibling);
  }
}

const tab = root.closest('#bd-models');
tab.addEventListener('click', (event) => {
  const button = event.target.closest('[data-copy]');
  if (button) copy(button);
  if (event.target.closest('[data-up]')) {
    root.scrollIntoView({ behavior: 'smooth' });
    root.querySelector('[aria-current]').focus({ preventScroll: true });
  }
});

// A bubble opens its model's card. The chart comes late, and anew with every change of its data.
let chart = null;
new MutationObserver(() => {
  const found = tab.querySelector('#bd-pareto .js-plotly-plot');
  if (!found || found === chart || !found.on) return;
  chart = found;
  chart.on('plotly_click', ({ points: [{ customdata }] }) => customdata && pick(customdata[0]));
}).observe(tab, { childList: true, subtree: true });

// The charts are drawn by Python in the page's colours.
let dark = visit('').dark;
new MutationObserver(() => {
  if (dark === visit('').dark) return;
  dark = !dark;
  trigger('enter', visit(chosen));
}).observe(document.body, { attributes: true, attributeFilter: ['class'] });

watch('value', () => show(props.value));
if (props.value && props.value.rows) show(props.value);
else trigger('enter', visit(chosen));
