// gradio.js: Gradio as a host. The only file that knows it; `gr.HTML` runs one line that imports
// `open` from here (busdemo/ui/static_files.py).

import { divert } from '../device/divert.js';
import { Addresses } from './addresses.js';
import { Board } from './board.js';
import { signalOf } from './lifecycle.js';
import { openShelf } from './shelf.js';
import { Keeper } from '../workspace/keeper.js';
import { Workspace } from '../workspace/workspace.js';

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

const board = new Board(), workspace = new Workspace();
const addresses = new Addresses((tab) => board.tell('address', tab));

// In a page embedded elsewhere nothing is kept.
const shelf = document.documentElement.classList.contains('bd-embed') ? null : openShelf();
const keeper = new Keeper(workspace, shelf, new AbortController().signal, exampleAsked());
window.addEventListener('beforeunload', (event) => {
  if (keeper.unsaved) event.preventDefault();
});

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
    workspace,
    keeper,
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
    address: (tab, write) => addresses.note(tab, write),
    tell: (topic, news) => board.tell(topic, news),
    hear: (topic, listener) => board.hear(topic, listener, signal),
  };
}

async function countWaiting() {
  const { root = '', api_prefix: prefix = '' } = window.gradio_config || {};
  const { queue_size: size } = await (await fetch(`${root}${prefix}/queue/status`)).json();
  return size;
}

// The example that the address asks for. A page that is loaded again goes on where it was left.
function exampleAsked() {
  const [how] = performance.getEntriesByType('navigation');
  const isAgain = how instanceof PerformanceNavigationTiming && how.type !== 'navigate';
  return isAgain ? '' : new URLSearchParams(location.hash.split('?')[1] || '').get('example') || '';
}
