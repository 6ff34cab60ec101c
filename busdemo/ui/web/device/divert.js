// divert.js: a host whose views can be turned to this device: from then on none of what they send,
// ask or upload reaches the server; the desk (desk.js) answers them. It is loaded when first wanted.

/** @import { Host } from '../host/host.js' */
/** @import { Desk } from './desk.js' */

/** @typedef {{host: Host, listeners: ((value: any) => void)[]}} View */

/** @type {Map<string, View>} */
const views = new Map();
/** @type {Set<(news: News) => void>} */
const hearers = new Set();
/** @type {Desk | null} */
let desk = null;

/**
 * What is going on: `share` of a file that has arrived, 0 to 1; `problem` says why it cannot go on.
 * @typedef {{on: boolean, words?: string, share?: number, problem?: string}} News
 */

/** @param {News} news */
function tell(news) {
  for (const hear of hearers) hear(news);
}

/**
 * @param {string} view
 * @param {any} value
 */
function emit(view, value) {
  const known = views.get(view);
  if (known && !known.host.signal.aborted) for (const listener of known.listeners) listener(value);
}

/**
 * @param {string} view
 * @param {Host} host
 * @param {string} address Where models are described, below the page.
 * @returns {Host}
 */
export function divert(view, host, address) {
  /** @type {View} */
  const mine = { host, listeners: [] };
  views.set(view, mine);
  desk?.join(view, host.value());
  host.watch((value) => desk || mine.listeners.forEach((listener) => listener(value)));
  return {
    ...host,
    value: () => (desk ? desk.value(view) : host.value()),
    note: (changes) => (desk ? desk.note(view, changes) : host.note(changes)),
    send: (event, detail = {}) => { if (desk) desk.hear(view, event, detail); else host.send(event, detail); },
    watch: (listener) => mine.listeners.push(listener),
    ask: (question, request) => (desk ? desk.answer(question, request) : host.ask(question, request)),
    upload: async (file) => (desk ? desk.take(file) : host.upload(file)),
    queue: async () => (desk ? 0 : host.queue()),
    want: (models) => { for (const id of desk ? models : []) desk?.run(id); },
    device: {
      turn: (on) => turn(on, address),
      hear: (hear) => {
        hearers.add(hear);
        hear({ on: Boolean(desk) });
        return () => hearers.delete(hear);
      },
    },
  };
}

/**
 * @param {boolean} on
 * @param {string} address
 */
async function turn(on, address) {
  if (on === Boolean(desk)) return;
  if (on) await turnOn(address);
  else turnOff();
}

/** @param {string} address */
async function turnOn(address) {
  const [{ findObstacle }, { Desk }] = await Promise.all([import('./support.js'), import('./desk.js')]);
  const problem = findObstacle();
  if (problem) {
    tell({ on: false, problem: `${problem} The server computes on, as before.` });
    return;
  }
  const values = Object.fromEntries([...views].map(([name, { host }]) => [name, host.value()]));
  desk = new Desk(address, values, { emit, tell: (words, share, failed) => tell({ on: true, words, share, problem: failed }) });
  tell({ on: true });
  await desk.start();
}

function turnOff() {
  desk?.stop();
  desk = null;
  tell({ on: false });
  for (const [name, { host }] of views) if (host.value()) emit(name, host.value());
}
