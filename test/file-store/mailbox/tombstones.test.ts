/** Tombstones in columns are those that were added, whatever was dropped. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Tombstones } from '../../../src/file-store/mailbox/tombstones.js';
import type { IdTombstone } from '../../../src/store/mailbox-contents.js';

test('tombstones behave like a list of objects, however many are added and dropped', () => {
  const tombstone = fc.record({
    id: fc.string({ minLength: 1, maxLength: 3 }),
    crc: fc.nat(2 ** 32 - 1),
    bytes: fc.constantFrom(0, 1, 116, 65_536),
    purged: fc.boolean(),
  });
  const step = fc.record({
    adds: fc.array(tombstone, { maxLength: 5 }),
    times: fc.constantFrom(1, 1, 1, 500),
    drops: fc.nat(1_500),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
      const tombstones = new Tombstones('alice');
      let model: IdTombstone[] = [];
      let seq = 0;
      for (const { adds, times, drops } of steps) {
        for (let time = 0; time < times; time++) {
          for (const one of adds) {
            seq += 1 + (one.crc % 2);
            const added = { seq, from: 'alice', ...one };
            tombstones.push(added);
            model.push(added);
          }
        }
        const count = Math.min(drops, model.length);
        for (let index = 0; index < count; index++) {
          assert.deepEqual([tombstones.oldestSeq, tombstones.oldestId], [model[index]?.seq, model[index]?.id]);
          tombstones.shift();
        }
        model = model.slice(count);
        assert.equal(tombstones.length, model.length);
        assert.deepEqual(tombstones.all(), model);
        for (const one of [model[0], model.at(-1)]) if (one) assert.deepEqual(tombstones.find(one.seq), one);
        assert.equal(tombstones.find((model[0]?.seq ?? seq + 1) - 1), undefined);
      }
    }),
    { numRuns: 60 },
  );
});
