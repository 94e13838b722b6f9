/** `heartbeat`: is answered, and has no other effect (R13). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { heartbeat } from '../../../src/server/handlers/heartbeat.js';
import { revokedDeps, sessionOf } from './dependencies.js';

test('a heartbeat is answered with a heartbeat, and calls no dependency', async () => {
  assert.deepEqual(await heartbeat({ type: 'heartbeat' }, sessionOf(), revokedDeps()), {
    replies: [{ type: 'heartbeat' }],
  });
});
