import assert from 'node:assert/strict';
import { test } from 'node:test';

import { fromBase64, toBase64 } from '../../busdemo/ui/web/core/base64.js';
import { encodeMaskPng } from '../../busdemo/ui/web/core/maskpng.js';
import { decodeGreyPng } from '../../busdemo/ui/web/core/png.js';
import { readFixture, toBytes } from './fixtures.js';

test('files of every row filter are read to the last pixel', async () => {
  for (const { filter, png, width, height, pixels } of readFixture('pictures')) {
    assert.deepEqual(await decodeGreyPng(toBytes(png)), { width, height, pixels: toBytes(pixels) }, filter);
  }
});

test('what is no grey PNG, or cut off, is refused in a sentence', async () => {
  const whole = toBytes(readFixture('pictures')[0].png);
  await assert.rejects(decodeGreyPng(new Uint8Array(100)), /not a PNG file/);
  await assert.rejects(decodeGreyPng(whole.slice(0, 60)));
  const deep = whole.slice();
  deep[24] = 16;
  await assert.rejects(decodeGreyPng(deep), /not an 8-bit grey PNG/);
});

test('a mask is written as a PNG of one bit a pixel', async () => {
  const png = await encodeMaskPng(Uint32Array.of(4, 0, 4, 0, 0, 4), 2, 3, 2), view = new DataView(png.buffer);
  assert.equal(view.getUint32(0), 0x89504e47);
  assert.deepEqual([view.getUint32(16), view.getUint32(20), png[24]], [3, 2, 1]);
});

test('bytes go through text unchanged', () => {
  const bytes = Uint8Array.from({ length: 70000 }, (_, i) => (i * 31) & 255);
  assert.deepEqual(fromBase64(toBase64(bytes)), bytes);
});
