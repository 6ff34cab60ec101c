// main.js: the only file of the comparison that knows Gradio, whose arguments `element`, `props`,
// `trigger`, `watch` and `server` it runs with. Nothing a visitor sees in the pictures makes a request.

const root = element.querySelector('.bd-desk');
const MOST_BYTES = 20 * 2 ** 20, OPENING_MODELS = 4;
const shelf = new PictureShelf();
const urlOf = (file) => (file && file.url) || null;
let link = readLink(location.hash), turn = 0;

const desk = new Desk(root, {
  run: () => queueMicrotask(runModels),
  measure: (request) => server.measure(request),
  readMasks, readFrame, openImage, copyLink, save,
  bring: () => trigger('bring'),
}, { formats: FORMATS });

// Listed models that are not there yet: read the results that are known, ask for the others. One
// event names them all; those asked for already are not asked for again.
function runModels() {
  const listed = desk.state.layers.filter((layer) => !layer.levels && desk.roster.find(`model:${layer.id}`));
  const missing = listed.filter((layer) => !layer.url && !layer.asked);
  for (const layer of missing) layer.asked = true;
  if (missing.length) trigger('run_models', { models: missing.map(({ id }) => id) });
  if (listed.some((layer) => layer.url)) readLevels();
}

// Levels are fetched for the models that are compared, and only for those.
async function readLevels() {
  const { layers, width, height } = desk.state;
  const wanted = layers.filter((layer) => layer.url && !layer.levels && !layer.reading && desk.roster.find(`model:${layer.id}`));
  await Promise.all(wanted.map(async (layer) => {
    layer.reading = true;
    try {
      const picture = await fetchGreyPng(layer.url);
      if (picture.width !== width || picture.height !== height) throw new Error('It has another size than the scan.');
      layer.levels = picture.pixels;
    } catch (error) {
      Object.assign(layer, { state: 'unusable', reason: `The result cannot be read. ${error.message}` });
    }
    if (desk.state.layers === layers) desk.fillModels();
  }));
}

async function readFile(file) {
  return { name: file.name, data: toBase64(new Uint8Array(await file.arrayBuffer())) };
}

function refuse(files) {
  const large = files.find((file) => file.size > MOST_BYTES);
  return large ? `${large.name} is larger than 20 MB; please use a smaller file.` : '';
}

async function readMasks(files) {
  const { width, height, title } = desk.state;
  if (!files.length || !desk.state.grey) return;
  desk.say(refuse(files));
  if (refuse(files)) return;
  try {
    const read = await server.read_masks({ files: await Promise.all(files.map(readFile)), width, height, image: title });
    desk.say(read.errors.join(' '));
    for (const { file, png, ...facts } of read.masks) {
      const { pixels } = await decodeGreyPng(fromBase64(png));
      if (!desk.addMask({ ...facts, file: files[file], pixels })) break;
    }
  } catch (error) {
    desk.say('The masks could not be read; please try again.');
  }
}

// Another frame of a mask's file, which the browser still has.
async function readFrame(one, frame) {
  const { width, height, title, case: name } = desk.state;
  one.asked = frame;
  try {
    const file = { ...await readFile(one.file), frame, label: one.label };
    const read = await server.read_masks({ files: [file], width, height, image: title }), [mask] = read.masks;
    const { pixels } = mask ? await decodeGreyPng(fromBase64(mask.png)) : {};
    // Meanwhile another frame may have been asked for, or another scan opened.
    if (one.asked !== frame || desk.state.case !== name || desk.roster.find(one.key) !== one) return;
    desk.say(read.errors.join(' '));
    if (mask) desk.setFrame(one, mask, pixels);
  } catch (error) {
    desk.say('The frame could not be read; please try again.');
  }
}

async function openImage(file) {
  desk.say(refuse([file]));
  if (refuse([file])) return;
  desk.say('');
  root.dataset.busy = 'true';
  try {
    const { path, url } = await upload(file);
    props.value = { ...props.value, upload: { path, url, orig_name: file.name, meta: { _type: 'gradio.FileData' } } };
    trigger('open_image');
  } catch (error) {
    root.dataset.busy = 'false';
    desk.say('The upload did not arrive; please try again.');
  }
}

function saveBlob(blob, name) {
  const anchor = document.createElement('a');
  anchor.href = URL.createObjectURL(blob);
  anchor.download = name;
  anchor.click();
  setTimeout(() => URL.revokeObjectURL(anchor.href), 60000);
}

// what: {kind: 'mask', key, format} or {kind: 'csv' | 'svg' | 'report' | 'json'}.
async function save(what) {
  desk.say('');
  try {
    const asked = await desk.panel.describeAll();
    const file = await server.write_file({ ...asked, ...what, metric: desk.panel.metric.id, ...(await describeScan()) });
    if (file.error) desk.say(file.error);
    else saveBlob(new Blob([fromBase64(file.data)], { type: file.type }), file.name);
  } catch (error) {
    desk.say('The file could not be written; please try again.');
  }
}

// The scan goes along with every file that names or shows it.
async function describeScan() {
  const { scan_sha256: sha256, image } = props.value, answer = await fetch(urlOf(image));
  return { scan: { title: desk.state.title, sha256 }, image: toBase64(new Uint8Array(await answer.arrayBuffer())) };
}

async function copyLink() {
  const text = location.href.split('#')[0] + writeLink(desk), said = desk.find('.bd-said');
  history.replaceState(null, '', writeLink(desk));
  try {
    await navigator.clipboard.writeText(text);
    setText(said, 'Copied.');
  } catch (error) {
    setText(said, 'The link stands in the address bar.');
  }
  if (!desk.state.example) setText(said, 'Uploaded scans and masks are not in a link.');
}

// ---- values from the server

async function apply(value) {
  const mine = ++turn, isLate = () => mine !== turn;
  root.dataset.busy = 'false';
  desk.say(value.message);
  if (!value.image) return;
  showTiles(value);
  setText(desk.find('.bd-scan-note'), [value.simulated ? 'simulated' : '', value.scan_note].filter(Boolean).join('; '));
  try {
    // The same scan against another ground truth is another case.
    const name = `${value.case} ${urlOf(value.reference)}`;
    if (name !== desk.state.case) await openCase(name, value, isLate);
    if (!isLate()) updateModels(value);
  } catch (error) {
    if (!isLate()) desk.say(`The scan cannot be shown. ${error.message}`);
  }
}

async function openCase(name, value, isLate) {
  const readers = value.readers || [], files = [value.image, value.reference, ...readers.map(({ mask }) => mask)];
  const [image, truth, ...drawn] = await Promise.all(files.map((file) => urlOf(file) && shelf.get(urlOf(file))));
  if (isLate()) return;
  desk.state.case = name;
  desk.state.layers = value.models.map((layer) => ({ ...layer, url: urlOf(layer.levels), levels: null }));
  desk.showScan({
    title: value.title, example: value.example, simulated: value.simulated, width: image.width, height: image.height, grey: image.pixels,
    truth: truth && truth.pixels, truthName: value.reference_name, spacing: value.spacing || 0,
  });
  readers.forEach(({ name, note }, k) => desk.addAnnotator({ key: `reader:${k + 1}`, name, note, kind: 'person' }, drawn[k].pixels));
  shelf.keepOnly(new Set());
  showZoo(desk);
  const ready = desk.state.layers.filter((layer) => layer.url).slice(0, OPENING_MODELS);
  if (link) followLink(desk, link);
  else for (const layer of ready) desk.addModel(layer.id);
  link = null;
}

// What the server knows of the models by now. A result that is there stays.
function updateModels(value) {
  for (const news of value.models) {
    const layer = desk.state.layers.find((one) => one.id === news.id);
    if (!layer) continue;
    layer.note = news.note;
    if (!layer.url) Object.assign(layer, { state: news.state, reason: news.reason, url: urlOf(news.levels) });
  }
  showZoo(desk);
  desk.fillModels();
  readLevels();
}

function showTiles(value) {
  const box = desk.find('.bd-tiles');
  if (box.childElementCount !== value.examples.length) {
    box.replaceChildren(...value.examples.map(({ id, title, picture }) => {
      const tile = make('button', { type: 'button', title: `${title} (simulated)`, 'data-example': id }, make('img', { alt: `${title}, simulated`, loading: 'lazy', src: urlOf(picture) }));
      tile.addEventListener('click', () => trigger('pick_example', { example: id }));
      return tile;
    }));
  }
  for (const tile of box.children) tile.setAttribute('aria-pressed', String(tile.dataset.example === value.example));
}

function showZoo(desk) {
  desk.find('.bd-zoo').replaceChildren(...desk.state.layers.map((layer) => {
    const button = make('button', { type: 'button', class: 'bd-small', 'data-model': layer.id, title: layer.reason || layer.note }, layer.name, make('span', {}, layer.state === 'unusable' ? layer.reason : layer.note));
    button.disabled = layer.state === 'unusable';
    button.addEventListener('click', () => desk.addModel(layer.id));
    return button;
  }));
}

for (const [kind, words, detail] of SAVES) {
  const button = make('button', { type: 'button', class: 'bd-item', 'data-export': kind }, words, make('span', {}, detail));
  button.addEventListener('click', () => save({ kind }));
  desk.find('.bd-downloads').append(button);
}

// For tests and benchmarks.
window.__busdemoDesk = desk;

watch('value', () => apply(props.value || {}));
trigger('enter', { example: link ? link.example : '', models: link ? link.models.map(({ id }) => id) : [] });
