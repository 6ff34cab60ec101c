// support.js: whether this browser can compute models, and whether it gives pixels back unchanged.

/** A module of one instruction on 128 bits, i8x16.splat of a constant, which only SIMD validates. */
const SIMD = Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0, 65, 0, 253, 15, 253, 98, 11);

/**
 * Why this browser cannot compute models; '' if it can.
 */
export function findObstacle() {
  if (!isSecureContext) return 'Models run on your device only in a page opened over https.';
  if (typeof WebAssembly === 'undefined' || !WebAssembly.validate(SIMD)) return 'This browser is too old to compute models (no WebAssembly SIMD).';
  if (typeof Worker === 'undefined' || !globalThis.caches || !globalThis.crypto?.subtle) return 'This browser does not let the page keep and check models.';
  return '';
}
