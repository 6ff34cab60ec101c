// images.js: pictures from the server, decoded once.

import { decodeGreyPng } from '../core/png.js';
/** @import { Picture } from '../core/png.js' */

// Decoded pictures by URL. A URL names its content (the server puts a hash in it), so an update
// that carries the same URL costs neither a request nor a decode.
export class ImageCache {
  constructor() {
    /** @type {Map<string, Promise<Picture>>} */
    this.pictures = new Map();
  }

  /**
   * @param {string} url
   * @returns {Promise<Picture>}
   */
  get(url) {
    if (!this.pictures.has(url)) {
      const picture = fetchGreyPng(url);
      this.pictures.set(url, picture);
      // A failure is forgotten, so that the next update may try again.
      picture.catch(() => this.pictures.delete(url));
    }
    return /** @type {Promise<Picture>} */ (this.pictures.get(url));
  }

  /**
   * @param {(string | null)[]} urls
   * @returns {Promise<(Picture | null)[]>} Null where there is no URL.
   */
  getAll(urls) {
    return Promise.all(urls.map((url) => (url ? this.get(url) : null)));
  }

  /**
   * Forget every picture but these: a long session must not collect memory.
   * @param {Set<string | null>} urls
   */
  keepOnly(urls) {
    for (const url of this.pictures.keys()) if (!urls.has(url)) this.pictures.delete(url);
  }
}

/** @type {Map<string, Picture>} Pictures made in this page, by the name that stands in place of a URL. */
const lent = new Map();

/**
 * @param {string} name
 * @param {Picture} picture
 */
export function lendPicture(name, picture) {
  lent.set(name, picture);
}

export function forgetLent() {
  lent.clear();
}

/**
 * @param {string} url
 * @returns {Promise<Picture>}
 */
export async function fetchGreyPng(url) {
  const made = lent.get(url);
  if (made) return made;
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`The server answered ${answer.status} for a picture.`);
  return decodeGreyPng(new Uint8Array(await answer.arrayBuffer()));
}
