// board.js: what the views of a page tell each other, by topic. The last news of a topic stay, for
// a view that is mounted later.

export class Board {
  constructor() {
    /** @type {Map<string, any>} */
    this.last = new Map();
    this.target = new EventTarget();
  }

  /**
   * @param {string} topic
   * @param {any} news
   */
  tell(topic, news) {
    this.last.set(topic, news);
    this.target.dispatchEvent(new CustomEvent(topic, { detail: news }));
  }

  /**
   * @param {string} topic
   * @param {(news: any) => void} listener
   * @param {AbortSignal} signal
   */
  hear(topic, listener, signal) {
    this.target.addEventListener(topic, (event) => listener(/** @type {CustomEvent} */ (event).detail), { signal });
    if (this.last.has(topic)) listener(this.last.get(topic));
  }
}
