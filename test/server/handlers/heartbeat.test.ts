/** `heartbeat`: does nothing but count as life, and is answered (R13). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { heartbeat } from '../../../src/server/handlers/heartbeat.js';
import { revokedPorts, sessionOf } from './ports.js';

test('a heartbeat is answered with a heartbeat, and reaches no port at all', async () => {
  assert.deepEqual(await heartbeat({ type: 'heartbeat' }, sessionOf(), revokedPorts()), {
    replies: [{ type: 'heartbeat' }],
  });
});
