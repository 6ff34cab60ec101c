import assert from 'node:assert/strict';
import { test } from 'node:test';

import { formatShare, formatThreshold } from '../../busdemo/ui/web/core/formats.js';
import { NO_PROCESSING } from '../../busdemo/ui/web/core/postprocess.js';
import { readSpacing, spacingOf } from '../../busdemo/ui/web/core/spacing.js';
import { checkSteps, readSteps, tellSteps, writeSteps } from '../../busdemo/ui/web/core/steps.js';
import { AnnotatorList, votesNeeded } from '../../busdemo/ui/web/workspace/annotators.js';

test('steps come back from the word of a link', () => {
  const steps = checkSteps({ keep: 'largest', fill_holes: true, smallest_px: 50, opening_px: 3 });
  assert.equal(writeSteps(steps), 'kfa50o3');
  assert.deepEqual(readSteps('kfa50o3'), steps);
  assert.deepEqual(readSteps(''), NO_PROCESSING);
  assert.equal(tellSteps(steps), 'largest only, holes filled, smallest 50 px, opening 3 px');
});

test('steps that somebody else has written stay within bounds', () => {
  const steps = checkSteps({ keep: 'constructor', fill_holes: 'yes', opening_px: 1e9, smoothing_px: -4, closing_px: 'x' });
  assert.deepEqual(steps, { ...NO_PROCESSING, opening_px: 20 });
});

test('a pixel spacing is read or refused, never guessed', () => {
  assert.deepEqual(readSpacing(' 0,08 '), { spacing: 0.08 });
  assert.deepEqual(readSpacing(''), { spacing: 0 });
  assert.match(String(readSpacing('80').refusal), /from 0.001 to 10 mm per px/);
  assert.deepEqual(spacingOf('10', { x: 0, y: 0 }, { x: 30, y: 40 }), { spacing: 0.2 });
  assert.match(String(spacingOf('10', { x: 0, y: 0 }, { x: 1, y: 0 }).refusal), /less than 2 px/);
});

test('names tell annotators apart', () => {
  const list = new AnnotatorList();
  const names = ['A', 'A', '  ', 'A'].map((name, k) => list.add({ key: `person:${k}`, name, kind: 'person' })?.name);
  assert.deepEqual(names, ['A', 'A (2)', 'Unnamed', 'A (3)']);
  assert.equal(list.reference, 'person:0');
});

test('no more than twenty are compared at once', () => {
  const list = new AnnotatorList();
  const added = Array.from({ length: 25 }, (_, k) => list.add({ key: `person:${k}`, name: 'One', kind: 'person' }));
  assert.equal(added.filter(Boolean).length, 20);
  assert.equal(new Set(list.list.map((one) => one.slot)).size, 20);
});

test('a majority is more than half', () => {
  assert.deepEqual([1, 2, 3, 4].map((count) => votesNeeded('majority', count)), [1, 2, 2, 3]);
  assert.deepEqual([votesNeeded('union', 4), votesNeeded('intersection', 4)], [1, 4]);
});

test('what is undefined is a dash', () => {
  assert.deepEqual([formatShare(NaN), formatShare(null), formatShare(0.5), formatThreshold(1)], ['–', '–', '0.500', '0.005']);
});
