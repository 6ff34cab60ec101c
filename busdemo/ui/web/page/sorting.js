// sorting.js: the order of a table's rows by one column; `data-value` is what a cell is sorted by.

/**
 * Cells without a value are unknown and come last.
 * @param {HTMLTableRowElement} a
 * @param {HTMLTableRowElement} b
 * @param {number} column
 * @param {boolean} descending
 */
export function compareCells(a, b, column, descending) {
  const [one, other] = [a, b].map((row) => row.cells[column].dataset.value);
  if (one === undefined || other === undefined) return Number(one === undefined) - Number(other === undefined);
  const numbers = [Number(one), Number(other)];
  const order = numbers.some(Number.isNaN) ? one.localeCompare(other) : numbers[0] - numbers[1];
  return descending ? -order : order;
}
