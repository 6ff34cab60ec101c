// selector.js: models under the headings of their families, wherever a visitor picks them.

function isUsable(layer) {
  return layer.state !== 'unusable';
}

// -> [[family, layers]], families in the order in which they first appear.
function groupByFamily(layers) {
  const groups = new Map();
  for (const layer of layers) {
    const family = layer.family || '';
    if (!groups.has(family)) groups.set(family, []);
    groups.get(family).push(layer);
  }
  return [...groups];
}

// The models that can be used, as they stand in the selector; keys 1 to 9 are the first nine.
function usableInOrder(layers) {
  return groupByFamily(layers).flatMap(([, members]) => members).filter(isUsable);
}

// What a person needs to choose a model, or why it cannot be chosen.
function noteOf(layer) {
  return isUsable(layer) ? layer.note : layer.reason;
}

// Whether a list is to be built anew: one that is open, or has the focus, must not lose it.
function isNews(node, layers) {
  const says = JSON.stringify(layers.map((layer) => [layer.id, layer.name, layer.family, noteOf(layer)]));
  if (node.bdSays === says) return false;
  node.bdSays = says;
  return true;
}

function fillModelSelect(select, layers, chosen) {
  if (isNews(select, layers)) {
    const keyed = usableInOrder(layers);
    const groups = groupByFamily(layers).flatMap(([family, members]) => {
      const options = members.map((layer) => buildOption(layer, keyed.indexOf(layer)));
      if (!family) return options;
      const group = document.createElement('optgroup');
      group.label = family;
      group.append(...options);
      return group;
    });
    select.replaceChildren(...groups);
  }
  select.value = chosen;
  select.disabled = !layers.length;
  select.title = select.selectedOptions.length ? select.selectedOptions[0].textContent : '';
}

// Browsers that can draw a list of their own show the two parts in columns, others as one line.
function buildOption(layer, nth) {
  const option = new Option('', layer.id), note = noteOf(layer);
  option.append(buildSpan('bd-option-name', layer.name));
  if (note) option.append(buildSpan('bd-option-dash', ' — '), buildSpan('bd-option-note', note));
  option.disabled = !isUsable(layer);
  option.title = nth >= 0 && nth < 9 ? `Key ${nth + 1}` : '';
  return option;
}

function buildSpan(className, text) {
  const span = document.createElement('span');
  span.className = className;
  span.textContent = text;
  return span;
}
