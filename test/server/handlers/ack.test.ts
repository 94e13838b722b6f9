/** `ack`: only the target's own ack sets status 1; then the senders get `delivered` (R12). */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { errorFrame } from '../../../src/protocol/error-frames.js';
import { WIRE } from '../../../src/protocol/limits.js';
import { dispatch } from '../../../src/server/dispatch.js';
import { ack } from '../../../src/server/handlers/ack.js';
import type { SettledMessage, SettleResult } from '../../../src/store/store.js';
import { deps, revokedDeps, sessionOf } from './dependencies.js';

const settling = (settled: SettleResult) => deps({ store: { settle: async () => settled } });
const ackFrame = (seq: number) => ({ type: 'ack', seq }) as const;
const nothing = { replies: undefined, notices: undefined, acked: undefined, close: undefined };

describe('an ack', () => {
  test('an ack settles up to its seq, with the fence of the session and the times of the pushes', async () => {
    const asked: unknown[] = [];
    const store = {
      settle: async (...given: unknown[]): Promise<SettleResult> => {
        asked.push(given);
        return { outcome: 'settled', messages: [{ seq: 5, from: 'bob', id: 'm1' }] };
      },
    };
    const outcome = await ack(
      ackFrame(5),
      sessionOf({
        pushed: 7,
        acked: 4,
        fence: 3,
        pushes: [
          [6, 50],
          [7, 60],
        ],
      }),
      deps({ store }),
    );
    assert.deepEqual(asked, [['alice', 5, 3, { session: 'session-1', pushes: [[5, 50]] }]]);
    assert.deepEqual(outcome, {
      acked: 5,
      delivered: 1,
      notices: [{ user: 'bob', notice: { type: 'delivered', to: 'alice', ids: ['m1'] } }],
    });
  });

  test('an ack of a seq that was not pushed is refused and does not reach the store', async () => {
    const outcome = await ack(ackFrame(8), sessionOf({ pushed: 7, acked: 4 }), deps());
    assert.deepEqual(outcome, { replies: [errorFrame('invalid', { field: 'seq' })] });
  });

  test('a repeated or late ack has no answer and no effect', async () => {
    for (const seq of [1, 4]) {
      const outcome = await ack(ackFrame(seq), sessionOf({ pushed: 7, acked: 4 }), deps());
      assert.deepEqual({ ...nothing, ...outcome }, nothing);
    }
  });

  test('a stale ack closes its session as replaced (R6)', async () => {
    assert.deepEqual(await ack(ackFrame(1), sessionOf({ pushed: 1 }), settling({ outcome: 'stale' })), {
      close: 'replaced',
    });
  });

  test('an ack of a revoked session does not reach the store (R7)', async () => {
    assert.deepEqual(await dispatch(ackFrame(9), sessionOf({ pushed: 1 }), revokedDeps()), { close: 'revoked' });
  });

  test('an ack of what another session acked before notifies nobody', async () => {
    const outcome = await ack(ackFrame(1), sessionOf({ pushed: 1 }), settling({ outcome: 'settled', messages: [] }));
    assert.deepEqual(outcome, { acked: 1, delivered: 0, notices: [] });
  });
});

describe('the notices of an ack', () => {
  const noticesFor = async (messages: readonly SettledMessage[]) =>
    (
      await ack(
        ackFrame(messages.length),
        sessionOf({ pushed: messages.length }),
        settling({ outcome: 'settled', messages }),
      )
    ).notices;

  test('each sender is notified of its own ids, in the order of storing', async () => {
    const notices = await noticesFor([
      { seq: 1, from: 'bob', id: 'b1' },
      { seq: 2, from: 'carol', id: 'c1' },
      { seq: 3, from: 'bob', id: 'b2' },
    ]);
    assert.deepEqual(notices, [
      { user: 'bob', notice: { type: 'delivered', to: 'alice', ids: ['b1', 'b2'] } },
      { user: 'carol', notice: { type: 'delivered', to: 'alice', ids: ['c1'] } },
    ]);
  });

  test('a notice has at most maxIdsPerFrame ids', async () => {
    const messages = Array.from({ length: 2 * WIRE.maxIdsPerFrame + 1 }, (_, index) => ({
      seq: index + 1,
      from: 'bob',
      id: `m${index}`,
    }));
    const lists = (await noticesFor(messages))?.map(({ notice }) => (notice.type === 'delivered' ? notice.ids : []));
    assert.deepEqual(
      lists?.map(({ length }) => length),
      [WIRE.maxIdsPerFrame, WIRE.maxIdsPerFrame, 1],
    );
    assert.deepEqual(
      lists?.flat(),
      messages.map(({ id }) => id),
    );
  });
});
