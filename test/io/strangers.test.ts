/** Who has to leave when there are too many connections that have not logged in. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Strangers } from '../../src/io/strangers.js';

test('the oldest of a network leaves when it has too many', () => {
  const strangers = new Strangers<string>({ max: 100, maxPerNetwork: 2 });
  assert.deepEqual(
    ['a1', 'a2', 'a3', 'a4'].map((stranger) => strangers.add('a', stranger)),
    [undefined, undefined, 'a1', 'a2'],
  );
  assert.equal(strangers.add('b', 'b1'), undefined);
  assert.deepEqual([strangers.size, strangers.countOf('a'), strangers.countOf('b')], [3, 2, 1]);
});

test('when there are too many in total, the oldest of the network with the most leaves', () => {
  const strangers = new Strangers<string>({ max: 3, maxPerNetwork: 3 });
  for (const stranger of ['b1', 'a1', 'a2']) strangers.add(stranger.slice(0, 1), stranger);
  assert.equal(strangers.add('c', 'c1'), 'a1');
  assert.equal(strangers.add('d', 'd1'), 'b1', 'of several with as many: the one that came first');
});

test('a stranger that has left already is not removed a second time', () => {
  const strangers = new Strangers<string>({ max: 1, maxPerNetwork: 1 });
  strangers.add('a', 'a1');
  assert.equal(strangers.add('a', 'a2'), 'a1');
  strangers.remove('a', 'a1');
  strangers.remove('b', 'b1');
  assert.deepEqual([strangers.size, strangers.countOf('a')], [1, 1]);
});

test('whatever others do: the only stranger of its network stays, unless all networks have only one', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 60 }), (networks) => {
      const strangers = new Strangers<number>({ max: 6, maxPerNetwork: 5 });
      strangers.add('friend', -1);
      const left = networks.map((network, index) => strangers.add(String(network), index));
      assert.ok(!left.includes(-1));
      assert.ok(strangers.size <= 6);
    }),
  );
});
