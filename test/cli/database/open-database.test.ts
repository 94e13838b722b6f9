/** Opening the database that a command names. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withDatabase } from '../../../src/cli/database/open-database.js';
import { createFakeOutput } from '../fake-output.js';

test('a command warns before it reaches another machine without TLS', async () => {
  const output = createFakeOutput();
  const warning = 'im: warning: 0.0.0.0:1: reached without TLS; add sslmode=verify-full to its address';
  const open = (query: string) =>
    withDatabase(
      { database: `postgresql://im@0.0.0.0:1/im${query}`, 'single-node': true },
      output,
      async () => assert.fail('nothing listens there'),
      { waitMs: 1 },
    );
  await assert.rejects(open(''), { exit: 'not-stored' });
  assert.deepEqual(output.notes, [warning]);
  await assert.rejects(open('?sslmode=verify-full'), { exit: 'not-stored' });
  assert.deepEqual(output.notes, [warning]);
});
