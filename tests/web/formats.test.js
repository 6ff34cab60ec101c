// Numbers as the page writes them, by the rules of busdemo/imaging/printed.py.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { formatPercent, formatShare } from '../../busdemo/ui/web/core/formats.js';

test('a share is on its own side of 0, of 0.5 and of 1', () => {
  const told = [0, 0.00002, 0.49996, 0.5, 0.8124, 0.99996, 1, NaN, null].map(formatShare);
  assert.deepEqual(told, ['0.000', '0.001', '0.499', '0.500', '0.812', '0.999', '1.000', '–', '–']);
});

test('some is not written as none or all', () => {
  const told = [0, 0.0001, 0.276, 0.9999, 1].map(formatPercent);
  assert.deepEqual(told, ['0.0\u00a0%', 'under 0.1\u00a0%', '27.6\u00a0%', 'over 99.9\u00a0%', '100.0\u00a0%']);
});
