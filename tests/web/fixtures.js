// fixtures.js: what Python has written for these tests (fixtures.py).

import { readFileSync } from 'node:fs';

/**
 * @param {string} name
 * @returns {any}
 */
export function readFixture(name) {
  return JSON.parse(readFileSync(new URL(`fixtures/${name}.json`, import.meta.url), 'utf8'));
}

/** @param {string} text */
export function toBytes(text) {
  return new Uint8Array(Buffer.from(text, 'base64'));
}

/**
 * @param {string} text
 * @param {number} pixels
 * @returns {Uint8Array} 0 and 1, from one bit a pixel.
 */
export function toMask(text, pixels) {
  const bytes = toBytes(text);
  return Uint8Array.from({ length: pixels }, (_, i) => (bytes[i >> 3] >> (7 - (i & 7))) & 1);
}

/** @param {number} value */
export function dash(value) {
  return Number.isNaN(value) ? null : value;
}
