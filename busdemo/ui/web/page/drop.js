// drop.js: a drop zone with a file input in it, for every view that takes files.

/**
 * @param {HTMLElement} drop
 * @param {(files: File[]) => void} take Called whenever a visitor has dropped or chosen some.
 */
export function listenToDrop(drop, take) {
  const input = /** @type {HTMLInputElement} */ (drop.querySelector('input'));
  input.addEventListener('change', () => {
    take([...(input.files || [])]);
    input.value = '';
  });
  drop.addEventListener('dragover', (event) => {
    event.preventDefault();
    drop.classList.add('bd-over');
  });
  drop.addEventListener('dragleave', () => drop.classList.remove('bd-over'));
  drop.addEventListener('drop', (event) => {
    event.preventDefault();
    event.stopPropagation();
    drop.classList.remove('bd-over');
    take([...(event.dataTransfer ? event.dataTransfer.files : [])]);
  });
}
