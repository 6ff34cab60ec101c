import assert from 'node:assert/strict';
import test from 'node:test';
import { AnnotatorList } from '../../busdemo/ui/web/workspace/annotators.js';

/** @param {...[string, string]} added */
function listOf(...added) {
  const roster = new AnnotatorList();
  for (const [key, kind] of added) roster.add({ key, name: key, kind });
  return roster;
}

test('people come first as the reference, whenever they come', () => {
  assert.equal(listOf(['unet', 'model'], ['ana', 'person'], ['ben', 'person']).reference, 'ana');
  assert.equal(listOf(['unet', 'model'], ['votes', 'consensus'], ['truth', 'truth']).reference, 'truth');
  assert.equal(listOf(['unet', 'model'], ['segformer', 'model']).reference, '');
});

test('a reference that was asked for stays one, until it is removed', () => {
  const roster = listOf(['unet', 'model'], ['segformer', 'model']);
  roster.chooseReference('segformer');
  roster.add({ key: 'ana', name: 'Ana', kind: 'person' });
  assert.equal(roster.reference, 'segformer');
  roster.remove('segformer');
  assert.equal(roster.reference, 'ana');
});
