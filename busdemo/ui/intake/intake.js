// The intake: files go up through Gradio's own upload, then one event names them; what Python says
// of them comes back as text. `element`, `props`, `trigger`, `watch` and `upload` are Gradio's.

const root = element.querySelector('.bd-intake');
const MOST_BYTES = 20 * 2 ** 20;
const EVENTS = { image: 'drop_image', mask: 'drop_mask' };
let turn = 0;

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

async function send(kind, files) {
  if (!files.length) return;
  const mine = ++turn, chosen = kind === 'image' ? files.slice(0, 1) : files;
  const large = chosen.find((file) => file.size > MOST_BYTES);
  if (large) {
    showNote(kind, { error: `${large.name} is larger than 20 MB; please use a smaller file.` });
    return;
  }
  showNote(kind, { text: 'Reading…' });
  try {
    const sent = await Promise.all(chosen.map(async (file) => {
      const { path, url } = await upload(file);
      return { path, url, orig_name: file.name, meta: { _type: 'gradio.FileData' } };
    }));
    if (mine !== turn) return;
    props.value = { ...props.value, files: sent, example: '' };
    trigger(EVENTS[kind]);
  } catch (error) {
    showNote(kind, { error: 'The upload did not arrive; please try again.' });
  }
}

function listen(drop) {
  const kind = drop.dataset.drop, input = drop.querySelector('input');
  input.addEventListener('change', () => {
    send(kind, [...input.files]);
    input.value = '';
  });
  drop.addEventListener('dragover', (event) => {
    event.preventDefault();
    drop.classList.add('bd-over');
  });
  drop.addEventListener('dragleave', () => drop.classList.remove('bd-over'));
  drop.addEventListener('drop', (event) => {
    event.preventDefault();
    drop.classList.remove('bd-over');
    send(kind, [...event.dataTransfer.files]);
  });
}

function buildTile({ id, title, picture }) {
  const tile = document.createElement('button'), image = document.createElement('img');
  tile.type = 'button';
  tile.dataset.example = id;
  tile.title = `${title} (simulated)`;
  image.alt = `${title}, simulated`;
  image.loading = 'lazy';
  image.src = picture.url;
  tile.append(image);
  tile.addEventListener('click', () => {
    turn++;
    props.value = { ...props.value, files: [], example: id };
    markTile(id);
    trigger('pick_example');
  });
  return tile;
}

function markTile(id) {
  for (const tile of root.querySelectorAll('[data-example]')) {
    tile.setAttribute('aria-pressed', String(tile.dataset.example === id));
  }
}

function show(value) {
  if (!value) return;
  const tiles = root.querySelector('.bd-tiles');
  if (tiles.childElementCount !== value.examples.length) {
    tiles.replaceChildren(...value.examples.map(buildTile));
  }
  markTile(value.example);
  showNote('image', value.image);
  showNote('mask', value.mask);
  root.querySelector('[data-act="invert"]').hidden = !value.can_invert;
  root.querySelector('[data-act="remove"]').hidden = !value.can_remove;
}

for (const drop of root.querySelectorAll('.bd-drop')) listen(drop);
root.querySelector('[data-act="invert"]').addEventListener('click', () => trigger('invert_mask'));
root.querySelector('[data-act="remove"]').addEventListener('click', () => trigger('remove_mask'));
watch('value', () => show(props.value));
show(props.value);
