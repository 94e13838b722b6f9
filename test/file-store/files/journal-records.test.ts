/** The records of messages: concatenated, they are what JSON.stringify makes. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { copiedMessageMembers, messageMembers, recordFrame } from '../../../src/file-store/files/journal-records.js';

test('a record of a message is byte for byte what JSON.stringify makes, whether its text is known to be plain or not', () => {
  const batch = fc.record(
    { to: fc.constant('bob'), from: fc.constant('alice'), at: fc.nat(), device: fc.constant('laptop') },
    { requiredKeys: ['to', 'from', 'at'] },
  );
  const message = fc.record({
    seq: fc.nat(),
    id: fc.string({ minLength: 1 }),
    body: fc.string({ unit: 'binary' }),
    re: fc.option(fc.string({ minLength: 1 }), { nil: undefined }),
  });
  const restored = fc.option(fc.record({ by: fc.constant('root'), at: fc.nat() }), { nil: undefined });
  fc.assert(
    fc.property(batch, message, restored, fc.option(fc.nat()), (origin, content, mark, ownAt) => {
      const { to, from, device } = origin;
      const { seq, id, body, re } = content;
      const at = ownAt ?? origin.at;
      const { re: _, ...rest } = content;
      const about = re !== undefined && { re };
      const kept = { ...rest, ...about, from, at, bytes: 0, attempts: 0, ...(mark && { restored: mark }) };
      const frame = recordFrame({ ...origin, ...(mark && { restored: mark }) });
      const members = { type: 'message', seq, from, id, body, re, at };
      const expected = JSON.stringify({ user: to, ...members, restored: mark }).slice(1, -1);
      assert.equal(messageMembers(frame, origin.at, kept), expected);
      const isPlain = JSON.stringify(id) === `"${id}"` && JSON.stringify(body) === `"${body}"`;
      if (isPlain && ownAt === null && !mark && re === undefined)
        assert.equal(messageMembers(frame, origin.at, { ...kept, isPlain }), expected);
      const copied = JSON.stringify({ user: to, copyTo: from, copySeq: 7, ...members, device }).slice(1, -1);
      assert.equal(copiedMessageMembers(origin, kept, 7), copied);
    }),
    { numRuns: 1_000 },
  );
});
