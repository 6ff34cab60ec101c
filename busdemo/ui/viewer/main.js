// main.js: the only file that knows Gradio, whose arguments `element`, `props`, `trigger` and
// `watch` it runs with. A threshold move or a model switch makes no request; setting `props.value`
// only lets the page's next event see the choice.

const root = element.querySelector('.bd-viewer');
const shelf = new PictureShelf();
const settle = () => { commit(); tell(); };
const session = new Session(root, {
  choice: settle, save: askForFile, look: (request) => trigger('look', request), shown: wantStages, link: copyLink,
});
const { state } = session;
const RESUME_MS = 1000;
const saved = { urls: new Set(), asked: false };
let turn = 0, link = readLink(location.hash);

const stages = new TwoStage(root, state, { change: restage, ask: (models) => trigger('stage', { models }) });

function urlOf(file) {
  return (file && file.url) || null;
}

// Tell the rest of the page what is on the table and chosen, as soon as that has settled.
function tell() {
  const { model, stop, twoStage } = state, { reference, processing, mm_per_px: spacing } = props.value || {};
  const ready = isReady(session.chosen);
  const detail = { case: state.case, model, stop, ready, reference: urlOf(reference), processing, spacing, twoStage };
  if (state.case === null) return;
  window.__busdemoChoice = detail;
  document.dispatchEvent(new CustomEvent('busdemo:choice', { detail }));
}

function commit() {
  const value = props.value;
  if (!value || state.case === null) return;
  const chosen = { model: state.model, stop: state.stop, processing: state.steps, mm_per_px: state.mmPerPx, two_stage: state.twoStage };
  const same = Object.keys(chosen).every((name) => JSON.stringify(value[name]) === JSON.stringify(chosen[name]));
  if (!same) props.value = { ...value, ...chosen };
}

function wantStages() {
  stages.want(session.comparison.shown ? session.comparison.layers : [session.chosen]);
}

// The other stage's results, from what is already here; those that are not are asked for.
function restage() {
  props.value = { ...props.value, two_stage: state.twoStage };
  apply(props.value);
}

function askForFile(request) {
  saved.asked = true;
  trigger('export', request);
}

async function copyLink() {
  const fragment = writeLink(session), text = location.href.split('#')[0] + fragment;
  history.replaceState(null, '', fragment);
  const where = await navigator.clipboard.writeText(text).then(() => 'Copied', () => 'It stands in the address bar');
  const what = exampleOf(state) ? 'example, model, threshold, view' : 'no upload: model, threshold, view';
  setText(root.querySelector('.bd-link-note'), `${where}: ${what}`);
}

// A link's example is asked for once; its other wishes wait for it.
function wantLink() {
  if (!link) return;
  if (link.example && exampleOf(state) !== link.example) {
    if (link.asked) link = null; // the visitor has opened something else
    else link.asked = true;
    if (link) document.dispatchEvent(new CustomEvent('busdemo:example', { detail: link.example }));
    return;
  }
  const wish = link;
  link = null;
  followLink(session, wish);
  if (wish.twoStage && !state.twoStage) stages.toggle();
}

// Under load the server answers the chosen model first and is asked for the others again.
function goOn(value, mine) {
  if (value.more) setTimeout(() => mine === turn && trigger('resume'), RESUME_MS);
}

// Files are saved once. Their list is emptied in the value: a remount must not save them again,
// and a file asked for twice would otherwise arrive as "nothing has changed".
function saveFiles(files) {
  if (!files.length) return;
  for (const file of files) {
    if (!urlOf(file) || (saved.urls.has(file.url) && !saved.asked)) continue;
    const link = document.createElement('a');
    link.href = file.url;
    link.download = file.orig_name || '';
    link.click();
    saved.urls.add(file.url);
  }
  saved.asked = false;
  props.value = { ...props.value, downloads: [] };
}

// Show a value from the server. Values may overtake each other while pictures load: only the
// latest one's turn counts.
async function apply(value) {
  const mine = ++turn, isLate = () => mine !== turn, first = value.case !== state.case;
  session.say(value.message);
  saveFiles(value.downloads || []);
  root.dataset.busy = String(Boolean(value.image) && first);
  if (!value.image) return session.clear();
  stages.read(value, first);
  const layers = stages.layers(value);
  const urls = [value.image, value.reference].map(urlOf);
  try {
    const [image, reference] = await Promise.all(urls.map((url) => url && shelf.get(url)));
    // The chosen model's result comes with the scan; the others follow, each when it is there.
    const model = chooseModel(layers, first ? value.model : state.model);
    await Promise.all(layers.filter((layer) => layer.id === model).map((layer) => readLayer(layer, shelf, image, reference)));
    if (isLate()) return;
    if (first) session.looks.forget();
    session.showCase({ value, image, reference, layers, first });
    root.dataset.busy = 'false';
    commit();
    tell();
    goOn(value, mine);
    if (first) wantLink();
    await Promise.all(layers.filter((layer) => layer.id !== model).map(async (layer) => {
      await readLayer(layer, shelf, image, reference);
      if (!isLate()) session.showModels();
    }));
    if (!isLate()) tell();
    const looks = await readLooks(value.looks || [], shelf, image);
    if (isLate()) return;
    session.looks.receive(looks);
    if (looks.length) session.showTools();
    shelf.keepOnly(new Set(urls.concat(stages.urls(value), (value.looks || []).map((one) => urlOf(one.levels)))));
  } catch (error) {
    if (isLate()) return;
    root.dataset.busy = 'false';
    session.say(`The scan cannot be shown. ${error.message}`);
  }
}

// Gradio pads every HTML component, `padding=False` or not; the viewer brings its own edges.
element.parentElement.style.padding = '0';

// For tests and benchmarks:
//   state                     what is shown and chosen (see session.js)
//   setStop(stop)             as the slider does
//   metricsAt(stop, model?)   the score of a model at a stop, or null
//   pixels(pane)              Uint32Array of ABGR words last drawn for 'original', 'reference',
//                             'prediction' or 'overlay', at the scan's own resolution; while
//                             several models are compared, for 'votes', 'pair' or a model's id
//   kinds(map)                Uint8Array behind the map 'votes' or 'pair' (see votes.js)
//   functions                 what has the same in Python: processing, lesions, matching
//   session                   everything else
window.__busdemoViewer = {
  state, session,
  functions: { processMask, findComponents, labelPixels, measureLesions, matchLesions },
  setStop: (stop) => session.setStop(stop),
  metricsAt: (stop, model = state.model) => scoreAt((state.layers.find((one) => one.id === model) || {}).tally, stop),
  pixels: (pane) => (session.panes.all[pane] ? session.painter.sources[pane].pixels : session.grid.pixels(pane)),
  kinds: (map) => session.grid.maps[map].kinds,
};

watch('value', () => apply(props.value || {}));
apply(props.value || {});
