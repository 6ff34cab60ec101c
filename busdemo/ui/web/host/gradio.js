// gradio.js: Gradio as a host. The only file that knows it; `gr.HTML` runs one line that imports
// `open` from here (busdemo/ui/static_files.py).

import { divert } from '../device/divert.js';
import { Board } from './board.js';
import { signalOf } from './lifecycle.js';

/** @typedef {import('./host.js').Host} Host */

/**
 * What Gradio gives a component's script.
 * @typedef {object} Handles
 * @property {HTMLElement} element
 * @property {{value: any}} props
 * @property {(event: string, detail?: object) => void} trigger
 * @property {(names: string, act: () => void) => void} watch Fires for the server's updates only.
 * @property {Record<string, (request: object) => Promise<any>>} server
 * @property {(file: File) => Promise<{path: string, url: string}>} upload
 */

const board = new Board();

/**
 * Mount the view of that folder.
 * @param {string} view
 * @param {Handles} handles
 */
export async function open(view, handles) {
  const { element } = handles;
  if (element.parentElement) element.parentElement.style.padding = '0'; // Gradio pads it, `padding=False` or not
  try {
    const { mount } = await import(`../${view}/mount.js`);
    const root = (window.gradio_config?.root || location.href).replace(/[/]?$/, '/');
    await mount(divert(view, connect(handles), new URL('busdemo-device/', root).href), element);
  } catch (error) {
    element.textContent = 'This part of the page cannot be loaded; please open the page again.';
    throw error;
  }
}

/**
 * @param {Handles} handles
 * @returns {Host}
 */
export function connect({ element, props, trigger, watch, server, upload }) {
  const signal = signalOf(element);
  return {
    signal,
    value: () => props.value || null,
    note: (changes) => { props.value = { ...props.value, ...changes }; },
    send: (event, detail = {}) => trigger(event, detail),
    watch: (listener) => watch('value', () => { if (!signal.aborted) listener(props.value || null); }),
    ask: (question, request) => server[question](request),
    upload: async (file) => {
      const { path, url } = await upload(file);
      return { path, url, orig_name: file.name, meta: { _type: 'gradio.FileData' } };
    },
    queue: countWaiting,
    tell: (topic, news) => board.tell(topic, news),
    hear: (topic, listener) => board.hear(topic, listener, signal),
  };
}

async function countWaiting() {
  const { root = '', api_prefix: prefix = '' } = window.gradio_config || {};
  const { queue_size: size } = await (await fetch(`${root}${prefix}/queue/status`)).json();
  return size;
}
