/** `restore`: exported messages are stored again, unchanged. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Restore } from '../../../src/protocol/frames/restore.js';
import { dispatch } from '../../../src/server/dispatch.js';
import { NUDGE } from '../../../src/server/handler.js';
import { restore } from '../../../src/server/handlers/restore.js';
import { type AppendResult, type NewMessage, StoreUnavailable } from '../../../src/store/store.js';
import { deferred } from '../../harness/deferred.js';
import { deps, revokedDeps, sessionOf } from './dependencies.js';

const operator = sessionOf({ mode: 'operate', role: 'operator' });
const message = (id: string, to = 'bob'): NewMessage => ({ to, from: 'zoe', id, body: `body of ${id}`, at: 77 });
const request = (...messages: readonly NewMessage[]): Restore => ({ type: 'restore', id: 'q1', messages });

test('restore keeps sender, id, time and order, answers with each result, and nudges each target once', async () => {
  const appended: NewMessage[] = [];
  const outcomes: Record<string, AppendResult> = {
    known: { outcome: 'duplicate', seq: 1, delivered: true },
    other: { outcome: 'conflict' },
    much: { outcome: 'full' },
  };
  const append = async (given: NewMessage): Promise<AppendResult> => {
    appended.push(given);
    return outcomes[given.id] ?? { outcome: 'stored', seq: 1 };
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
  assert.deepEqual(
    appended,
    messages
      .slice(0, -1)
      .map((message) => ({ ...message, restored: { by: operator.auth.identity.user, at: operator.now } })),
  );
});

test('restore is not answered before everything is durable (R9)', async () => {
  const durable = deferred<AppendResult>();
  const append = ({ id }: NewMessage): Promise<AppendResult> =>
    id === 'slow' ? durable.promise : Promise.resolve({ outcome: 'stored', seq: 2 });
  let isAnswered = false;
  const answering = Promise.resolve(
    restore(request(message('slow'), message('quick')), operator, deps({ store: { append } })),
  ).then(() => {
    isAnswered = true;
  });
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(isAnswered, false);
  durable.resolve({ outcome: 'stored', seq: 1 });
  await answering;
});

test('restore rejects when the store cannot write', async () => {
  const append = async () => {
    throw new StoreUnavailable('the disk is full');
  };
  await assert.rejects(
    Promise.resolve(restore(request(message('a'), message('b')), operator, deps({ store: { append } }))),
    StoreUnavailable,
  );
});

test('restore of a revoked operator stores nothing (R7)', async () => {
  assert.deepEqual(await dispatch(request(message('a')), operator, revokedDeps()), { close: 'revoked' });
});
