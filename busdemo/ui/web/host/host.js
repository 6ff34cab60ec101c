// host.js: all that a view knows of the page around it. Gradio is one host (gradio.js); a page
// without a server can be another. Nothing else in this tree knows who hosts it.

/** @import { Keeper } from '../workspace/keeper.js' */
/** @import { Workspace } from '../workspace/workspace.js' */

/**
 * A file that the server has, or has been given.
 * @typedef {{path: string, url: string, orig_name?: string, file?: File}} HostFile `file`: it stays here.
 */

/** @import { News } from '../device/divert.js' */

/**
 * Computing on the visitor's device: from `turn(true)` on, nothing that a view sends, asks or uploads
 * leaves it. `hear` gives what ends it.
 * @typedef {{turn: (on: boolean) => Promise<void>, hear: (listener: (news: News) => void) => () => void}} Device
 */

/**
 * @typedef {object} Host
 * @property {AbortSignal} signal Aborted when the view has left the page: all that it listens to
 *   outside its own elements ends with it.
 * @property {Workspace} workspace What is on the table: one for all views of the page.
 * @property {Keeper} keeper Of what a visitor has made of it.
 * @property {() => any} value What the server has said last; null before it has said anything.
 * @property {(changes: object) => void} note Changes the value that goes along with the next event; no request.
 * @property {(event: string, detail?: object) => void} send Asks for something whose answer is another value.
 * @property {(listener: (value: any) => void) => void} watch Called with each new value of the server.
 * @property {(question: string, request: object) => Promise<any>} ask One question, one answer, nothing kept.
 * @property {(file: File) => Promise<HostFile>} upload
 * @property {() => Promise<number>} queue How many requests wait for the models.
 * @property {(models: string[]) => void} [want] Models that are compared: whoever computes only what is asked for.
 * @property {(tab: string, write: () => string) => void} address A tab's fragment has changed.
 * @property {(topic: string, news: any) => void} tell To the other views of the page.
 * @property {(topic: string, listener: (news: any) => void) => void} hear What other views tell; the
 *   last news at once, if there are any.
 * @property {Device} [device] Where models can be computed here.
 */

export {};
