// lifecycle.js: Gradio removes and remounts components without telling them; this notices.

/** @type {Map<Element, AbortController>} */
const mounted = new Map();

const observer = new MutationObserver(() => {
  for (const [element, controller] of mounted) {
    if (element.isConnected) continue;
    mounted.delete(element);
    controller.abort();
  }
  if (!mounted.size) observer.disconnect();
});

/**
 * A signal that is aborted when the element has left the page.
 * @param {Element} element
 * @returns {AbortSignal}
 */
export function signalOf(element) {
  const controller = new AbortController();
  if (!mounted.size) observer.observe(document.documentElement, { childList: true, subtree: true });
  mounted.set(element, controller);
  return controller.signal;
}
