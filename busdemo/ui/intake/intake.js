// The intake: files go up through Gradio's own upload, then one event names them; what Python says
// of them comes back as text. `element`, `props`, `trigger`, `watch` and `upload` are Gradio's.

const root = element.querySelector('.bd-intake');
const MOST_BYTES = 20 * 2 ** 20;
const EVENTS = { image: 'drop_image', mask: 'drop_mask' };
const turns = { image: 0, mask: 0 };
// What was asked for last and is not answered yet. Gradio sends an event that came while another
// was answered only afterwards, with the value of that moment, which that answer has overwritten.
let wish = null, wishes = 0;
// The image's upload, so that another of its frames can be asked for: the server keeps only one.
let imageFiles = [];
// A mask belongs to the image on the table: one dropped while an image is on its way waits until
// Python has answered for that image.
let imageShown = Promise.resolve(), tellShown = () => {};

function expectImage() {
  imageShown = new Promise((done) => {
    tellShown = done;
    setTimeout(done, 30000);
  });
}

function ask(event, { files = [], example = '', frame = 0 }) {
  wish = { files, example, frame, asked: `${++wishes}` };
  props.value = { ...props.value, ...wish };
  trigger(event);
}

function keepWish(value) {
  if (wish && value.answered === wish.asked) wish = null;
  if (wish && value.asked !== wish.asked) props.value = { ...value, ...wish };
}

function showNote(kind, { name = '', text = '', error = '' }) {
  const note = root.querySelector(`[data-note="${kind}"]`);
  note.classList.toggle('bd-error', Boolean(error));
  note.replaceChildren();
  if (name && !error) {
    const strong = document.createElement('b');
    strong.textContent = name;
    note.append(strong, document.createElement('br'));
  }
  note.append(error || text);
}

function refuse(kind, files) {
  const large = files.find((file) => file.size > MOST_BYTES);
  if (large) return `${large.name} is larger than 20 MB; please use a smaller file.`;
  if (kind === 'image' && files.length > 1) return 'Please drop one image at a time; masks go below.';
  return '';
}

// While an answer takes long: how many requests wait, which is the most that can be before this one.
const MOST_POLLS = 600;
let waiting = 0;

function watchQueue() {
  const { root: base = '', api_prefix: prefix = '' } = window.gradio_config || {};
  let place = Infinity, polls = 0;
  clearInterval(waiting);
  waiting = setInterval(async () => {
    if (++polls > MOST_POLLS) clearInterval(waiting);
    try {
      const { queue_size: size } = await (await fetch(`${base}${prefix}/queue/status`)).json();
      place = Math.min(place, size);
      if (place > 0) showNote('image', { text: `Waiting: at most ${place} ${place === 1 ? 'request' : 'requests'} before yours.` });
    } catch (error) {
      clearInterval(waiting);
    }
  }, 1000);
}

async function send(kind, files) {
  if (!files.length) return;
  const mine = ++turns[kind], error = refuse(kind, files);
  if (error) {
    showNote(kind, { error });
    return;
  }
  showNote(kind, { text: 'Reading…' });
  const before = imageShown;
  if (kind === 'image') {
    expectImage();
    root.querySelector('.bd-frame input').value = 1;
  }
  try {
    const sent = await Promise.all(files.map(async (file) => {
      const { path, url } = await upload(file);
      return { path, url, orig_name: file.name, meta: { _type: 'gradio.FileData' } };
    }));
    if (kind === 'mask') await before;
    if (mine !== turns[kind]) return;
    if (kind === 'image') imageFiles = sent;
    ask(EVENTS[kind], { files: sent });
    if (kind === 'image') watchQueue();
  } catch (failure) {
    tellShown();
    showNote(kind, { error: 'The upload did not arrive; please try again.' });
  }
}

// A file dropped beside the drop zones must not replace the page: the panes take it too.
document.addEventListener('dragover', (event) => event.preventDefault());
document.addEventListener('drop', (event) => {
  event.preventDefault();
  const pane = event.target.closest('[data-pane]');
  if (pane) send(pane.dataset.pane === 'reference' ? 'mask' : 'image', [...event.dataTransfer.files]);
});

function buildTile({ id, title, picture }) {
  const tile = document.createElement('button'), image = document.createElement('img');
  tile.type = 'button';
  tile.dataset.example = id;
  tile.title = `${title} (simulated)`;
  image.alt = `${title}, simulated`;
  image.loading = 'lazy';
  image.src = picture.url;
  tile.append(image);
  tile.addEventListener('click', () => pickExample(id));
  return tile;
}

function pickExample(id) {
  turns.image++;
  turns.mask++;
  markTile(id);
  ask('pick_example', { example: id });
  watchQueue();
}

// The viewer follows a link (link.js): its example is asked for as a tile would.
document.addEventListener('busdemo:example', ({ detail }) => pickExample(String(detail).slice(0, 64)));

function markTile(id) {
  for (const tile of root.querySelectorAll('[data-example]')) {
    tile.setAttribute('aria-pressed', String(tile.dataset.example === id));
  }
}

function showFrames(frames) {
  const row = root.querySelector('.bd-frame'), input = row.querySelector('input');
  row.hidden = frames < 2 || !imageFiles.length;
  input.max = frames;
  row.querySelector('output').textContent = frames;
}

function askFrame(event) {
  const frame = Math.round(Number(event.target.value));
  if (!(frame >= 1) || !imageFiles.length) return;
  turns.image++;
  expectImage();
  showNote('image', { text: 'Reading…' });
  ask('drop_image', { files: imageFiles, frame });
}

function show(value) {
  if (!value) return;
  const tiles = root.querySelector('.bd-tiles');
  if (tiles.childElementCount !== value.examples.length) {
    tiles.replaceChildren(...value.examples.map(buildTile));
  }
  markTile(value.example);
  showNote('image', value.image);
  showNote('seen', value.seen);
  showNote('mask', value.mask);
  showFrames(value.frames || 1);
  root.querySelector('[data-act="invert"]').hidden = !value.can_invert;
  root.querySelector('[data-act="remove"]').hidden = !value.can_remove;
}

for (const drop of root.querySelectorAll('.bd-drop')) listenToDrop(drop, (files) => send(drop.dataset.drop, files));
root.querySelector('.bd-frame input').addEventListener('change', askFrame);
root.querySelector('[data-act="invert"]').addEventListener('click', () => trigger('invert_mask'));
root.querySelector('[data-act="remove"]').addEventListener('click', () => trigger('remove_mask'));
watch('value', () => {
  clearInterval(waiting);
  tellShown();
  show(props.value);
  keepWish(props.value);
});
show(props.value);
