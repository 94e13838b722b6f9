/** `restore`: exported messages are stored again, unchanged. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Restore } from '../../../src/protocol/frames/restore.js';
import { dispatch } from '../../../src/server/dispatch.js';
import { NUDGE } from '../../../src/server/handler.js';
import { restore } from '../../../src/server/handlers/restore.js';
import { type AppendResult, type Batch, StoreUnavailable } from '../../../src/store/store.js';
import { deferred } from '../../harness/deferred.js';
import { deps, revokedDeps, sessionOf } from './dependencies.js';

type Exported = Restore['messages'][number];

const operator = sessionOf({ mode: 'operate', role: 'operator' });
const message = (id: string, to = 'bob'): Exported => ({ to, from: 'zoe', id, body: `body of ${id}`, at: 77 });
const request = (...messages: readonly Exported[]): Restore => ({ type: 'restore', id: 'q1', messages });

test('restore keeps sender, id, time and order, answers with each result, and nudges each target once', async () => {
  const appended: Batch[] = [];
  const outcomes: Record<string, AppendResult> = {
    known: { outcome: 'duplicate', seq: 1, delivered: true },
    other: { outcome: 'conflict' },
    much: { outcome: 'full' },
  };
  const append = async (batch: Batch): Promise<readonly AppendResult[]> => {
    appended.push(batch);
    return batch.messages.map(({ id }) => outcomes[id] ?? { outcome: 'stored', seq: 1 });
  };
  const messages = [
    ...['new', 'known', 'other', 'much', 'newer'].map((id) => message(id)),
    message('known', 'alice'),
    message('lost', 'nobody'),
  ];
  assert.deepEqual(await restore(request(...messages), operator, deps({ store: { append } })), {
    replies: [
      {
        type: 'restore',
        id: 'q1',
        outcomes: ['stored', 'duplicate', 'conflict', 'full', 'stored', 'duplicate', 'unknown-user'],
      },
    ],
    notices: [{ user: 'bob', notice: NUDGE }],
  });
  const at = operator.now;
  const restored = { by: operator.auth.identity.user, at };
  const stored = messages.map(({ id, body, at: sentAt }) => ({ id, body, at: sentAt }));
  assert.deepEqual(appended, [
    { to: 'bob', from: 'zoe', at, restored, messages: stored.slice(0, 5) },
    { to: 'alice', from: 'zoe', at, restored, messages: stored.slice(5, 6) },
  ]);
});

test('restore is not answered before everything is durable (R9)', async () => {
  const durable = deferred<readonly AppendResult[]>();
  const append = ({ to }: Batch): Promise<readonly AppendResult[]> =>
    to === 'bob' ? durable.promise : Promise.resolve([{ outcome: 'stored', seq: 2 }]);
  let isAnswered = false;
  const answering = Promise.resolve(
    restore(request(message('slow'), message('quick', 'alice')), operator, deps({ store: { append } })),
  ).then(() => {
    isAnswered = true;
  });
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(isAnswered, false);
  durable.resolve([{ outcome: 'stored', seq: 1 }]);
  await answering;
});

test('restore rejects when the store cannot write, even one of the messages', async () => {
  const error = new StoreUnavailable('the disk is full');
  const stored: AppendResult = { outcome: 'stored', seq: 1 };
  const appends = [() => Promise.reject(error), async () => [stored, { outcome: 'unavailable', error } as const]];
  for (const append of appends) {
    await assert.rejects(
      Promise.resolve(restore(request(message('a'), message('b')), operator, deps({ store: { append } }))),
      error,
    );
  }
});

test('a message that was purged when the batch was stored is stored anew', async () => {
  const batches: (readonly string[])[] = [];
  const append = async ({ messages }: Batch): Promise<readonly AppendResult[]> => {
    batches.push(messages.map(({ id }) => id));
    return messages.map(({ id }) =>
      id === 'b' && batches.length === 1 ? { outcome: 'purged' } : { outcome: 'stored', seq: 1 },
    );
  };
  const { replies } = await restore(request(message('a'), message('b')), operator, deps({ store: { append } }));
  assert.deepEqual(replies, [{ type: 'restore', id: 'q1', outcomes: ['stored', 'stored'] }]);
  assert.deepEqual(batches, [['a', 'b'], ['b']]);
});

test('restore of a revoked operator stores nothing (R7)', async () => {
  assert.deepEqual(await dispatch(request(message('a')), operator, revokedDeps()), { close: 'revoked' });
});
