// tables.js: heads of a sortable table become buttons.

import { findAll } from '../page/dom.js';
import { compareCells } from '../page/sorting.js';

/**
 * @param {HTMLElement} box
 */
export function makeSortable(box) {
  for (const table of findAll(box, 'table[data-sortable]')) {
    const rows = [...table.tBodies[0].rows];
    for (const head of table.tHead.rows[0].cells) {
      const button = document.createElement('button');
      button.type = 'button';
      button.textContent = head.textContent;
      button.addEventListener('click', () => sortTable(table, rows, head));
      head.replaceChildren(button);
      head.setAttribute('aria-sort', 'none');
    }
  }
}

/**
 * A column starts with its best end; a third press goes back to Python's own order.
 * @param {HTMLTableElement} table
 * @param {HTMLTableRowElement[]} rows
 * @param {any} head
 */
function sortTable(table, rows, head) {
  const first = head.classList.contains('bd-number') ? head.dataset.first : 'ascending';
  const other = first === 'ascending' ? 'descending' : 'ascending';
  const next = { none: first, [first]: other, [other]: 'none' }[head.getAttribute('aria-sort')];
  for (const cell of head.parentElement.cells) cell.setAttribute('aria-sort', 'none');
  head.setAttribute('aria-sort', next);
  const sorted = next === 'none' ? rows : [...rows].sort((a, b) => compareCells(a, b, head.cellIndex, next === 'descending'));
  table.tBodies[0].append(...sorted);
}
