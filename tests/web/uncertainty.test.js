import assert from 'node:assert/strict';
import { test } from 'node:test';

import { entropyPlane, spreadPlane } from '../../busdemo/ui/web/core/uncertainty.js';
import { readFixture, toBytes } from './fixtures.js';

const { maps, entropy, spread } = readFixture('uncertainty');

test('the entropy of every level is Python\'s', () => {
  const levels = Uint8Array.from({ length: 200 }, (_, level) => level);
  assert.deepEqual(entropyPlane(levels), toBytes(entropy));
});

test('the spread of several maps is Python\'s', () => {
  assert.deepEqual(spreadPlane(maps.map(toBytes)), toBytes(spread));
});
