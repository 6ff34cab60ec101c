// shelf.js: records in this browser's IndexedDB. Nothing of it is ever sent.

/** @import { Kept } from '../workspace/keeping.js' */
/** @import { Shelf } from '../workspace/keeper.js' */

const DATABASE = 'busdemo', STORE = 'scans';

/**
 * @template T
 * @param {IDBRequest<T>} request
 * @returns {Promise<T>}
 */
function settled(request) {
  return new Promise((done, fail) => {
    request.onsuccess = () => done(request.result);
    request.onerror = () => fail(request.error);
  });
}

/**
 * @returns {Shelf}
 */
export function openShelf() {
  /** @type {Promise<IDBDatabase> | null} */
  let opened = null;
  const open = () => {
    const request = indexedDB.open(DATABASE, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: 'name' });
    return settled(request);
  };
  const store = async (/** @type {IDBTransactionMode} */ mode) => (await (opened ||= open())).transaction(STORE, mode).objectStore(STORE);
  return {
    list: async () => /** @type {Kept[]} */ (await settled((await store('readonly')).getAll())).sort((one, other) => other.used - one.used),
    put: async (kept) => { await settled((await store('readwrite')).put(kept)); },
    drop: async (name) => { await settled((await store('readwrite')).delete(name)); },
  };
}
