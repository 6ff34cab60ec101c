// The findings: closed sections cost nothing; an open one is asked for when what it tells of has
// settled. `element`, `props`, `trigger` and `watch` are Gradio's.

const root = element.querySelector('.bd-findings');
const list = root.querySelector('.bd-findings-list'), about = root.querySelector('.bd-findings-about');
// Long enough that a visitor who moves the threshold step by step is not answered at every step.
const PAUSE_MS = 600, PATIENCE_MS = 60000;
const sections = new Map(); // id -> { box, body, choices, shown }
let choice = null, timer = 0, turns = 0, asked = null;

const say = (words) => { about.textContent = words; };
const keyOf = (section) => JSON.stringify([choice, section.choices]);
const openOnes = () => [...sections.values()].filter((section) => section.box.open);
const staleOnes = () => openOnes().filter((section) => section.shown !== keyOf(section));

// ---- asking

// Ask for the open sections that are not up to date: one question at a time.
function ask() {
  clearTimeout(timer);
  const stale = staleOnes();
  for (const section of sections.values()) section.box.dataset.stale = String(Boolean(section.shown) && stale.includes(section));
  if (!stale.length || !choice || asked) return;
  if (!choice.ready) return say('Waiting for the model.');
  const turn = String(++turns);
  asked = { turn, keys: new Map(stale.map((section) => [section.id, keyOf(section)])) };
  asked.giveUp = setTimeout(() => { asked = null; say('No answer came; close and open a section to ask again.'); }, PATIENCE_MS);
  if (stale.some((section) => !section.shown)) say('Measuring…');
  const choices = Object.fromEntries(stale.map((section) => [section.id, section.choices]));
  trigger('ask', { turn, sections: [...asked.keys.keys()], choices });
}

function askSoon() {
  clearTimeout(timer);
  timer = setTimeout(ask, PAUSE_MS);
}

// What is on the table and chosen, as the viewer tells it: { case, ready, ... }. Python gets it from
// the viewer itself; here it only matters whether it has changed.
function choose(next) {
  if (!next || JSON.stringify(next) === JSON.stringify(choice)) return;
  const other = !choice || choice.case !== next.case;
  choice = next;
  if (other) forget();
  if (openOnes().length) askSoon();
}

// Another scan: nothing that was said of the last one may stand beside it.
function forget() {
  say('');
  for (const section of sections.values()) {
    Object.assign(section, { choices: {}, shown: '' });
    section.body.replaceChildren();
  }
}

// ---- showing

function buildSection({ id, title, hint }) {
  const box = document.createElement('details'), summary = document.createElement('summary');
  const name = document.createElement('b'), aside = document.createElement('span'), body = document.createElement('div');
  name.textContent = title;
  aside.textContent = hint;
  box.dataset.section = id;
  body.className = 'bd-findings-body';
  summary.append(name, aside);
  box.append(summary, body);
  box.addEventListener('toggle', () => { if (box.open) ask(); });
  list.append(box);
  sections.set(id, { id, box, body, choices: {}, shown: '' });
}

function show(value) {
  if (!value) return;
  for (const section of value.sections) if (!sections.has(section.id)) buildSection(section);
  if (!asked || value.turn !== asked.turn) return;
  for (const { id, html } of value.sections) {
    if (html && asked.keys.has(id)) fill(sections.get(id), html, asked.keys.get(id));
  }
  say(value.message || value.about);
  if (!value.done) return;
  clearTimeout(asked.giveUp);
  // What got no answer is up to date, too: asking again would give none either.
  for (const [id, key] of asked.keys) if (sections.get(id).shown !== key) fill(sections.get(id), '', key);
  asked = null;
  ask(); // the choice may have moved on meanwhile
}

// New contents, unless the scan has changed meanwhile; the focus stays where it was.
function fill(section, html, key) {
  if (JSON.parse(key)[0].case !== choice.case) return;
  const held = section.body.contains(document.activeElement) ? document.activeElement.dataset : {};
  section.body.innerHTML = html;
  section.shown = key;
  section.box.dataset.stale = 'false';
  const again = [...section.body.querySelectorAll('[data-ask]')].find((control) => (
    control.dataset.ask === held.ask && control.dataset.value === held.value));
  if (again) again.focus();
}

// ---- a section's own controls

function pick(control, value) {
  const section = sections.get(control.closest('[data-section]').dataset.section);
  section.choices = { ...section.choices, [control.dataset.ask]: value };
  ask();
}

list.addEventListener('click', (event) => {
  const control = event.target.closest('button[data-ask]');
  if (control) pick(control, control.dataset.value || '');
});
list.addEventListener('change', (event) => {
  const control = event.target.closest('select[data-ask], input[data-ask]');
  if (control) pick(control, control.type === 'checkbox' ? String(control.checked) : control.value);
});

// An operating point: what every stop of its slider means came with the section.
list.addEventListener('input', (event) => {
  const box = event.target.closest('[data-operating]');
  if (!box) return;
  const stop = Number(event.target.value), [sensitivity, specificity] = JSON.parse(box.dataset.operating)[stop - 1];
  const tell = (name, words) => { box.querySelector('[data-say="' + name + '"]').textContent = words; };
  const { yes, no } = box.querySelector('[data-say="flag"]').dataset;
  tell('threshold', (stop / 200).toFixed(3));
  tell('flag', Number(box.dataset.probability) >= stop / 200 ? yes : no);
  tell('sensitivity', sensitivity + ' %');
  tell('specificity', specificity + ' %');
});

// Gradio removes and remounts components without telling them.
function hear(event) {
  if (root.isConnected) choose(event.detail);
  else document.removeEventListener('busdemo:choice', hear);
}

element.parentElement.style.padding = '0';
document.addEventListener('busdemo:choice', hear);
watch('value', () => show(props.value));
show(props.value);
choose(window.__busdemoChoice);
