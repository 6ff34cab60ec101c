import assert from 'node:assert/strict';
import { test } from 'node:test';

import { traceRings } from '../../busdemo/ui/web/core/contours.js';
import { Planes, SLOTS, countPair, countVotes, scorePair, voteEntropy } from '../../busdemo/ui/web/core/planes.js';
import { DrawnMask, brushLine, fillEnclosed, fillPolygon } from '../../busdemo/ui/web/core/strokes.js';
import { countKinds, summarizePair } from '../../busdemo/ui/web/core/votes.js';
import { readFixture, toBytes } from './fixtures.js';

const WIDTH = 48, HEIGHT = 36;
const [{ levels, reference }] = readFixture('scores');
const map = toBytes(levels), truth = toBytes(reference);

/** @param {number[]} stops */
function fill(stops) {
  const planes = new Planes(WIDTH, HEIGHT);
  stops.forEach((stop, slot) => planes.write(slot, map, stop));
  planes.write(stops.length, truth, 1);
  return planes;
}

test('what two masks share is counted along with every change', () => {
  const planes = fill([90, 130]);
  planes.write(0, map, 100);
  planes.write(1, map, 60);
  for (const [a, b] of [[0, 1], [0, 2], [1, 2], [2, 2]]) {
    const [one, other] = [planes.read(a), planes.read(b)];
    assert.equal(planes.shared[a * SLOTS + b], one.reduce((sum, on, i) => sum + (on & other[i]), 0));
  }
});

test('two masks are scored as levels are', () => {
  const { scores } = readFixture('scores')[0], planes = fill([70]);
  assert.equal(scorePair(planes.shared, 0, 1).dice, scores[69][0]);
});

test('votes and pairs are those of the levels', () => {
  const planes = fill([90, 130]), votes = new Uint8Array(map.length), kinds = new Uint8Array(map.length);
  countVotes(votes, planes.words, 0b11);
  assert.deepEqual(votes, map.map((level) => Number(level >= 90) + Number(level >= 130)));
  countPair(kinds, planes.words, 0, 1);
  assert.deepEqual(kinds, map.map((level) => Number(level >= 90) | (Number(level >= 130) << 1)));
  countPair(kinds, planes.words, 0, 1, 2);
  assert.deepEqual(kinds.map((kind) => kind >> 2), truth.map((on) => (on ? 1 : 0)));
  const { aOnly, bOnly, both, neither, aRight, bRight, agree } = summarizePair(countKinds(kinds, 8));
  assert.equal(aOnly + bOnly + both + neither, map.length);
  assert.equal(aRight + bRight + agree, map.length);
});

test('disagreement is 1 bit where votes are split evenly and 0 where all agree', () => {
  assert.deepEqual([0, 1, 2, 3, 4].map((k) => voteEntropy(k, 4))[2], 1);
  assert.deepEqual([voteEntropy(0, 4), voteEntropy(4, 4)], [0, 0]);
  assert.equal(voteEntropy(1, 4), voteEntropy(3, 4));
});

test('rings enclose exactly the pixels of their mask', () => {
  const planes = fill([90]), rings = traceRings(planes.words, 0, WIDTH, HEIGHT, planes.boxes[0]);
  let doubled = 0; // twice the signed area, by the shoelace formula
  for (const ring of rings) {
    for (let i = 0; i < ring.length; i += 2) {
      const j = (i + 2) % ring.length;
      doubled += ring[i] * ring[j + 1] - ring[j] * ring[i + 1];
    }
  }
  assert.equal(doubled / 2, planes.shared[0]);
});

test('a stroke is one step to undo and to do again', () => {
  const planes = new Planes(WIDTH, HEIGHT), drawn = new DrawnMask(planes, 3);
  drawn.begin();
  brushLine(drawn, { x: 8, y: 8 }, { x: 30, y: 20 }, 4, true);
  assert.ok(drawn.commit());
  const painted = planes.read(3);
  assert.ok(drawn.undo());
  assert.deepEqual(planes.read(3), new Uint8Array(WIDTH * HEIGHT));
  assert.ok(drawn.redo());
  assert.deepEqual(planes.read(3), painted);
  assert.equal(drawn.redo(), false);
});

test('a brush marks the pixels whose centre is within its radius', () => {
  const planes = new Planes(WIDTH, HEIGHT), drawn = new DrawnMask(planes, 0), at = { x: 20.3, y: 15.8 };
  drawn.begin();
  brushLine(drawn, at, at, 5.5, true);
  const inside = Uint8Array.from({ length: WIDTH * HEIGHT }, (_, i) => {
    const x = (i % WIDTH) + 0.5, y = Math.floor(i / WIDTH) + 0.5;
    return Math.hypot(x - at.x, y - at.y) <= 5.5 ? 1 : 0;
  });
  assert.deepEqual(planes.read(0), inside);
});

test('only what is enclosed is filled', () => {
  const planes = new Planes(WIDTH, HEIGHT), drawn = new DrawnMask(planes, 0);
  const frame = [[5, 5], [25, 5], [25, 20], [5, 20]].map(([x, y]) => ({ x, y }));
  drawn.begin();
  fillPolygon(drawn, frame, true);
  fillPolygon(drawn, frame.map(({ x, y }) => ({ x: x < 15 ? x + 3 : x - 3, y: y < 12 ? y + 3 : y - 3 })), false);
  assert.equal(fillEnclosed(drawn, 1, 1), false);
  assert.equal(fillEnclosed(drawn, 15, 12), true);
  assert.equal(planes.shared[0], 20 * 15);
});
