// drop.js: a drop zone with a file input in it, for every component that takes files.

// take: called with an array of files whenever a visitor has dropped or chosen some.
function listenToDrop(drop, take) {
  const input = drop.querySelector('input');
  input.addEventListener('change', () => {
    take([...input.files]);
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
    take([...event.dataTransfer.files]);
  });
}
