/** `replay`: the target's session is notified to push again; the answer is whether there is such a session. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { errorFrame } from '../../../src/protocol/error-frames.js';
import type { Replay } from '../../../src/protocol/frames/replay.js';
import { dispatch } from '../../../src/server/dispatch.js';
import { replay } from '../../../src/server/handlers/replay.js';
import { deps, revokedDeps, sessionOf } from './dependencies.js';

const operator = sessionOf({ mode: 'operate', role: 'operator' });
const request = (rest: Partial<Replay> = {}): Replay => ({ type: 'replay', id: 'q1', user: 'bob', ...rest });
const handle = (frame: Replay, replayRoom?: number) =>
  replay(frame, operator, deps({ bus: { replayRoom: async () => replayRoom } }));

test('replay without seqs pushes everything undelivered again', async () => {
  assert.deepEqual(await handle(request(), 0), {
    replies: [{ type: 'replay', id: 'q1', online: true }],
    notices: [{ user: 'bob', notice: { type: 'redeliver' } }],
  });
});

test('replay with seqs pushes these messages, marked', async () => {
  assert.deepEqual(await handle(request({ seqs: [3, 5], replay: 'r1' }), 2), {
    replies: [{ type: 'replay', id: 'q1', online: true }],
    notices: [{ user: 'bob', notice: { type: 'replay', replay: 'r1', seqs: [3, 5] } }],
  });
});

test('a replay of more than the session has room for is refused as overloaded', async () => {
  const outcome = await handle(request({ seqs: [3, 5], replay: 'r1' }), 1);
  assert.deepEqual(outcome, { replies: [errorFrame('overloaded', { id: 'q1' })] });
});

test('a replay for a user without a session notifies nobody', async () => {
  for (const frame of [request(), request({ seqs: [1], replay: 'r1' })]) {
    assert.deepEqual(await handle(frame), { replies: [{ type: 'replay', id: 'q1', online: false }] });
  }
});

test('a replay with seqs but no id, and one for an unknown user, are refused', async () => {
  assert.deepEqual(await handle(request({ seqs: [1] }), 9), {
    replies: [errorFrame('invalid', { id: 'q1', field: 'replay' })],
  });
  assert.deepEqual(await handle(request({ user: 'nobody' }), 9), {
    replies: [errorFrame('unknown-user', { id: 'q1', to: 'nobody' })],
  });
});

test('replay of a revoked operator notifies nobody (R7)', async () => {
  assert.deepEqual(await dispatch(request(), operator, revokedDeps()), { close: 'revoked' });
});
