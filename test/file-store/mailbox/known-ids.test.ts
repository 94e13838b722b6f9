/** The known ids of a mailbox, compared with a list. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { KnownIds } from '../../../src/file-store/mailbox/known-ids.js';
import type { IdTombstone } from '../../../src/store/mailbox-contents.js';

const MAX = 3;

const tombstone = (seq: number, from: string, id: string): IdTombstone => ({ seq, from, id, crc: 0, bytes: 0 });

test('for each sender the newest ids are known, whatever other senders send (R8)', () => {
  const name = fc.record({
    from: fc.constantFrom('a', 'b', 'constructor', '__proto__'),
    id: fc.constantFrom('', '1', '2', '3', '4', '5', '好', '__proto__'),
  });
  const step = fc.record({ name, does: fc.constantFrom('set', 'bury', 'bury', 'delete') });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 100, size: 'max' }), (steps) => {
      const ids = new KnownIds(MAX);
      /** By sender and id: the seq, and whether it is a tombstone. */
      const model = new Map<string, { seq: number; from: string; isBuried: boolean }>();
      let seq = 0;
      for (const {
        name: { from, id },
        does,
      } of steps) {
        const key = JSON.stringify([from, id]);
        const known = model.get(key);
        if (does === 'set' && !known) {
          ids.set(from, id, ++seq);
          model.set(key, { seq, from, isBuried: false });
        } else if (does === 'bury') {
          // Those of a sender in the order of their seqs, as a mailbox does.
          const [oldest, one] = [...model].find(([, one]) => one.from === from && !one.isBuried) ?? [];
          if (oldest === undefined || one === undefined) continue;
          ids.bury(tombstone(one.seq, from, (JSON.parse(oldest) as string[])[1] as string));
          model.set(oldest, { ...one, isBuried: true });
          const buried = [...model].filter(([, one]) => one.from === from && one.isBuried);
          if (buried.length > MAX) model.delete(buried[0]?.[0] ?? '');
        } else if (does === 'delete' && known && !known.isBuried) {
          ids.delete(from, id);
          model.delete(key);
        }
        for (const [text, { seq: expected, isBuried }] of model) {
          const [sender, name] = JSON.parse(text) as [string, string];
          assert.equal(ids.seqOf(sender, name), expected);
          assert.equal(typeof ids.get(sender, name), isBuried ? 'object' : 'number');
        }
        const buried = [...model.values()].filter(({ isBuried }) => isBuried);
        assert.equal(ids.tombstones, buried.length);
        assert.deepEqual(new Set(ids.all().map((one) => one.seq)), new Set(buried.map((one) => one.seq)));
        if (!model.has(key)) assert.equal(ids.get(from, id), undefined);
      }
    }),
  );
});

test('a restored message replaces the purged one of the same id, which leaves no tombstone', () => {
  const ids = new KnownIds(MAX);
  ids.set('a', 'm', 1);
  ids.set('a', 'm', 5);
  ids.bury(tombstone(1, 'a', 'm'));
  assert.equal(ids.get('a', 'm'), 5);
  assert.equal(ids.tombstones, 0);
  ids.bury(tombstone(5, 'a', 'm'));
  assert.equal(ids.seqOf('a', 'm'), 5);
});

test('after a restart, too, the newer of two tombstones with one id counts', () => {
  const ids = new KnownIds(MAX);
  const tombstones = [{ ...tombstone(1, 'a', 'm'), purged: true }, tombstone(2, 'a', 'm'), tombstone(3, 'a', 'n')];
  for (const one of tombstones) ids.restore(one);
  assert.equal((ids.get('a', 'm') as IdTombstone).seq, 2);
  for (let seq = 4; seq <= 6; seq++) {
    ids.set('a', `o${seq}`, seq);
    ids.bury(tombstone(seq, 'a', `o${seq}`));
    assert.equal(ids.seqOf('a', 'm'), seq < 5 ? 2 : undefined);
  }
});

test('a purged tombstone is forgotten in its turn, not the message that was restored from it', () => {
  const ids = new KnownIds(2);
  ids.set('a', 'm', 1);
  ids.bury({ ...tombstone(1, 'a', 'm'), purged: true });
  ids.set('a', 'm', 2);
  for (let seq = 3; seq <= 5; seq++) {
    ids.set('a', `n${seq}`, seq);
    ids.bury(tombstone(seq, 'a', `n${seq}`));
  }
  assert.equal(ids.get('a', 'm'), 2);
  const again = new KnownIds(2);
  for (const one of ids.all()) again.restore(one);
  assert.equal(again.seqOf('a', 'n5'), 5);
  ids.forget(1);
  assert.deepEqual([ids.tombstones, ids.get('a', 'm'), ids.get('a', 'n5')], [0, 2, undefined]);
});
