// download.js: a model's file, kept by the browser. A download that breaks off goes on where it was,
// in the same visit or a later one; a file that is not the one its sha256 names is never used.

const CACHE = 'busdemo-device', TRIES = 3, WAIT_MS = 800;

/**
 * A file by its address, with its size in bytes and its sha256 (hex).
 * @typedef {{url: string, size: number, sha256: string}} Wanted
 */

/** Its message is one sentence for a visitor. */
export class NotFetched extends Error {}

/**
 * Throws NotFetched.
 * @param {Wanted} wanted
 * @param {(share: number) => void} tell How much has arrived, 0 to 1.
 * @returns {Promise<{bytes: Uint8Array<ArrayBuffer>, note: string}>} The note is '' or says that it could not be kept.
 */
export async function fetchKept(wanted, tell) {
  const { url, sha256 } = wanted, store = await caches.open(CACHE);
  const kept = await readKept(store, url);
  if (kept && await digest(kept) === sha256) return { bytes: kept, note: '' };
  if (kept) await store.delete(url);
  const bytes = await fetchWhole(wanted, store, tell);
  await store.delete(partOf(url));
  if (await digest(bytes) !== sha256) throw new NotFetched('The model\'s file arrived changed, and is not used: drop the image again to fetch it anew.');
  const isKept = await keep(store, url, bytes);
  return { bytes, note: isKept ? '' : 'This browser has no room to keep the model, so the next visit fetches it again.' };
}

/**
 * @param {Wanted} wanted
 * @param {Cache} store
 * @param {(share: number) => void} tell
 */
async function fetchWhole({ url, size }, store, tell) {
  const bytes = new Uint8Array(size), begun = await readKept(store, partOf(url));
  let have = begun && begun.length < size ? begun.length : 0;
  if (begun && have) bytes.set(begun);
  for (let tries = 1; have < size; tries++) {
    if (tries > 1) await new Promise((done) => setTimeout(done, WAIT_MS));
    const before = have;
    try {
      have = await receive(url, bytes, have, (n) => { have = n; tell(n / size); });
    } catch (error) {
      if (error instanceof NotFetched) throw error;
    }
    if (have > before) tries = 0; // it goes on, if slowly
    if (have >= size || tries < TRIES) continue;
    await keep(store, partOf(url), bytes.slice(0, have));
    throw new NotFetched(`The model's file broke off after ${Math.floor((100 * have) / size)} %; what has arrived is kept: drop the image again to go on.`);
  }
  return bytes;
}

/**
 * @param {string} url
 * @param {Uint8Array} bytes To be filled from `have` on.
 * @param {number} have
 * @param {(have: number) => void} tell
 */
async function receive(url, bytes, have, tell) {
  // The Cache API keeps it; the browser's other cache need not.
  const answer = await fetch(url, { cache: 'no-store', headers: have ? { Range: `bytes=${have}-` } : {} });
  if (!answer.ok || !answer.body) throw new NotFetched(`The model's file cannot be fetched (status ${answer.status}).`);
  if (answer.status !== 206) have = 0; // a server that knows no parts sends all of it again
  for (const reader = answer.body.getReader();;) {
    const { done, value } = await reader.read();
    if (done) return have;
    if (have + value.length > bytes.length) throw new NotFetched('The model\'s file arrived changed, and is not used: drop the image again to fetch it anew.');
    bytes.set(value, have);
    have += value.length;
    tell(have);
  }
}

/** @param {string} url */
function partOf(url) {
  return `${url}?part`;
}

/**
 * @param {Cache} store
 * @param {string} url
 */
async function readKept(store, url) {
  const answer = await store.match(url);
  return answer ? new Uint8Array(await answer.arrayBuffer()) : null;
}

/**
 * @param {Cache} store
 * @param {string} url
 * @param {Uint8Array<ArrayBuffer>} bytes
 * @returns {Promise<boolean>} Whether there was room.
 */
async function keep(store, url, bytes) {
  try {
    await store.put(url, new Response(bytes));
    return true;
  } catch {
    return false;
  }
}

/** @param {Uint8Array<ArrayBuffer>} bytes */
async function digest(bytes) {
  const sum = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return Array.from(sum, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
