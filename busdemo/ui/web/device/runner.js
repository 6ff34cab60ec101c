// runner.js: the page's side of the worker that computes networks: predict(scan, model) -> probability
// map. A worker that has died is noticed, and another is started for the next question.

import { averageMaps } from '../core/fit.js';
/** @import { Network } from './worker.js' */

/**
 * What is said of a model: of a recipe only its members.
 * @typedef {Network & {file: string, members: string[]}} Description
 */

/** @typedef {{width: number, height: number, pixels: Uint8Array}} Grey */

/** Without an answer for so long, the worker is taken for dead: memory kills it without a word. */
const PATIENCE_MS = 60000;
const SMALL_GB = 4;

/** Its message is one sentence for a visitor. */
export class CannotRun extends Error {}

export class Runner {
  /**
   * @param {string} address Where the models are described.
   * @param {(words: string, share?: number) => void} tell What is being done, and how far it is.
   */
  constructor(address, tell) {
    this.address = address;
    this.tell = tell;
    /** @type {Map<string, Promise<Description>>} */
    this.described = new Map();
    /** @type {Map<number, {answer: (it: any) => void, fail: (error: Error) => void, share?: (share: number) => void, timer: any}>} */
    this.waiting = new Map();
    this.turn = 0;
    /** @type {Worker | null} */
    this.worker = null;
    this.threads = 0;
    this.patience = PATIENCE_MS;
    /** One model at a time: their sessions share the device's memory and its processors. */
    this.last = Promise.resolve();
  }

  /**
   * The map of a scan, float32 in [0, 1], of its size. Throws CannotRun.
   * @param {Grey} scan
   * @param {string} id
   * @returns {Promise<Float32Array>}
   */
  predict(scan, id) {
    const mine = this.last.then(() => this.predictNow(scan, id));
    this.last = mine.then(() => {}, () => {});
    return mine;
  }

  /**
   * @param {Grey} scan
   * @param {string} id
   * @returns {Promise<Float32Array>}
   */
  async predictNow(scan, id) {
    const network = await this.describe(id);
    if (network.members.length) {
      const maps = [];
      for (const member of network.members) maps.push(await this.predictNow(scan, member));
      return averageMaps(maps);
    }
    await this.load(network);
    this.tell(`Computing ${network.name} on this device…`);
    const { width, height, pixels } = scan;
    return this.ask({ act: 'predict', id, width, height, pixels });
  }

  /** @param {Description} network */
  async load(network) {
    const wanted = { ...network, url: new URL(network.file, this.address).href }, megabytes = (network.size / 1e6).toFixed(1);
    const share = (/** @type {number} */ part) => this.tell(`Fetching ${network.name}, ${megabytes} MB…`, part);
    const { threads, evicted, note } = await this.ask({ act: 'load', network: wanted, most: mostModels() }, share);
    this.threads = threads;
    const left = evicted.map((/** @type {string} */ id) => `${id} has left this device's memory.`);
    if (note || left.length) this.tell([note, ...left].filter(Boolean).join(' '));
  }

  /**
   * @param {string} id
   * @returns {Promise<Description>}
   */
  describe(id) {
    const known = this.described.get(id) || this.askForDescription(id);
    this.described.set(id, known);
    known.catch(() => this.described.delete(id));
    return known;
  }

  /** @param {string} id */
  async askForDescription(id) {
    let answer;
    try {
      answer = await fetch(new URL(`${encodeURIComponent(id)}.json`, this.address));
    } catch {
      throw new CannotRun('This model is not on this device yet, and the network is away.');
    }
    const told = await answer.json().catch(() => ({}));
    if (!answer.ok) throw new CannotRun(told.detail || `This model cannot be fetched (status ${answer.status}).`);
    return told;
  }

  /**
   * @param {object} message
   * @param {(share: number) => void} [share]
   * @returns {Promise<any>}
   */
  ask(message, share) {
    const turn = ++this.turn, worker = this.worker ??= this.start();
    return new Promise((answer, fail) => {
      const timer = setTimeout(() => this.lose(), this.patience);
      this.waiting.set(turn, { answer, fail, share, timer });
      worker.postMessage({ turn, ...message });
    });
  }

  start() {
    const worker = new Worker(new URL('worker.js', import.meta.url), { type: 'module' });
    worker.addEventListener('message', ({ data }) => this.hear(data));
    worker.addEventListener('error', () => this.lose());
    return worker;
  }

  /** @param {{turn: number, share?: number, problem?: string, answer?: any}} it */
  hear({ turn, share, problem, answer }) {
    const one = this.waiting.get(turn);
    if (!one) return;
    clearTimeout(one.timer);
    if (share !== undefined) {
      one.timer = setTimeout(() => this.lose(), this.patience);
      one.share?.(share);
      return;
    }
    this.waiting.delete(turn);
    if (problem) one.fail(new CannotRun(problem));
    else one.answer(answer);
  }

  // The worker is gone, with all it knew.
  lose() {
    this.stop(new CannotRun('The computation on this device has ended unexpectedly, perhaps for lack of memory.'));
  }

  /** @param {Error} [reason] */
  stop(reason = new CannotRun('It was stopped.')) {
    this.worker?.terminate();
    this.worker = null;
    for (const { fail, timer } of this.waiting.values()) {
      clearTimeout(timer);
      fail(reason);
    }
    this.waiting.clear();
  }
}

// Small devices say how small they are, where the browser tells.
function mostModels() {
  const { deviceMemory = 2 * SMALL_GB } = /** @type {{deviceMemory?: number}} */ (navigator);
  return deviceMemory <= SMALL_GB ? 1 : 4;
}
