// styles.js: the stylesheets of a view, each linked once a page.

/** @type {Map<string, Promise<void>>} */
const links = new Map();

/**
 * Resolves when all of them hold, or cannot be loaded: a page without a style is still a page.
 * @param {URL[]} sheets
 * @returns {Promise<unknown>}
 */
export function loadStyles(...sheets) {
  return Promise.all(sheets.map(({ href }) => {
    const link = links.get(href) || linkTo(href);
    links.set(href, link);
    return link;
  }));
}

/**
 * @param {string} href
 * @returns {Promise<void>}
 */
function linkTo(href) {
  const known = [...document.querySelectorAll('link')].find((link) => link.rel === 'stylesheet' && link.href === href);
  if (known && known.sheet) return Promise.resolve();
  const link = known || Object.assign(document.createElement('link'), { rel: 'stylesheet', href });
  const loaded = new Promise((done) => {
    link.addEventListener('load', () => done(undefined));
    link.addEventListener('error', () => done(undefined));
  });
  if (!known) document.head.append(link);
  return /** @type {Promise<void>} */ (loaded);
}
