import assert from 'node:assert/strict';
import { test } from 'node:test';

import { applyFit, averageMaps, fitScan, prepareScan, quantizeMap, restoreMap } from '../../busdemo/ui/web/core/fit.js';
import { UnreadableImage, kindOf, readScan } from '../../busdemo/ui/web/core/imagefile.js';
import { readFixture, toBytes } from './fixtures.js';
/** @import { Preprocessing } from '../../busdemo/ui/web/core/fit.js' */

const { files, refusals, fits, edges } = readFixture('scans');
const noOther = () => Promise.reject(new Error('not asked for'));

/**
 * @param {any} it
 * @returns {Preprocessing}
 */
function inputOf({ input_wh: [width, height], rule }) {
  return { width, height, rule, mean: [0.31], deviation: [0.16] };
}

for (const { name, file, width, height, pixels, notes } of files) {
  test(`${name} has the grey values and the notes that Python reads`, async () => {
    const scan = await readScan(toBytes(file), name, noOther);
    assert.deepEqual([scan.width, scan.height, scan.notes], [width, height, notes]);
    assert.deepEqual(scan.pixels, toBytes(pixels));
  });
}

for (const { name, file, sentence } of refusals) {
  test(`${name} is refused in Python's words`, async () => {
    await assert.rejects(readScan(toBytes(file), name, noOther), (error) => error instanceof UnreadableImage && error.message === sentence);
  });
}

test('what only Python reads says so, and so does what is no image', async () => {
  const refuse = (/** @type {string} */ text) => readScan(Uint8Array.from(text.padEnd(400, ' '), (c) => c.charCodeAt(0)), 'a.dcm', noOther);
  await assert.rejects(refuse('II*\0'), /a TIFF picture, which this device does not read: .* the server reads it\./);
  await assert.rejects(refuse(`${' '.repeat(128)}DICM`), /a DICOM file/);
  await assert.rejects(refuse('\x1f\x8b'), /a NIfTI file/);
  await assert.rejects(refuse('hello'), /a\.dcm is not an image/);
  await assert.rejects(readScan(new Uint8Array(0), 'a.png', noOther), /empty \(0 bytes\)/);
});

test('a JPEG that is cut off is not filled up', async () => {
  await assert.rejects(readScan(Uint8Array.of(0xff, 0xd8, 0xff, 0xe0, 0, 16), 'a.jpg', noOther), /ends too early/);
  assert.equal(kindOf(Uint8Array.of(0xff, 0xd8, 0xff)), 'JPEG');
});

for (const it of fits) {
  const [width, height] = it.image_wh, input = inputOf(it), fit = fitScan(width, height, input);
  const name = `${width}x${height} in ${input.width}x${input.height} (${input.rule})`;
  test(`${name}: a network sees the bytes that Python shows it`, () => {
    assert.deepEqual(applyFit(toBytes(it.image), fit, input), toBytes(it.seen));
  });
  test(`${name}: a map comes back with Python's levels`, () => {
    const logits = Float32Array.from(it.logits, (value) => value / 1000), levels = quantizeMap(restoreMap(logits, fit, input)), expected = toBytes(it.levels);
    // OpenCV's own interpolation of floats differs in the last bits between processors.
    const off = expected.filter((level, i) => level !== levels[i]).length;
    assert.equal(levels.length, expected.length);
    assert.ok(off <= expected.length / 1000, `${off} of ${expected.length} levels`);
  });
}

test('a value is exactly at a stop or beside it', () => {
  const { buffer, byteOffset, length } = toBytes(edges.values);
  const values = new Float32Array(buffer.slice(byteOffset, byteOffset + length));
  assert.deepEqual(quantizeMap(values), toBytes(edges.levels));
});

test('grey is normalised in float32, once a channel', () => {
  const input = { width: 2, height: 1, mean: [0.31, 0.5], deviation: [0.16, 0.25], rule: /** @type {const} */ ('stretch') };
  const f = Math.fround, values = prepareScan(Uint8Array.of(0, 200), fitScan(2, 1, input), input);
  assert.deepEqual([...values], [0, 200].map((v) => f(f(f(v / 255) - f(0.31)) / f(0.16))).concat([0, 200].map((v) => f(f(f(v / 255) - 0.5) / 0.25))));
});

test('a recipe is the mean of maps, and numbers that are none are refused', () => {
  assert.deepEqual(averageMaps([Float32Array.of(0, 1), Float32Array.of(1, 1)]), Float32Array.of(0.5, 1));
  const input = inputOf(fits[7]);
  assert.throws(() => restoreMap(new Float32Array(32 * 32).fill(NaN), fitScan(32, 32, input), input), /not finite/);
});
