/** A SnapshotIndex says the same as a JournalIndex. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { JournalIndex } from '../../../src/file-store/files/journal-index.js';
import { SnapshotIndex } from '../../../src/file-store/snapshot/snapshot-index.js';

test('the index of a snapshot says the same as that of the store', () => {
  const record = fc.record({ user: fc.integer({ min: 0, max: 20 }), bytes: fc.integer({ min: 1, max: 9_000 }) });
  const segments = fc.array(fc.array(record, { maxLength: 2_000 }), { maxLength: 4 });
  fc.assert(
    fc.property(segments, (journal) => {
      const [store, snapshot] = [new JournalIndex(), new SnapshotIndex()];
      for (const [segment, records] of journal.entries()) {
        let position = segment === 2 ? 2 ** 40 : 100; // Segments can be long.
        for (const { user, bytes } of records) {
          store.add(segment, `user${user}`, position, [bytes]);
          snapshot.add(segment, `user${user}`, position, bytes);
          position += bytes;
        }
      }
      assert.deepEqual([...snapshot.users], [...store.users]);
      for (const user of [...store.users, 'nobody']) assert.deepEqual(snapshot.spansOf(user), store.spansOf(user));
    }),
    { numRuns: 30 },
  );
});
