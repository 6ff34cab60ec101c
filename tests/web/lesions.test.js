import assert from 'node:assert/strict';
import { test } from 'node:test';

import { findComponents, labelPixels } from '../../busdemo/ui/web/core/components.js';
import { measureLesions } from '../../busdemo/ui/web/core/lesions.js';
import { matchLesions } from '../../busdemo/ui/web/core/matching.js';
import { processMask } from '../../busdemo/ui/web/core/postprocess.js';
import { dash, readFixture, toMask } from './fixtures.js';

for (const { name, width, height, mask, reference, results } of readFixture('lesions')) {
  const read = (/** @type {string} */ text) => toMask(text, width * height), levels = read(mask).map((on) => (on ? 150 : 20));
  /** @type {import('../../busdemo/ui/web/core/components.js').Components} */
  const theirs = findComponents(read(reference), width);
  theirs.labels = labelPixels(theirs, width * height);

  test(`${name}: every step leaves the pixels that Python leaves`, () => {
    for (const { steps, mask: expected } of results) {
      assert.deepEqual(processMask(read(mask), width, height, steps), read(expected), JSON.stringify(steps));
    }
  });

  test(`${name}: lesions have Python's measures and Python's words`, () => {
    for (const { mask: processed, lesions, predicted, reference: words, shares } of results) {
      const ours = findComponents(read(processed), width), match = matchLesions(ours, theirs);
      const measured = measureLesions(ours, width, levels).map((one) => [
        one.number, one.area, one.longest, one.perpendicular, one.depthToWidth, one.centre.x, one.centre.y, one.probability,
      ]);
      assert.deepEqual(measured, lesions);
      assert.deepEqual([match.predicted, match.reference], [predicted, words]);
      assert.deepEqual([match.precision, match.recall, match.f1].map(dash), shares);
    }
  });
}
