// main.js: what a visitor chooses, what is asked for, and what Python's answers fill. Closed sections
// cost nothing. `element`, `props`, `trigger`, `watch` and `upload` are Gradio's.

const root = element.querySelector('.bd-bench'), MOST_BYTES = 20 * 2 ** 20, PATIENCE_MS = 60000;
const part = (name) => root.querySelector('[data-part="' + name + '"]');
const picker = (name) => root.querySelector('[data-choice="' + name + '"]');
const sections = new Map(); // id -> { box, body, shown }
const choice = { dataset: '', stages: '', a: '', b: '', factor: '' };
let turns = 0, asked = null, run = '', own = false, plotlyUrl = '', uploads = 0;

// ---- asking

function place() {
  const dark = document.body.classList.contains('dark');
  return { dark, width: Math.round(part('leaderboard').clientWidth || root.clientWidth - 32) };
}

// What a passage depends on: asked for again when it has changed.
function keyOf(id) {
  const { dataset, stages, a, b, factor } = choice, { dark, width } = place();
  const frame = [run, dataset, stages, dark, width < 620];
  if (id === 'leaderboard') return JSON.stringify(frame);
  return JSON.stringify([...frame, a, id === 'worst' ? '' : b, id === 'strata' ? factor : '']);
}

// One question at a time: all that is open and out of date.
function ask() {
  if (asked || !run) return;
  const open = [...sections].filter(([id, one]) => (one.box.open || id === 'leaderboard') && one.shown !== keyOf(id));
  if (!open.length) return;
  for (const [, one] of open) one.body.setAttribute('aria-busy', 'true');
  asked = { turn: String(++turns), keys: new Map(open.map(([id]) => [id, keyOf(id)])) };
  asked.giveUp = setTimeout(() => { asked = null; }, PATIENCE_MS);
  trigger('ask', { turn: asked.turn, sections: [...asked.keys.keys()], own, ...choice, ...place() });
}

// ---- showing

function option([value, words]) {
  const one = document.createElement('option');
  one.value = value;
  one.textContent = words;
  return one;
}

function fillPicker(name, options, chosen) {
  const select = picker(name);
  if (!select) return;
  select.replaceChildren(...options.map(option));
  select.value = chosen;
  choice[name] = select.value;
  select.closest('label').hidden = options.length < 2;
}

function fill(id, { html, figures }, key) {
  const { body } = sections.get(id);
  forgetFigures(body);
  body.innerHTML = html;
  body.removeAttribute('aria-busy');
  sections.get(id).shown = key;
  makeSortable(body);
  return drawFigures(body, figures, plotlyUrl);
}

function buildSection({ id, title, hint }, factors) {
  const box = document.createElement('details'), summary = document.createElement('summary');
  const name = document.createElement('h3'), aside = document.createElement('span'), body = document.createElement('div');
  name.textContent = title;
  aside.textContent = hint;
  summary.append(name, aside);
  box.append(summary);
  box.dataset.section = id;
  if (id === 'strata') {
    const label = document.createElement('label'), select = document.createElement('select');
    select.dataset.choice = 'factor';
    label.append('Divided by ', select);
    select.append(...factors.map(option));
    choice.factor = select.value;
    box.append(label);
  }
  box.append(body);
  box.addEventListener('toggle', ask);
  sections.set(id, { box, body, shown: '' });
  return box;
}

function showRun(value) {
  run = value.run;
  own = value.own;
  part('about').innerHTML = value.about;
  root.querySelector('.bd-bench-run').hidden = !run;
  root.querySelector('[data-act="close"]').hidden = !value.own;
  root.removeAttribute('aria-busy');
  if (!run) return;
  const opened = new Set([...sections].filter(([, one]) => one.box.open).map(([id]) => id));
  for (const one of sections.values()) forgetFigures(one.body);
  sections.clear();
  sections.set('leaderboard', { box: root, body: part('leaderboard'), shown: '' });
  const boxes = value.sections.map((one) => buildSection(one, value.factors));
  root.querySelector('.bd-sections').replaceChildren(...boxes);
  for (const [id, one] of sections) if (opened.has(id)) one.box.open = true;
  fillPicker('dataset', value.datasets, value.datasets[0][0]);
  fillPicker('stages', value.stages, value.stages[0][0]);
  part('papers').hidden = !value.papers;
  part('papers').innerHTML = value.papers;
  makeSortable(part('papers'));
}

// Pickers hold the models of the selection; a choice stays where it still exists.
function showModels({ models }) {
  const keys = models.map(([key]) => key);
  const a = keys.includes(choice.a) ? choice.a : keys[0] || '';
  const b = keys.includes(choice.b) && choice.b !== a ? choice.b : keys.find((key) => key !== a) || '';
  fillPicker('a', models, a);
  fillPicker('b', models, b);
}

function say(words) {
  const line = root.querySelector('.bd-error');
  line.textContent = words;
  line.hidden = !words;
}

function show(value) {
  if (!value) return;
  if (value.plotly) plotlyUrl = value.plotly.url;
  say(value.message);
  if (value.opened) {
    clearTimeout(asked && asked.giveUp);
    asked = null;
    showRun(value);
  } else if (!asked || value.turn !== asked.turn) {
    return;
  }
  if (value.models.length) showModels(value);
  const keys = asked ? asked.keys : new Map([['leaderboard', keyOf('leaderboard')]]);
  for (const [id, passage] of Object.entries(value.told)) {
    if (sections.has(id)) fill(id, passage, keys.get(id) || keyOf(id));
  }
  if (asked) {
    // What got no answer is not asked for again until something changes.
    for (const [id, key] of keys) if (sections.has(id)) sections.get(id).shown = key;
    clearTimeout(asked.giveUp);
    asked = null;
  }
  ask();
}

// ---- a visitor's own run

async function send(file) {
  if (!file) return;
  if (file.size > MOST_BYTES) return say(file.name + ' is larger than 20 MB; please use a smaller run.');
  const mine = ++uploads;
  say('');
  root.setAttribute('aria-busy', 'true');
  try {
    const { path, url } = await upload(file);
    if (mine !== uploads) return;
    const sent = { path, url, orig_name: file.name, meta: { _type: 'gradio.FileData' } };
    props.value = { ...props.value, told: {}, upload: sent };
    trigger('open_run', place());
  } catch {
    say('The upload did not arrive; please try again.');
  }
  root.removeAttribute('aria-busy');
}

listenToDrop(root.querySelector('.bd-drop'), ([file]) => send(file));
root.querySelector('[data-act="close"]').addEventListener('click', () => trigger('close_run', place()));

// ---- choices

root.addEventListener('change', ({ target }) => {
  const name = target.dataset.choice;
  if (!name) return;
  choice[name] = target.value;
  // The same model twice: the other picker takes what this one had.
  if ((name === 'a' || name === 'b') && choice.a === choice.b) {
    const other = name === 'a' ? 'b' : 'a';
    choice[other] = [...picker(other).options].map((one) => one.value).find((key) => key !== choice[name]) || '';
    picker(other).value = choice[other];
  }
  ask();
});

// Charts are drawn in the page's colours and for its width.
new MutationObserver(ask).observe(document.body, { attributes: true, attributeFilter: ['class'] });
let resized = 0;
addEventListener('resize', () => {
  clearTimeout(resized);
  resized = setTimeout(ask, 300);
});

watch('value', () => show(props.value));
if (props.value && props.value.plotly) plotlyUrl = props.value.plotly.url;
if (plotlyUrl) loadPlotly(plotlyUrl).catch(() => {});
trigger('enter', place());
