// worker.js: networks computed on the visitor's device, away from the page's own thread. It is asked by
// messages { turn, act, ... } and answers { turn, answer } or { turn, problem }, a sentence; meanwhile
// { turn, share } says how much of a file has arrived.

import { fitScan, prepareScan, restoreMap } from '../core/fit.js';
import { NotFetched, fetchKept } from './download.js';
/** @import { Preprocessing } from '../core/fit.js' */
/** @import { Wanted } from './download.js' */

/** @typedef {Preprocessing & Wanted & {id: string, name: string}} Network */

const MOST_THREADS = 4;
const RUNTIME = new URL('../vendor/onnxruntime/', import.meta.url);

/** @type {Promise<any> | null} */
let runtime = null;
/** @type {Map<string, any>} Sessions by id, the one used last at the end. */
const sessions = new Map();

self.addEventListener('message', async ({ data: { turn, act, ...request } }) => {
  const tell = (/** @type {number} */ share) => self.postMessage({ turn, share });
  try {
    self.postMessage({ turn, answer: await (act === 'load' ? load(request.network, request.most, tell) : predict(request)) });
  } catch (error) {
    self.postMessage({ turn, problem: error instanceof NotFetched ? error.message : describe(error) });
  }
});

/** @param {unknown} error */
function describe(error) {
  const words = error instanceof Error ? error.message : String(error);
  if (/out of memory|allocat|bad_alloc/i.test(words)) return 'This device has not enough memory for this model.';
  if (/backend|wasm|WebAssembly|import/i.test(words)) return 'This browser cannot start the program that computes models.';
  return 'This model cannot be computed on this device.';
}

function startRuntime() {
  runtime ??= import(new URL('ort.mjs', RUNTIME).href).then((/** @type {any} */ ort) => {
    ort.env.wasm.wasmPaths = { wasm: new URL('ort-wasm-simd-threaded.wasm', RUNTIME).href };
    ort.env.wasm.numThreads = threads();
    ort.env.logLevel = 'error';
    return ort;
  });
  return runtime;
}

// Memory is shared between threads only in a page that is cross-origin isolated.
function threads() {
  return self.crossOriginIsolated ? Math.min(MOST_THREADS, navigator.hardwareConcurrency || 1) : 1;
}

/**
 * A session for the network: its file fetched, checked and kept. `most`: how many may be in memory.
 * @param {Network} network
 * @param {number} most
 * @param {(share: number) => void} tell
 */
async function load(network, most, tell) {
  /** @type {string[]} */
  const evicted = [], known = sessions.get(network.id);
  if (known) {
    sessions.delete(network.id);
    sessions.set(network.id, known);
    return { threads: threads(), evicted, note: '' };
  }
  const [ort, { bytes, note }] = await Promise.all([startRuntime(), fetchKept(network, tell)]);
  for (const [id, { session }] of sessions) {
    if (sessions.size < most) break;
    sessions.delete(id);
    evicted.push(id);
    await session.release();
  }
  const session = await ort.InferenceSession.create(bytes, { executionProviders: ['wasm'], graphOptimizationLevel: 'all' });
  sessions.set(network.id, { session, network });
  return { threads: threads(), evicted, note };
}

/**
 * The probability map (height, width) of a scan.
 * @param {{id: string, pixels: Uint8Array, width: number, height: number}} request
 */
async function predict({ id, pixels, width, height }) {
  const { session, network } = sessions.get(id), ort = await startRuntime(), fit = fitScan(width, height, network);
  const shape = [1, network.mean.length, network.height, network.width];
  const { logits } = await session.run({ image: new ort.Tensor('float32', prepareScan(pixels, fit, network), shape) });
  return restoreMap(logits.data, fit, network);
}
