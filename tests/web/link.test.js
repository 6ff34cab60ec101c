import assert from 'node:assert/strict';
import { test } from 'node:test';

import { NO_PROCESSING } from '../../busdemo/ui/web/core/postprocess.js';
import { followWords, isThere, wordsOf, writeWords } from '../../busdemo/ui/web/workspace/link.js';
import { Workspace } from '../../busdemo/ui/web/workspace/workspace.js';

const SIZE = 16 * 12, TRUTH = new Uint8Array(SIZE).fill(1, 20, 60);

function laid() {
  const workspace = new Workspace(), layers = ['a', 'b', 'c', 'd', 'e'].map((id) => ({
    id, name: id, family: id, note: '', frozen: 100, processing: {}, recipe: false, state: /** @type {const} */ ('ready'), reason: '', url: `/${id}`,
    levels: new Uint8Array(SIZE).fill(150, 30, 70),
  }));
  const people = [{ key: 'truth', name: 'Ground truth', kind: 'truth', pixels: TRUTH }];
  workspace.open({ case: 'x', title: 'x', example: 'oval', width: 16, height: 12, grey: new Uint8Array(SIZE) }, layers, 'a', people);
  return workspace;
}

/** @param {Workspace} workspace */
const tell = (workspace) => [
  workspace.model, workspace.own, workspace.roster.reference, workspace.sides, workspace.look,
  workspace.roster.list.map((one) => [one.key, one.stop, one.shown, one.steps]),
];

/** @param {string} text */
const read = (text) => /** @type {Map<string, string>} */ (wordsOf(`#segment?${text}`, 'segment'));

test('a copied link gives the same models, thresholds, steps, reference, pair and look', () => {
  const workspace = laid(), again = laid();
  workspace.removeAnnotator('model:c');
  workspace.chooseModel('e', true);
  workspace.setStop('model:b', 33);
  workspace.setSteps('model:e', { ...NO_PROCESSING, keep: 'largest', closing_px: 4 });
  workspace.toggleShown('model:d');
  workspace.addConsensus('union', 'models');
  workspace.setReference('model:b');
  workspace.setPair('model:e', 'truth');
  workspace.setLook({ brightness: 12, contrast: -5, invert: true });
  followWords(again, read(String(writeWords(workspace))));
  assert.deepEqual(tell(again), tell(workspace));
});

test('one threshold for all is in the link', () => {
  const workspace = laid(), again = laid();
  workspace.setOwn(false);
  workspace.setStop('model:a', 77);
  followWords(again, read(String(writeWords(workspace))));
  assert.equal(again.own, false);
  assert.deepEqual(again.models.map((one) => one.stop), [77, 77, 77, 77]);
});

test('what makes no sense is left out, part by part', () => {
  const workspace = laid();
  followWords(workspace, read('models=nobody.5,b.40.off,b.x.on.%F0%9F&model=nobody&threshold=9&reference=%3Cimg%3E&pair=a&consensus=toString.all,union.models&look=,x,invert'));
  assert.deepEqual(workspace.models.map((one) => [one.model, one.stop]), [['b', 40]]);
  assert.equal(workspace.roster.reference, 'truth');
  assert.deepEqual(workspace.roster.list.filter((one) => one.rule).map((one) => one.rule), ['union']);
  assert.deepEqual(workspace.look, { brightness: 0, contrast: 0, invert: true });
});

test('a link of old has the chosen model and its threshold', () => {
  const workspace = laid();
  followWords(workspace, read('example=oval&model=c&threshold=0.3'));
  assert.deepEqual([workspace.model, workspace.chosen?.stop], ['c', 60]);
});

test('a link waits for its example, unless nobody offers it', () => {
  const workspace = laid();
  assert.ok(isThere(workspace, read('example=oval'), null));
  assert.ok(!isThere(workspace, read('example=cyst'), null));
  assert.ok(!isThere(workspace, read('example=cyst'), [{ id: 'cyst' }]));
  assert.ok(isThere(workspace, read('example=nothing'), [{ id: 'cyst' }]));
  assert.ok(!isThere(new Workspace(), read(''), null));
});

test('the fragment of another tab is none of this one', () => {
  assert.equal(wordsOf('#compare?model=a', 'segment'), null);
  assert.equal(wordsOf('', 'segment'), null);
});
