// dom.js: elements and their text. Names, titles and sentences may come from a visitor's file, so
// that all of it goes through textContent.

/**
 * The element that a selector names in a view's own markup: it is there.
 * @param {ParentNode} root
 * @param {string} selector
 * @returns {any} Of the kind that the markup says.
 */
export function find(root, selector) {
  const node = root.querySelector(selector);
  if (!node) throw new Error(`The markup has no ${selector}.`);
  return node;
}

/**
 * @param {ParentNode} root
 * @param {string} selector
 * @returns {any[]} Of the kind that the markup says.
 */
export function findAll(root, selector) {
  return [...root.querySelectorAll(selector)];
}

/**
 * The element around an event's target that a selector names, or null.
 * @param {Event} event
 * @param {string} selector
 * @returns {any} Of the kind that the markup says.
 */
export function closest(event, selector) {
  return /** @type {Element} */ (event.target).closest(selector);
}

/**
 * @param {Node} node
 * @param {string} text
 */
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

/**
 * @param {string} className
 * @param {string} text
 */
export function buildSpan(className, text) {
  const span = document.createElement('span');
  span.className = className;
  span.textContent = text;
  return span;
}

/**
 * What stands over a pane in place of a picture; nothing when the text is empty.
 * @param {HTMLElement} veil
 * @param {string} text
 * @param {boolean} [running]
 */
export function cover(veil, text, running = false) {
  const says = text + running;
  veil.hidden = !text;
  if (veil.dataset.says === says) return;
  veil.dataset.says = says;
  veil.textContent = text;
  if (running) veil.append(buildProgress());
}

/**
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {Record<string, any>} [properties] Properties, and attributes by their names.
 * @param {...(Node | string)} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function make(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name === 'class') node.className = value;
    else if (name.startsWith('data-') || name.startsWith('aria-') || name === 'role') node.setAttribute(name, value);
    else Object.assign(node, { [name]: value });
  }
  node.append(...children);
  return node;
}

/**
 * @param {HTMLElement} veil
 * @param {string} text
 */
export function coverPane(veil, text) {
  veil.hidden = !text;
  setText(veil, text);
}
