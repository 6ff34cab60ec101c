// dom.js: elements and their text. Names, titles and sentences may come from a visitor's file, so
// that all of it goes through textContent.

export function setText(node, text) {
  // Writing the same text again would still cost a layout on every frame of a drag.
  if (node.textContent !== text) node.textContent = text;
}

// A quiet bar that says "at work"; it stands still for those who asked for less motion.
function buildProgress() {
  const bar = document.createElement('div'), runner = document.createElement('i');
  bar.className = 'bd-progress';
  bar.append(runner);
  if (!matchMedia('(prefers-reduced-motion: reduce)').matches) {
    const path = [{ transform: 'translateX(-100%)' }, { transform: 'translateX(250%)' }];
    runner.animate(path, { duration: 1400, iterations: Infinity, easing: 'ease-in-out' });
  }
  return bar;
}

export function buildSpan(className, text) {
  const span = document.createElement('span');
  span.className = className;
  span.textContent = text;
  return span;
}

// What stands over a pane in place of a picture; nothing when the text is empty.
export function cover(veil, text, running = false) {
  const says = text + running;
  veil.hidden = !text;
  if (veil.dataset.says === says) return;
  veil.dataset.says = says;
  veil.textContent = text;
  if (running) veil.append(buildProgress());
}

export function make(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name === 'class') node.className = value;
    else if (name.startsWith('data-') || name.startsWith('aria-') || name === 'role') node.setAttribute(name, value);
    else node[name] = value;
  }
  node.append(...children);
  return node;
}

export function coverPane(veil, text) {
  veil.hidden = !text;
  setText(veil, text);
}
