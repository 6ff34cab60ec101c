// layers.js: one layer a model: what it is, how far it is, and its pixels once they are read.

function isReady(layer) {
  return layer !== null && layer.state === 'ready' && layer.levels !== null;
}

// The wanted model if it is there, else the first with a result, else the first that may get one.
function chooseModel(layers, wanted) {
  const usable = layers.filter((layer) => layer.state !== 'unusable');
  const pick = layers.find((layer) => layer.id === wanted) || usable.find((layer) => layer.url) || usable[0] || layers[0];
  return pick ? pick.id : '';
}

// What the prediction pane says in place of a prediction; '' when there is one.
function describeLayer(layer) {
  if (!layer) return 'No model is available.';
  if (layer.state === 'running') return `${layer.name} is running…`;
  if (layer.state === 'waiting') return `${layer.name} waits for its turn…`;
  if (layer.state === 'unusable') return layer.reason || `${layer.name} cannot be used.`;
  return layer.levels ? '' : `Reading the result of ${layer.name}…`;
}

// Tallies by decoded picture, so that an update which repeats it does not count its pixels again.
const tallies = new WeakMap();

function tallyOf(picture, reference) {
  const kept = tallies.get(picture);
  if (kept && kept.reference === reference) return kept;
  const tally = tallyLevels(picture.pixels, reference && reference.pixels);
  const made = { reference, tally, curve: tally.hasReference ? diceCurve(tally) : null };
  tallies.set(picture, made);
  return made;
}

// Read a ready layer's levels and count them. A failure is the layer's own: the others go on.
async function readLayer(layer, shelf, image, reference) {
  if (!layer.url || layer.state !== 'ready') return;
  try {
    const picture = await shelf.get(layer.url);
    if (!sameSize(picture, image)) throw new Error('It has another size than the scan.');
    const { tally, curve } = tallyOf(picture, reference);
    Object.assign(layer, { tally, curve, levels: picture.pixels });
  } catch (error) {
    Object.assign(layer, { state: 'unusable', reason: `The result of ${layer.name} cannot be read. ${error.message}` });
  }
}

function sameSize(one, other) {
  return one.width === other.width && one.height === other.height;
}
