// files.js: what a visitor saves, and the largest file that is sent.

export const MOST_BYTES = 20 * 2 ** 20;

/**
 * What is said of files that are too large to be sent; '' if none is.
 * @param {File[]} files
 */
export function refuseLarge(files) {
  const large = files.find((file) => file.size > MOST_BYTES);
  return large ? `${large.name} is larger than 20 MB; please use a smaller file.` : '';
}

/**
 * @param {string} url
 * @param {string} name
 */
export function saveFile(url, name) {
  const anchor = document.createElement('a');
  anchor.href = url;
  anchor.download = name;
  anchor.click();
}

/**
 * @param {Blob} blob
 * @param {string} name
 */
export function saveBlob(blob, name) {
  const url = URL.createObjectURL(blob);
  saveFile(url, name);
  setTimeout(() => URL.revokeObjectURL(url), 60000);
}
