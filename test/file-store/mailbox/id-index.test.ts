/** An IdIndex does what a Map does. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { IdIndex } from '../../../src/file-store/mailbox/id-index.js';
import { seededRandom } from '../../harness/seeded-random.js';

test('an IdIndex holds what a Map holds after the same changes, however many and whatever ids (storage 9)', () => {
  const seed = Math.floor(Math.random() * 1_000_000);
  const random = seededRandom(seed);
  const below = (bound: number): number => Math.floor(random() * bound);
  const names = ['', 'constructor', '__proto__', '\u0000', '好', 'x'.repeat(128)];
  for (let run = 0; run < 60; run++) {
    const index = new IdIndex();
    const map = new Map<string, number>();
    const ids = 2 ** below(11);
    const idOf = (): string => names[below(ids)] ?? `m${below(ids)}`;
    const isFilling = random() * 0.6 + 0.3;
    for (let step = 0; step < 3_000; step++) {
      const id = idOf();
      if (random() < isFilling) {
        assert.equal(index.set(id, step), !map.has(id), `seed ${seed}`);
        map.set(id, step);
      } else {
        index.delete(id);
        map.delete(id);
      }
      const other = idOf();
      assert.equal(index.get(id), map.get(id), `seed ${seed}`);
      assert.equal(index.get(other), map.get(other), `seed ${seed}`);
      assert.equal(index.size, map.size, `seed ${seed}`);
      if (step % 500 === 0) assert.deepEqual(new Map(index.entries()), map, `seed ${seed}`);
    }
    assert.deepEqual(new Map(index.entries()), map, `seed ${seed}`);
  }
});

test('ids that come and go, as those of a busy sender, do not make it grow', () => {
  const index = new IdIndex();
  for (let id = 0; id < 100_000; id++) {
    index.set(`m${id}`, id);
    if (id >= 100) index.delete(`m${id - 100}`);
  }
  assert.equal(index.size, 100);
  for (let id = 0; id < 100_000; id++) assert.equal(index.get(`m${id}`), id < 99_900 ? undefined : id);
});
