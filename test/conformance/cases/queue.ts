/**
 * `queue`, over a real connection: an operator lists mailboxes and undelivered messages, with their attempts.
 *
 * R10: Status stays 0 when a message is pushed. R19: Reading tools never change what they read.
 */
import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';
import type { QueueReply } from '../../../src/protocol/frames/queue.js';
import type { LoggedInPeer } from '../peer.js';
import { suite } from '../suite.js';
import { freshId } from '../target.js';

const { login, loginDrained } = suite();

let operator: LoggedInPeer;

beforeEach(async () => {
  operator = await login('operator', 'operate');
});

async function ask(request: Record<string, unknown>): Promise<QueueReply> {
  const id = freshId();
  operator.send({ type: 'queue', id, ...request });
  const answer = (await operator.receive()) as unknown as QueueReply;
  assert.deepEqual([answer.type, answer.id], ['queue', id], JSON.stringify(answer));
  return answer;
}

/** Stores messages with these bodies for bob, who is offline. Returns his cursor, and the ids. */
async function waiting(...bodies: readonly string[]): Promise<{ delivered: number; ids: string[] }> {
  const bob = await loginDrained('bob');
  const delivered = bob.welcome.delivered + bob.welcome.pending;
  await bob.leave();
  const alice = await login('alice', 'send');
  const ids = bodies.map(() => freshId());
  for (const [index, body] of bodies.entries()) {
    alice.send({ type: 'message', id: ids[index], to: 'bob', body });
    await alice.expect({ type: 'stored', ids: [ids[index]] });
  }
  return { delivered, ids };
}

const mailboxOf = async (user: string) => (await ask({ what: 'mailboxes', user })).mailboxes?.[0];

describe('queue traces', () => {
  test('what happened to a message is told, and who waits for it', async () => {
    const { ids } = await waiting('one', 'two');
    const [one, two] = ids;
    const tracesOf = async (message: unknown) => (await ask({ what: 'traces', user: 'bob', message })).traces;
    const [trace, ...others] = (await tracesOf(two)) ?? [];
    assert.deepEqual(others, []);
    assert.deepEqual([trace?.from, trace?.status, trace?.bytes, trace?.before], ['alice', 'undelivered', 3, 1]);
    assert.deepEqual(
      trace?.events.map(({ event }) => event),
      ['stored'],
    );
    await loginDrained('bob');
    const [delivered] = (await tracesOf(one)) ?? [];
    assert.equal(delivered?.status, 'delivered');
    const events = delivered?.events.map(({ event }) => event) ?? [];
    assert.deepEqual([events[0], events.at(-1)], ['stored', 'acked']);
    assert.deepEqual(await tracesOf(freshId()), []);
  });
});

describe('queue mailboxes', () => {
  test('a user with neither an account nor a mailbox is refused', async () => {
    for (const what of ['mailboxes', 'messages', 'traces']) {
      operator.send({ type: 'queue', id: 'q1', what, user: 'nobody-here', message: 'm1' });
      await operator.expect({ type: 'error', code: 'unknown-user', retry: false, id: 'q1', to: 'nobody-here' });
    }
  });

  test('mailboxes are listed by name, with cursor, last seq and whether their user is online', async () => {
    const { delivered } = await waiting('one', 'two');
    const { mailboxes = [] } = await ask({ what: 'mailboxes' });
    const names = mailboxes.map(({ user }) => user);
    assert.deepEqual(names, [...names].sort());
    const bob = mailboxes.find(({ user }) => user === 'bob');
    assert.deepEqual(
      { ...bob, seenAt: 0 },
      { user: 'bob', delivered, last: delivered + 2, purged: 0, seenAt: 0, online: false },
    );
    await login('bob');
    assert.equal((await mailboxOf('bob'))?.online, true);
  });

  test('a page of mailboxes starts after the given name, and the last page is empty', async () => {
    await waiting('one');
    const { mailboxes = [] } = await ask({ what: 'mailboxes', after: 'bo' });
    assert.equal(mailboxes[0]?.user, 'bob');
    const last = mailboxes.at(-1)?.user;
    assert.deepEqual((await ask({ what: 'mailboxes', after: last })).mailboxes, []);
  });
});

describe('queue messages', () => {
  test('messages are listed by seq, unchanged, with their attempts', async () => {
    const { delivered, ids } = await waiting('one', '你好\u0000');
    const { messages = [] } = await ask({ what: 'messages', user: 'bob', seq: delivered });
    assert.deepEqual(
      messages.map(({ seq, id, from, body, bytes, attempts }) => [seq, id, from, body, bytes, attempts]),
      [
        [delivered + 1, ids[0], 'alice', 'one', 3, 0],
        [delivered + 2, ids[1], 'alice', '你好\u0000', 7, 0],
      ],
    );
    const bob = await login('bob');
    await bob.receivePush();
    await bob.receivePush();
    await bob.leave();
    for (;;) {
      const again = await ask({ what: 'messages', user: 'bob', seq: delivered, headers: true });
      const [first] = again.messages ?? [];
      assert.equal(first?.body, undefined);
      if (first?.attempts === 1 && (first.triedAt ?? 0) >= (first.at ?? 0)) break; // The server has noticed that bob is gone.
    }
    assert.equal((await mailboxOf('bob'))?.delivered, delivered, 'listing and pushing deliver nothing');
  });

  test('there are no messages after the last seq', async () => {
    const { delivered } = await waiting('one');
    assert.deepEqual((await ask({ what: 'messages', user: 'bob', seq: delivered + 1 })).messages, []);
  });

  test('messages are listed page by page', async () => {
    const bodies = Array.from({ length: 5 }, () => 'x'.repeat(60_000));
    const { delivered, ids } = await waiting(...bodies);
    const found: string[] = [];
    for (let seq = delivered; ; ) {
      const { messages = [] } = await ask({ what: 'messages', user: 'bob', seq });
      if (messages.length === 0) break;
      found.push(...messages.map(({ id }) => id));
      seq = messages.at(-1)?.seq ?? seq;
    }
    assert.deepEqual(found, ids);
  });

  test('messages without a user are refused as invalid', async () => {
    const id = freshId();
    operator.send({ type: 'queue', id, what: 'messages' });
    await operator.expect({ type: 'error', code: 'invalid', retry: false, id, field: 'user' });
  });
});

for (const mode of ['chat', 'send'] as const) {
  test(`queue in mode ${mode} is forbidden`, async () => {
    const carol = mode === 'chat' ? await loginDrained('carol') : await login('carol', mode);
    const id = freshId();
    carol.send({ type: 'queue', id, what: 'mailboxes' });
    await carol.expect({ type: 'error', code: 'forbidden', retry: false, id });
  });
}
