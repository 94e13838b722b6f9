/** `queue`: an operator lists mailboxes and messages, page by page. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { errorFrame } from '../../../src/protocol/error-frames.js';
import type { Queue, QueueReply } from '../../../src/protocol/frames/queue.js';
import { QUEUE, WIRE } from '../../../src/protocol/limits.js';
import { dispatch } from '../../../src/server/dispatch.js';
import { queue } from '../../../src/server/handlers/queue.js';
import { type ReadMessage, type Store, StoreUnavailable } from '../../../src/store/store.js';
import { deps, revokedDeps, sessionOf } from './dependencies.js';

const operator = sessionOf({ mode: 'operate', role: 'operator' });
const bus = { online: async (users: readonly string[]) => new Set(users.filter((user) => user === 'bob')) };
const request = (what: Queue['what'], rest: Partial<Queue> = {}): Queue => ({ type: 'queue', id: 'q1', what, ...rest });

async function answer(frame: Queue, store: Partial<Store>): Promise<QueueReply> {
  const { replies, ...rest } = await queue(frame, operator, deps({ store, bus }));
  assert.deepEqual([rest, replies?.length], [{}, 1], 'queue has no effect');
  return replies?.[0] as QueueReply;
}

const message = (seq: number, body = 'hi'): ReadMessage => ({
  ...{ seq, id: `m${seq}`, from: 'alice', body, at: 5 },
  ...{ bytes: Buffer.byteLength(body), attempts: 0 },
});

describe('queue mailboxes', () => {
  const head = { delivered: 2, last: 3, purged: 0, seenAt: 4 };

  test('mailboxes are listed in pages, with their state and whether their user is online', async () => {
    const asked: unknown[] = [];
    const heads: Store['heads'] = async (...given) => {
      asked.push(given);
      return ['bob', 'carol'].map((user) => ({ user, ...head }));
    };
    const { mailboxes } = await answer(request('mailboxes', { after: 'alice' }), { heads });
    assert.deepEqual(mailboxes, [
      { user: 'bob', ...head, online: true },
      { user: 'carol', ...head, online: false },
    ]);
    assert.deepEqual(asked, [['alice', QUEUE.maxMailboxesPerFrame]]);
  });

  test('a mailbox has its devices, unless there is only main; a page ends before it is too large for a frame', async () => {
    const devices = Array.from({ length: WIRE.maxDevicesPerFrame + 1 }, (_, index) => ({
      ...{ device: `device-${index}`, delivered: 1, seenAt: 4, isOnline: index === 0, agent: 'im/9' },
    }));
    const names = Array.from({ length: QUEUE.maxMailboxesPerFrame }, (_, index) => `user-${index}`);
    const store = { heads: async () => names.map((user) => ({ user, ...head, devices })) };
    const reply = await answer(request('mailboxes'), store);
    const [first] = reply.mailboxes ?? [];
    assert.deepEqual(first?.devices?.[0], { device: 'device-0', behind: 2, seenAt: 4, online: true });
    assert.equal(first?.devices?.length, WIRE.maxDevicesPerFrame);
    assert.ok((reply.mailboxes ?? []).length < names.length);
    assert.ok(JSON.stringify(reply).length <= WIRE.maxServerMessageBytes);
  });

  test('a single mailbox can be asked for, and its second page is empty', async () => {
    const store = { inspect: async () => head };
    assert.equal((await answer(request('mailboxes', { user: 'bob' }), store)).mailboxes?.length, 1);
    assert.deepEqual((await answer(request('mailboxes', { user: 'bob', after: 'bob' }), store)).mailboxes, []);
  });

  test('a user with neither an account nor a mailbox is unknown; one with either is not', async () => {
    const empty = { ...head, delivered: 0, last: 0 };
    for (const what of ['mailboxes', 'messages'] as const) {
      const frame = request(what, { user: 'nobody' });
      const unknown = await answer(frame, { inspect: async () => empty });
      assert.deepEqual(unknown, errorFrame('unknown-user', { id: 'q1', to: 'nobody' }));
    }
    const faulty: Store['inspect'] = async () => {
      throw new StoreUnavailable('damaged');
    };
    for (const [user, inspect] of [
      ['bob', async () => empty],
      ['nobody', async () => head],
      ['nobody', faulty],
    ] as const) {
      const { mailboxes } = await answer(request('mailboxes', { user }), { inspect });
      assert.deepEqual(
        mailboxes?.map((mailbox) => mailbox.user),
        [user],
      );
    }
  });

  test('a mailbox that cannot be read has a fault, and the others are listed', async () => {
    const heads: Store['heads'] = async () => [
      { user: 'bob', fault: 'damaged' },
      { user: 'carol', ...head },
    ];
    const { mailboxes } = await answer(request('mailboxes'), { heads });
    assert.deepEqual(
      mailboxes?.map(({ fault }) => fault),
      ['damaged', undefined],
    );
  });

  test('a bug is not reported as a mailbox that cannot be read', async () => {
    const inspect = async () => assert.fail('a bug');
    await assert.rejects(answer(request('mailboxes', { user: 'bob' }), { inspect }), /a bug/);
  });
});

describe('queue messages', () => {
  test('messages are listed after the seq, with or without their bodies', async () => {
    const asked: unknown[] = [];
    const read: Store['read'] = async (...given) => {
      asked.push(given);
      return [message(3)];
    };
    const { messages } = await answer(request('messages', { user: 'bob', seq: 2 }), { read });
    assert.deepEqual(messages, [message(3)]);
    assert.deepEqual(asked, [['bob', 2, { messages: QUEUE.maxMessagesPerFrame, bytes: QUEUE.maxBytesPerFrame }]]);
    const { body: _, ...header } = message(3);
    assert.deepEqual((await answer(request('messages', { user: 'bob', headers: true }), { read })).messages, [header]);
  });

  test('a page of messages is limited by its size as JSON, and has at least one', async () => {
    const large = '\u0001'.repeat(20 * 1024); // six bytes of JSON each
    const read = async () => [message(1, large), message(2, large), message(3)];
    assert.deepEqual((await answer(request('messages', { user: 'bob' }), { read })).messages?.length, 1);
    const headers = request('messages', { user: 'bob', headers: true });
    assert.deepEqual((await answer(headers, { read })).messages?.length, 3);
    const huge = async () => [message(1, '\u0001'.repeat(40 * 1024)), message(2)];
    assert.deepEqual((await answer(request('messages', { user: 'bob' }), { read: huge })).messages?.length, 1);
  });

  test('messages without a user are refused', async () => {
    const { replies } = await queue(request('messages'), operator, deps());
    assert.deepEqual(replies, [errorFrame('invalid', { id: 'q1', field: 'user' })]);
  });
});

test('queue of a revoked operator shows nothing (R7)', async () => {
  assert.deepEqual(await dispatch(request('mailboxes'), operator, revokedDeps()), { close: 'revoked' });
});

describe('queue traces', () => {
  const trail = { seq: 3, id: 'm1', from: 'alice', status: 'undelivered', bytes: 2, before: 1 } as const;
  const stored = { event: 'stored', at: 5 } as const;

  test('what happened to the messages with an id in a mailbox', async () => {
    const asked: unknown[] = [];
    const trails: Store['trails'] = async (...given) => {
      asked.push(given);
      return [{ ...trail, events: [stored] }];
    };
    const { traces } = await answer(request('traces', { user: 'bob', message: 'm1' }), { trails });
    const { id: _, ...rest } = trail;
    assert.deepEqual(traces, [{ ...rest, events: [stored] }]);
    assert.deepEqual(asked, [['bob', 'm1']]);
  });

  test('without a user or an id the request is invalid', async () => {
    for (const [rest, field] of [
      [{ message: 'm1' }, 'user'],
      [{ user: 'bob' }, 'message'],
    ] as const) {
      const { replies } = await queue(request('traces', rest), operator, deps({ bus }));
      assert.deepEqual(replies, [errorFrame('invalid', { id: 'q1', field })]);
    }
  });

  test('traces are cut off before they are too large for a frame', async () => {
    const session = 's'.repeat(128);
    const events = Array.from({ length: QUEUE.maxEventsPerTrace + 1 }, (_, at) => ({
      ...({ event: 'pushed', at, session } as const),
    }));
    const trails = async () => Array.from({ length: 100 }, (_, index) => ({ ...trail, seq: index + 1, events }));
    const reply = await answer(request('traces', { user: 'bob', message: 'm1' }), { trails });
    assert.equal(reply.traces?.[0]?.events.length, QUEUE.maxEventsPerTrace);
    assert.ok(JSON.stringify(reply).length <= WIRE.maxServerMessageBytes);
    const seq = reply.traces?.at(-1)?.seq ?? 0;
    const next = await answer(request('traces', { user: 'bob', message: 'm1', seq }), { trails });
    assert.ok(seq < 100);
    assert.equal(next.traces?.[0]?.seq, seq + 1);
    const end = await answer(request('traces', { user: 'bob', message: 'm1', seq: 100 }), { trails });
    assert.deepEqual(end.traces, []);
  });
});
