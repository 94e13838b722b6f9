/** A SmallMap does what a Map does. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SmallMap } from '../../../src/file-store/mailbox/small-map.js';
import { seededRandom } from '../../harness/seeded-random.js';

test('a SmallMap holds what a Map holds after the same changes, with names of object properties as keys too (storage 9)', () => {
  const seed = Math.floor(Math.random() * 1_000_000);
  const random = seededRandom(seed);
  const keys = ['a', 'b', 'constructor', '__proto__', ''];
  for (let run = 0; run < 200; run++) {
    const small = new SmallMap<number>();
    const map = new Map<string, number>();
    const used = keys.slice(0, 1 + Math.floor(random() * keys.length));
    for (let step = 0; step < 20; step++) {
      const key = used[Math.floor(random() * used.length)] as string;
      const change = random();
      if (change < 0.6) for (const one of [small, map]) one.set(key, step);
      else if (change < 0.98) for (const one of [small, map]) one.delete(key);
      else for (const one of [small, map]) one.clear();
      assert.deepEqual([...small.entries()], [...map.entries()], `seed ${seed}`);
      assert.equal(small.size, map.size, `seed ${seed}`);
      for (const one of keys) assert.equal(small.get(one), map.get(one), `seed ${seed}`);
    }
  }
});

test('entries may be deleted while they are listed', () => {
  for (const keys of [['a'], ['a', 'b', 'c']]) {
    const small = new SmallMap<number>();
    for (const key of keys) small.set(key, 1);
    const seen: string[] = [];
    for (const [key] of small.entries()) {
      seen.push(key);
      small.delete(key);
    }
    assert.deepEqual([seen, small.size], [keys, 0]);
  }
});
