/** `own`: what a user sees of the own queue and messages, and what not. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { errorFrame } from '../../../src/protocol/error-frames.js';
import type { Own, OwnReply } from '../../../src/protocol/frames/own.js';
import { QUEUE } from '../../../src/protocol/limits.js';
import { dispatch } from '../../../src/server/dispatch.js';
import { own } from '../../../src/server/handlers/own.js';
import { OWN } from '../../../src/server/limits.js';
import type { MessageTrail, ReadMessage, SentMessage, Store } from '../../../src/store/store.js';
import { deps, revokedDeps, sessionOf } from './dependencies.js';

const request = (rest: Omit<Own, 'type' | 'id'>): Own => ({ type: 'own', id: 'q1', ...rest });

async function ask(fields: Omit<Own, 'type' | 'id'>, store: Partial<Store>): Promise<OwnReply> {
  const { replies = [], ...rest } = await own(request(fields), sessionOf({ mode: 'send' }), deps({ store }));
  assert.deepEqual(rest, {}, 'nothing else happens');
  return replies[0] as OwnReply;
}

const message = (seq: number, fields: Partial<ReadMessage> = {}): ReadMessage => ({
  ...{ seq, from: 'bob', id: `m${seq}`, body: 'hi', at: 5, bytes: 2, attempts: 1, ...fields },
});

/** A mailbox of alice with these messages. */
function mailbox(messages: readonly ReadMessage[], delivered = 0, counted = Number.MAX_SAFE_INTEGER): Partial<Store> {
  return {
    async countAsRead(user) {
      assert.equal(user, 'alice');
      return counted;
    },
    async inspect(user) {
      assert.equal(user, 'alice');
      return { delivered, last: messages.at(-1)?.seq ?? 0, purged: 0, seenAt: 0 };
    },
    async read(user, after, limit, reader) {
      assert.deepEqual([user, reader], ['alice', undefined], 'no session reads: nothing is pushed');
      return messages.filter(({ seq }) => seq > after).slice(0, limit.messages);
    },
  };
}

test('what waits for the user: neither delivered nor purged, and no copies', async () => {
  const messages = [
    message(1),
    message(2, { to: 'bob', from: 'alice' }),
    message(3, { purgedAt: 9, body: '' }),
    message(4, { triedAt: 7, re: 'x' }),
  ];
  const item = { seq: 4, id: 'm4', from: 'bob', at: 5, attempts: 1, bytes: 2, triedAt: 7, re: 'x' };
  const store = mailbox(messages, 1);
  assert.deepEqual(await ask({ what: 'received' }, store), {
    ...{ type: 'own', id: 'q1', received: [{ ...item, body: 'hi' }] },
  });
  assert.deepEqual(await ask({ what: 'received', headers: true }, store), { type: 'own', id: 'q1', received: [item] });
  assert.deepEqual(await ask({ what: 'received', seq: 4 }, store), { type: 'own', id: 'q1', received: [] });
});

test('a text is shown only up to what can no longer be unsent; without texts nothing counts as read', async () => {
  const messages = [message(1), message(2), message(3)];
  const seqsOf = async (headers: boolean, store: Partial<Store>) =>
    (await ask({ what: 'received', headers }, store)).received?.map(({ seq }) => seq);
  assert.deepEqual(await seqsOf(false, mailbox(messages, 0, 2)), [1, 2]);
  const { countAsRead: _, ...uncounted } = mailbox(messages);
  assert.deepEqual(await seqsOf(true, uncounted), [1, 2, 3]);
});

test('pages fit into a frame, and so many reads are made for one, whatever the mailbox has', async () => {
  const body = '\u0000'.repeat(QUEUE.maxBytesPerFrame / 12);
  const large = await ask({ what: 'received' }, mailbox([message(1, { body }), message(2, { body }), message(3)]));
  assert.deepEqual([large.received?.map(({ seq }) => seq), large.next], [[1], 1]);
  const count = QUEUE.maxMessagesPerFrame * (OWN.maxReads + 1);
  const purged = Array.from({ length: count }, (_, index) => message(index + 1, { purgedAt: 9, body: '' }));
  const all = mailbox([...purged, message(count + 1)]);
  const page = await ask({ what: 'received' }, all);
  assert.deepEqual([page.received, page.next], [[], QUEUE.maxMessagesPerFrame * OWN.maxReads]);
  const last = await ask({ what: 'received', seq: page.next as number }, all);
  assert.deepEqual([last.received?.map(({ seq }) => seq), last.next], [[count + 1], undefined]);
});

test('what the user sent: asked for the user of the session, whoever is named', async () => {
  const sent: SentMessage = { to: 'bob', id: 'm1', body: 'hi', at: 5, bytes: 2, attempts: 1, re: 'x' };
  const asked: unknown[] = [];
  const store: Partial<Store> = {
    async sent(...given) {
      asked.push(given);
      return { messages: [sent], unread: 2 };
    },
  };
  const { body: _, ...header } = sent;
  assert.deepEqual(await ask({ what: 'sent' }, store), { type: 'own', id: 'q1', sent: [sent], unread: 2 });
  assert.deepEqual((await ask({ what: 'sent', to: 'bob', message: 'm0', headers: true }, store)).sent, [header]);
  const forged = { ...request({ what: 'sent' }), user: 'bob', from: 'bob' } as Own;
  await own(forged, sessionOf(), deps({ store }));
  const limit = { messages: QUEUE.maxMessagesPerFrame, bytes: QUEUE.maxBytesPerFrame };
  assert.deepEqual(asked, [
    ['alice', undefined, limit],
    ['alice', { to: 'bob', id: 'm0' }, limit],
    ['alice', undefined, limit],
  ]);
});

const trail: MessageTrail = {
  ...{ seq: 9, id: 'm1', from: 'alice', status: 'delivered', bytes: 2, before: 3, behind: ['tablet'] },
  events: [
    { event: 'stored', at: 1 },
    { event: 'restored', at: 2, by: 'root' },
    { event: 'pushed', at: 3, device: 'phone', session: 's1' },
    { event: 'not acked', at: 4, device: 'phone', session: 's1' },
    { event: 'pushed', at: 5, device: 'phone', session: 's2' },
    { event: 'acked', at: 6, device: 'phone', session: 's2' },
    { event: 'pushed', at: 7, device: 'tablet', session: 's3' },
    { event: 'not acked', at: 8, device: 'tablet', session: 's3' },
    { event: 'replayed', at: 9, by: 'root', run: 'r1' },
  ],
};

test('a sender sees what happened until it was delivered: no devices, sessions, seqs, operators or messages of others', async () => {
  const store: Partial<Store> = {
    find: async (...given) => {
      assert.deepEqual(given, ['bob', 'alice', ['m1']]);
      return [{ id: 'm1', state: 'delivered' }];
    },
    trails: async () => [{ ...trail, from: 'carol' }, trail],
  };
  const events = [
    { event: 'stored', at: 1 },
    { event: 'restored', at: 2 },
    { event: 'pushed', at: 3 },
    { event: 'pushed', at: 5 },
    { event: 'acked', at: 6 },
  ];
  assert.deepEqual(await ask({ what: 'traces', to: 'bob', message: 'm1' }, store), {
    ...{ type: 'own', id: 'q1' },
    traces: [{ to: 'bob', from: 'alice', status: 'delivered', bytes: 2, events }],
  });
});

test('sender and recipient see that it was unsent, and by whom', async () => {
  const unsent = { event: 'unsent', at: 2, by: 'alice' } as const;
  const store: Partial<Store> = {
    find: async () => [{ id: 'm1', state: 'unsent' }],
    trails: async (to) => [
      {
        ...trail,
        from: to === 'alice' ? 'bob' : 'alice',
        status: 'purged',
        events: [{ event: 'stored', at: 1 }, unsent],
      },
    ],
  };
  for (const to of ['bob', 'alice'])
    assert.deepEqual((await ask({ what: 'traces', to, message: 'm1' }, store)).traces?.[0]?.events.at(-1), unsent, to);
});

test('a mailbox without such a message of the user is not asked what happened there, known or not', async () => {
  const store: Partial<Store> = { find: async (_, __, [id = '']) => [{ id, state: 'unknown' }] };
  for (const to of ['bob', 'nobody'])
    assert.deepEqual(await ask({ what: 'traces', to, message: 'm1' }, store), { type: 'own', id: 'q1', traces: [] });
});

test('a recipient sees all but who the operators are', async () => {
  const store: Partial<Store> = {
    trails: async (...given) => {
      assert.deepEqual(given, ['alice', 'm1']);
      return [{ ...trail, from: 'bob' }];
    },
  };
  for (const to of [{}, { to: 'alice' }]) {
    const { traces } = await ask({ what: 'traces', message: 'm1', ...to }, store);
    const events = trail.events.map(({ ...event }) => {
      delete (event as { by?: string }).by;
      return event;
    });
    assert.deepEqual(traces, [
      {
        ...{ to: 'alice', from: 'bob', status: 'delivered', seq: 9, bytes: 2, before: 3, behind: ['tablet'], events },
      },
    ]);
  }
});

test('half a place, and traces of nothing, are invalid; a revoked user sees nothing; too many requests are refused', async () => {
  for (const [fields, field] of [
    [{ what: 'sent', to: 'bob' }, 'message'],
    [{ what: 'sent', message: 'm1' }, 'to'],
    [{ what: 'traces', to: 'bob' }, 'message'],
  ] as const) {
    assert.deepEqual(await ask(fields, {}), errorFrame('invalid', { id: 'q1', field }));
  }
  assert.deepEqual(dispatch(request({ what: 'sent' }), sessionOf(), revokedDeps()), { close: 'revoked' }); // R7
  const revokedMeanwhile = async () => own(request({ what: 'received' }), sessionOf(), revokedDeps());
  await assert.rejects(revokedMeanwhile, { name: 'StaleSender', reason: 'revoked' });
  const busy = { ...deps(), ownReads: { run: () => undefined } };
  const { replies } = await own(request({ what: 'sent' }), sessionOf(), busy);
  assert.deepEqual(replies, [errorFrame('overloaded', { id: 'q1' })]);
});
