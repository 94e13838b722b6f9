/** `ack`: only the target's own ack sets status 1; then the senders are told (R12). */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { errorFrame } from '../../../src/protocol/error-frames.js';
import { ack } from '../../../src/server/handlers/ack.js';
import type { SettledMessage, SettleResult } from '../../../src/store/store.js';
import { ports, revokedPorts, sessionOf } from './ports.js';

const settling = (settled: SettleResult) => ports({ store: { settle: async () => settled } });
const ackFrame = (seq: number) => ({ type: 'ack', seq }) as const;
const nothing = { replies: undefined, notices: undefined, acked: undefined, close: undefined };

describe('an ack', () => {
  test('settles up to its seq, with the session’s own fence, and says what was pushed when', async () => {
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
      ports({ store }),
    );
    assert.deepEqual(asked, [['alice', 5, 3, { session: 'session-1', pushes: [[5, 50]] }]]);
    assert.deepEqual(outcome, {
      acked: 5,
      notices: [{ user: 'bob', notice: { type: 'delivered', to: 'alice', ids: ['m1'] } }],
    });
  });

  test('of what was never pushed is refused and reaches nothing', async () => {
    const outcome = await ack(ackFrame(8), sessionOf({ pushed: 7, acked: 4 }), ports());
    assert.deepEqual(outcome, { replies: [errorFrame('invalid', { field: 'seq' })] });
  });

  test('that comes again, or late, is no more than silence', async () => {
    for (const seq of [1, 4]) {
      const outcome = await ack(ackFrame(seq), sessionOf({ pushed: 7, acked: 4 }), ports());
      assert.deepEqual({ ...nothing, ...outcome }, nothing);
    }
  });

  test('of a session that is not the newest any more changes nothing and ends it (R6)', async () => {
    assert.deepEqual(await ack(ackFrame(1), sessionOf({ pushed: 1 }), settling({ outcome: 'stale' })), {
      close: 'replaced',
    });
  });

  test('of a session whose identity was revoked reaches nothing (R7)', async () => {
    assert.deepEqual(await ack(ackFrame(9), sessionOf({ pushed: 1 }), revokedPorts()), { close: 'revoked' });
  });

  test('that was settled before, by another session, tells nobody anything', async () => {
    const outcome = await ack(ackFrame(1), sessionOf({ pushed: 1 }), settling({ outcome: 'settled', messages: [] }));
    assert.deepEqual(outcome, { acked: 1, notices: [] });
  });
});

describe('the senders', () => {
  const noticesFor = async (messages: readonly SettledMessage[]) =>
    (
      await ack(
        ackFrame(messages.length),
        sessionOf({ pushed: messages.length }),
        settling({ outcome: 'settled', messages }),
      )
    ).notices;

  test('are told each their own ids, in the order of storing', async () => {
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

  test('are told at most 1,000 ids at a time', async () => {
    const messages = Array.from({ length: 2_001 }, (_, index) => ({ seq: index + 1, from: 'bob', id: `m${index}` }));
    const lists = (await noticesFor(messages))?.map(({ notice }) => (notice.type === 'delivered' ? notice.ids : []));
    assert.deepEqual(
      lists?.map(({ length }) => length),
      [1_000, 1_000, 1],
    );
    assert.deepEqual(
      lists?.flat(),
      messages.map(({ id }) => id),
    );
  });
});
