/** Exported messages as lines of JSON. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { WIRE } from '../../src/protocol/limits.js';
import { parseExport, toExport } from '../../src/queue-admin/export-line.js';
import { jsonLine } from '../../src/text/safe-text.js';
import { queued } from './queues.js';

test('every message is read back from its line', () => {
  const message = fc.record({
    to: fc.stringMatching(/^[a-z0-9][a-z0-9._-]{0,31}$/),
    from: fc.stringMatching(/^[a-z0-9][a-z0-9._-]{0,31}$/),
    id: fc.stringMatching(/^[\x21-\x7e]{1,128}$/),
    seq: fc.nat(),
    at: fc.nat(2 ** 45),
    body: fc.string({ unit: 'binary', maxLength: 200 }).filter((body) => body.isWellFormed()),
    re: fc.option(fc.stringMatching(/^[\x21-\x7e]{1,128}$/), { nil: undefined }),
    status: fc.constantFrom('undelivered', 'delivered'),
  });
  fc.assert(
    fc.property(message, (given) => {
      const { re, status, ...rest } = given;
      const about = re === undefined ? {} : { re };
      const original = queued(given.seq, { ...rest, ...about, status: status as 'delivered' });
      const line = jsonLine(toExport(original, true));
      assert.doesNotMatch(line, /[^\x20-\x7e\xa0-\uffff]/, 'one line without control characters');
      assert.deepEqual(parseExport(line), original);
    }),
  );
});

test('the attempts of an exported message are dropped, and optional fields may be missing', () => {
  const { attempts, triedAt, ...rest } = queued(3, { attempts: 7, triedAt: 9 });
  assert.deepEqual(parseExport(JSON.stringify({ ...rest, attempts, triedAt })), { ...rest, attempts: 0 });
  const least = { to: 'bob', from: 'alice', id: 'm1', at: 5, body: 'hi' };
  const full = { ...least, seq: 0, status: 'undelivered', attempts: 0, bytes: 2 };
  assert.deepEqual(parseExport(JSON.stringify(least)), full);
});

test('a line that is no message has a problem', () => {
  const good = { to: 'bob', from: 'alice', id: 'm1', at: 5, body: 'hi' };
  const problem = (line: string) => (parseExport(line) as { problem?: string }).problem;
  assert.equal(problem(''), 'is not JSON');
  assert.equal(problem('[]'), 'is not a JSON object');
  assert.equal(problem('null'), 'is not a JSON object');
  for (const [field, values] of Object.entries({
    to: [undefined, 'Bob', '', 7, '__proto__'],
    from: [undefined, '../x', null],
    id: [undefined, '', 'a b', 'ü', 'x'.repeat(WIRE.maxIdLength + 1)],
    at: [undefined, -1, 1.5, '5', 2 ** 53],
    body: [
      undefined,
      null,
      7,
      '\ud800',
      'x'.repeat(WIRE.maxBodyBytes + 1),
      '你'.repeat(Math.ceil(WIRE.maxBodyBytes / 3)),
    ],
    seq: [-1, 'one'],
    status: ['lost', 1],
  })) {
    for (const value of values) {
      assert.ok(
        problem(JSON.stringify({ ...good, [field]: value })),
        `${field}: ${JSON.stringify(value)?.slice(0, 20)}`,
      );
    }
  }
  assert.equal(problem(JSON.stringify(toExport(queued(1), false))), 'has no body');
});
