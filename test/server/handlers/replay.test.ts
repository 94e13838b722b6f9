/** `replay`: the target's session is told to push again; the operator is told whether there is one. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { errorFrame } from '../../../src/protocol/error-frames.js';
import type { Replay } from '../../../src/protocol/frames/replay.js';
import { replay } from '../../../src/server/handlers/replay.js';
import { ports, revokedPorts, sessionOf } from './ports.js';

const operator = sessionOf({ mode: 'operate', role: 'operator' });
const request = (rest: Partial<Replay> = {}): Replay => ({ type: 'replay', id: 'q1', user: 'bob', ...rest });
const handle = (frame: Replay, replayRoom?: number) =>
  replay(
    frame,
    operator,
    ports({ bus: { presence: async () => (replayRoom === undefined ? undefined : { replayRoom }) } }),
  );

test('without seqs everything undelivered is pushed again', async () => {
  assert.deepEqual(await handle(request(), 0), {
    replies: [{ type: 'replay', id: 'q1', online: true }],
    notices: [{ user: 'bob', notice: { type: 'redeliver' } }],
  });
});

test('with seqs these are pushed, marked', async () => {
  assert.deepEqual(await handle(request({ seqs: [3, 5], replay: 'r1' }), 2), {
    replies: [{ type: 'replay', id: 'q1', online: true }],
    notices: [{ user: 'bob', notice: { type: 'replay', replay: 'r1', seqs: [3, 5] } }],
  });
});

test('more than the session has room for is refused, to be asked again', async () => {
  const outcome = await handle(request({ seqs: [3, 5], replay: 'r1' }), 1);
  assert.deepEqual(outcome, { replies: [errorFrame('overloaded', { id: 'q1' })] });
});

test('nobody is told when the user has no session', async () => {
  for (const frame of [request(), request({ seqs: [1], replay: 'r1' })]) {
    assert.deepEqual(await handle(frame), { replies: [{ type: 'replay', id: 'q1', online: false }] });
  }
});

test('seqs without a mark, and users that do not exist, are refused', async () => {
  assert.deepEqual(await handle(request({ seqs: [1] }), 9), {
    replies: [errorFrame('invalid', { id: 'q1', field: 'replay' })],
  });
  assert.deepEqual(await handle(request({ user: 'nobody' }), 9), {
    replies: [errorFrame('unknown-user', { id: 'q1', to: 'nobody' })],
  });
});

test('a revoked operator reaches nobody (R7)', async () => {
  assert.deepEqual(await replay(request(), operator, revokedPorts()), { close: 'revoked' });
});
