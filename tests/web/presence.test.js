import assert from 'node:assert/strict';
import { test } from 'node:test';

import { clampCutOff, tellPresence, withholds } from '../../busdemo/ui/web/core/presence.js';

test('presence is told as Python tells it: rounded down, with its cut-off', () => {
  assert.equal(tellPresence(0.1249, 60), 'nothing marked: presence 0.12 (cut-off 0.60)');
  assert.equal(tellPresence(0.5999, 60), 'nothing marked: presence 0.59 (cut-off 0.60)');
  assert.equal(tellPresence(0.29, 29), 'presence 0.29 (cut-off 0.29)');
  assert.equal(tellPresence(null, 60), '');
});

test('nothing is withheld at a cut-off of 0, nor where presence is unknown', () => {
  assert.ok(!withholds(0, 0));
  assert.ok(!withholds(null, 99));
  assert.ok(withholds(0.28, 29));
});

test('a cut-off that somebody else has written is brought within bounds', () => {
  assert.deepEqual([-1, 33.4, 200, 'x', NaN].map(clampCutOff), [0, 33, 99, 0, 0]);
});
