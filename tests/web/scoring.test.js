import assert from 'node:assert/strict';
import { test } from 'node:test';

import { diceCurve, scoreAt, tallyLevels } from '../../busdemo/ui/web/core/scoring.js';
import { dash, readFixture, toBytes } from './fixtures.js';

test('every stop is scored exactly as Python scores it', () => {
  for (const { levels, reference, scores } of readFixture('scores')) {
    const tally = tallyLevels(toBytes(levels), toBytes(reference));
    for (let stop = 1; stop < 200; stop++) {
      const score = scoreAt(tally, stop);
      assert.ok(score);
      const { dice, iou, precision, recall, outcome } = score;
      assert.deepEqual([...[dice, iou, precision, recall].map(dash), outcome], scores[stop - 1], `stop ${stop}`);
    }
  }
});

test('the curve holds the Dice of every stop', () => {
  const [{ levels, reference, scores }] = readFixture('scores');
  const curve = diceCurve(tallyLevels(toBytes(levels), toBytes(reference)));
  assert.deepEqual([...curve.subarray(1)].map(dash), scores.map((/** @type {any[]} */ one) => one[0]));
});

test('without a reference there is no score', () => {
  assert.equal(scoreAt(tallyLevels(new Uint8Array(4), null), 100), null);
});
