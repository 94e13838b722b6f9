/** `heartbeat`: is answered, and has no other effect (R13). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dispatch } from '../../../src/server/dispatch.js';
import { revokedDeps, sessionOf } from './dependencies.js';

test('a heartbeat is answered with a heartbeat, and calls no dependency', async () => {
  assert.deepEqual(await dispatch({ type: 'heartbeat' }, sessionOf(), revokedDeps()), {
    replies: [{ type: 'heartbeat' }],
  });
});
