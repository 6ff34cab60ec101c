// selector.js: models under the headings of their families, wherever a visitor picks them.

import { buildSpan } from '../page/dom.js';
import { groupByFamily, isUsable, noteOf, usableInOrder } from '../workspace/layers.js';
/** @import { Layer } from '../workspace/layers.js' */

/**
 * Whether a list is to be built anew: one that is open, or has the focus, must not lose it.
 * @param {any} node
 * @param {Layer[]} layers
 */
export function isNews(node, layers) {
  const says = JSON.stringify(layers.map((layer) => [layer.id, layer.name, layer.family, noteOf(layer)]));
  if (node.bdSays === says) return false;
  node.bdSays = says;
  return true;
}

/**
 * @param {HTMLSelectElement} select
 * @param {Layer[]} layers
 * @param {string} chosen
 */
export function fillModelSelect(select, layers, chosen) {
  if (isNews(select, layers)) {
    const keyed = usableInOrder(layers);
    const groups = groupByFamily(layers).flatMap(([family, members]) => {
      const options = members.map((/** @type {Layer} */ layer) => buildOption(layer, keyed.indexOf(layer)));
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

/**
 * Browsers that can draw a list of their own show the two parts in columns, others as one line.
 * @param {Layer} layer
 * @param {number} nth
 */
function buildOption(layer, nth) {
  const option = new Option('', layer.id), note = noteOf(layer);
  option.append(buildSpan('bd-option-name', layer.name));
  if (note) option.append(buildSpan('bd-option-dash', ' — '), buildSpan('bd-option-note', note));
  option.disabled = !isUsable(layer);
  option.title = nth >= 0 && nth < 9 ? `Key ${nth + 1}` : '';
  return option;
}
