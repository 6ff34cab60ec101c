import assert from 'node:assert/strict';
import { test } from 'node:test';

import { scoreCounts } from '../../busdemo/ui/web/core/scoring.js';
import { NO_PROCESSING } from '../../busdemo/ui/web/core/postprocess.js';
import { maskOf } from '../../busdemo/ui/web/core/steps.js';
import { Keeper } from '../../busdemo/ui/web/workspace/keeper.js';
import { layOut, nameOf, packBits, takeDown, unpackBits, NO_SOURCES } from '../../busdemo/ui/web/workspace/keeping.js';
import { followWords, writeWords } from '../../busdemo/ui/web/workspace/link.js';
import { Workspace } from '../../busdemo/ui/web/workspace/workspace.js';
import { readFixture, toBytes } from './fixtures.js';
/** @import { Layer } from '../../busdemo/ui/web/workspace/layers.js' */
/** @import { Kept } from '../../busdemo/ui/web/workspace/keeping.js' */

const WIDTH = 48, HEIGHT = 36, SIZE = WIDTH * HEIGHT;
const [{ levels, reference }] = readFixture('scores');
const map = toBytes(levels), truth = toBytes(reference);
const steps = /** @type {const} */ ({ ...NO_PROCESSING, keep: 'largest', opening_px: 1 });

/**
 * @param {string} id
 * @param {Partial<Layer>} [facts]
 * @returns {Layer}
 */
function layer(id, facts = {}) {
  return { id, name: id.toUpperCase(), family: id, note: '', frozen: 100, processing: {}, recipe: false, state: 'ready', reason: '', url: `/${id}`, levels: map, ...facts };
}

/** @param {string[]} ids */
const layers = (ids = ['a', 'b', 'c', 'd', 'e', 'f']) => ids.map((id) => layer(id));

/**
 * @param {string} [name]
 * @param {boolean} [hasTruth]
 */
function laid(name = 'one', hasTruth = true, workspace = new Workspace()) {
  const people = hasTruth ? [{ key: 'truth', name: 'Ground truth', kind: 'truth', pixels: truth }] : [];
  const scan = { case: name, title: name, sha256: name, width: WIDTH, height: HEIGHT, grey: new Uint8Array(SIZE) };
  workspace.open(scan, layers(), 'a', people);
  return workspace;
}

/**
 * @param {Workspace} workspace
 * @param {Uint8Array} pixels
 */
function addMine(workspace, pixels) {
  workspace.addAnnotator({ key: workspace.roster.newKey('upload'), name: 'mine', kind: 'person' }, pixels);
}

test('a model is thresholded, processed and scored in one way, wherever it is asked', () => {
  const workspace = laid();
  for (const stop of [1, 60, 100, 160, 199]) {
    workspace.setStop('model:a', stop);
    workspace.setSteps('model:a', steps);
    const mask = maskOf({ levels: map, stop, steps }, WIDTH, HEIGHT);
    let hit = 0, area = 0, lesion = 0;
    for (let i = 0; i < SIZE; i++) {
      hit += mask[i] && truth[i] ? 1 : 0;
      area += mask[i];
      lesion += truth[i] ? 1 : 0;
    }
    assert.deepEqual(workspace.planes.read(workspace.get('model:a').slot), mask);
    assert.deepEqual(workspace.scoreOf(workspace.chosen), scoreCounts({ hit, extra: area - hit, missed: lesion - hit }));
    assert.equal(workspace.masks.area(workspace.get('model:a')), area);
  }
});

test('four models are compared to begin with, the chosen one first', () => {
  assert.deepEqual(laid().models.map((one) => one.model), ['a', 'b', 'c', 'd']);
});

test('a model that is merely looked at leaves when another is chosen; one that was changed stays', () => {
  const workspace = laid();
  workspace.chooseModel('e');
  workspace.chooseModel('f');
  assert.deepEqual(workspace.models.map((one) => one.model), ['a', 'b', 'c', 'd', 'f']);
  workspace.setStop('model:f', 50);
  workspace.chooseModel('e');
  assert.deepEqual(workspace.models.map((one) => one.model), ['a', 'b', 'c', 'd', 'f', 'e']);
});

test('one threshold for all moves all, and each gets its own back', () => {
  const workspace = laid();
  workspace.setStop('model:b', 40);
  workspace.setOwn(false);
  workspace.setStop('model:a', 120);
  assert.deepEqual(workspace.models.map((one) => one.stop), [120, 120, 120, 120]);
  workspace.setOwn(true);
  assert.deepEqual(workspace.models.map((one) => one.stop), [100, 40, 100, 100]);
});

test('another scan keeps who is compared, at the frozen thresholds', () => {
  const workspace = laid();
  workspace.setStop('model:b', 40);
  workspace.addModel('f');
  laid('two', true, workspace);
  assert.deepEqual(workspace.models.map((one) => [one.model, one.stop]), ['a', 'b', 'c', 'd', 'f'].map((id) => [id, 100]));
});

test('people are the reference unasked, a model only when it is named', () => {
  const workspace = laid('one', false);
  assert.equal(workspace.reference, null);
  assert.equal(workspace.scoreOf(workspace.chosen), null);
  addMine(workspace, truth);
  assert.equal(workspace.roster.reference, 'upload:1');
  workspace.setReference('model:b');
  assert.equal(workspace.scoreOf(workspace.chosen)?.dice, 1);
});

test('what was removed comes back in its place, as the reference it was', () => {
  const workspace = laid();
  workspace.removeAnnotator('truth');
  assert.equal(workspace.roster.find('truth'), null);
  assert.equal(workspace.notice.text, 'Ground truth was removed.');
  workspace.notice.act();
  assert.equal(workspace.roster.list[0].key, 'truth');
  assert.equal(workspace.reference?.key, 'truth');
  assert.deepEqual(workspace.referenceMask, truth.map((on) => (on ? 1 : 0)));
});

test('a removal is not undone on another scan', () => {
  const workspace = laid();
  workspace.removeAnnotator('model:b');
  const { act } = workspace.notice;
  laid('two', true, workspace);
  act();
  assert.equal(workspace.roster.find('model:b'), null);
});

test('bits come back as they were packed', () => {
  const mask = truth.map((on) => (on ? 1 : 0));
  assert.deepEqual(unpackBits(packBits(mask), SIZE), mask);
});

test('a record laid out on its scan gives the same masks, settings and reference', () => {
  const workspace = laid();
  addMine(workspace, truth.map((on) => 1 - on));
  workspace.setStop('model:b', 33);
  workspace.setSteps('model:b', steps);
  workspace.removeAnnotator('model:c');
  workspace.addConsensus('union', 'models');
  workspace.setReference('upload:1');
  const kept = structuredClone(takeDown(workspace, NO_SOURCES));
  const again = laid();
  assert.equal(layOut(again, /** @type {Kept} */ (kept)), 1);
  const tell = (/** @type {Workspace} */ { roster, planes }) => [roster.reference, ...roster.list.map((one) => [one.key, one.name, one.stop, one.shown, [...planes.read(one.slot)].join('')]).sort()];
  assert.deepEqual(tell(again), tell(workspace));
});

test('a scan is named by its file, frame, area and size', () => {
  const { scan } = laid();
  assert.notEqual(nameOf(scan), nameOf({ ...scan, frame: 2 }));
  assert.notEqual(nameOf(scan), nameOf({ ...scan, area: '1,2,30,30' }));
  assert.equal(nameOf({ ...scan, sha256: '' }), '');
});

/** A shelf in memory; `now` empties the microtasks. */
function memory() {
  /** @type {Map<string, Kept>} */
  const all = new Map();
  return {
    all,
    list: async () => [...all.values()].sort((one, other) => other.used - one.used),
    put: async (/** @type {Kept} */ kept) => { all.set(kept.name, structuredClone(kept)); },
    drop: async (/** @type {string} */ name) => { all.delete(name); },
  };
}
const now = () => new Promise((done) => { setImmediate(done); });

test('after a wrong click the masks are kept, and they are back with their scan', async () => {
  const shelf = memory(), workspace = new Workspace(), keeper = new Keeper(workspace, shelf, new AbortController().signal);
  await keeper.resume();
  laid('one', true, workspace);
  await now();
  addMine(workspace, truth);
  assert.equal(keeper.unsaved, 1);
  laid('two', true, workspace);
  await now();
  assert.equal(workspace.roster.find('upload:1'), null);
  assert.match(workspace.notice.text, /Your masks of one are kept/);
  laid('one', true, workspace);
  await now();
  assert.ok(workspace.roster.find('upload:1')?.ready);
  assert.match(workspace.notice.text, /^1 mask of yours/);
  workspace.notice.act();
  await now();
  assert.equal(shelf.all.size, 0);
});

test('a page that was left opens what was on the table; the opening example does not replace it', async () => {
  const shelf = memory(), workspace = laid('mine');
  await shelf.put(/** @type {Kept} */ (takeDown(workspace, NO_SOURCES)));
  const later = new Workspace(), keeper = new Keeper(later, shelf, new AbortController().signal);
  /** @type {string[]} */
  const opened = [];
  keeper.reopen = ({ title }) => opened.push(title);
  laid('opening', true, later);
  await keeper.resume();
  await keeper.keep();
  assert.deepEqual(opened, ['mine']);
  assert.deepEqual([...shelf.all.values()].map(({ title }) => title), ['mine']);
});

test('where nothing can be kept, masks count as unsaved', async () => {
  const workspace = new Workspace(), keeper = new Keeper(workspace, null, new AbortController().signal);
  laid('one', true, workspace);
  await now();
  addMine(workspace, truth);
  assert.equal(keeper.unsaved, 1);
});

test('under its cut-off a model marks nothing, in every view; the cut-off is set, linked and kept', () => {
  const workspace = new Workspace(), scan = { case: 'one', title: 'one', sha256: 'one', width: WIDTH, height: HEIGHT, grey: new Uint8Array(SIZE) };
  workspace.open(scan, [layer('a', { presence: 0.5999, cut_off: 60 }), layer('b', { cut_off: 60 })], 'a', []);
  const area = (/** @type {string} */ key) => workspace.masks.area(workspace.get(key));
  assert.equal(area('model:a'), 0);
  assert.ok(area('model:b') > 0, 'presence is not known yet');
  workspace.update({}, [layer('a', { presence: 0.5999, cut_off: 60 }), layer('b', { presence: 0.2, cut_off: 60 })]);
  assert.equal(area('model:b'), 0);
  workspace.setCutOff('model:a', 59);
  assert.ok(area('model:a') > 0);
  assert.match(writeWords(workspace).get('models') || '', /^a\.100\.on\.\.59,b\.100\.on\.$/);
  const other = laid('two', false);
  followWords(other, new Map([['models', 'a.100.on..59']]));
  assert.equal(other.get('model:a').cutOff, 59);
});
