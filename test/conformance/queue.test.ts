/**
 * `queue`, over the wire: an operator sees what is undelivered, for whom, since when, and how often it was tried.
 *
 * R10: Status stays 0 when a message is pushed. R19: Reading tools never change what they read.
 */
import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';
import type { QueueReply } from '../../src/protocol/frames/queue.js';
import type { LoggedInPeer } from './peer.js';
import { suite } from './suite.js';
import { freshId } from './target.js';

const { login, loginDrained } = suite();

let operator: LoggedInPeer;

beforeEach(async () => {
  operator = await login('operator', 'operate');
});

async function ask(request: Record<string, unknown>): Promise<QueueReply> {
  const id = freshId();
  operator.say({ type: 'queue', id, ...request });
  const answer = (await operator.hear()) as unknown as QueueReply;
  assert.deepEqual([answer.type, answer.id], ['queue', id], JSON.stringify(answer));
  return answer;
}

/** bob, away, with messages of these bodies waiting. Returns the cursor, and the ids. */
async function waiting(...bodies: readonly string[]): Promise<{ delivered: number; ids: string[] }> {
  const bob = await loginDrained('bob');
  const delivered = bob.welcome.delivered + bob.welcome.pending;
  await bob.leave();
  const alice = await login('alice', 'send');
  const ids = bodies.map(() => freshId());
  for (const [index, body] of bodies.entries()) {
    alice.say({ type: 'message', id: ids[index], to: 'bob', body });
    await alice.hears({ type: 'stored', ids: [ids[index]] });
  }
  return { delivered, ids };
}

const standOf = async (user: string) => (await ask({ what: 'mailboxes', user })).mailboxes?.[0];

describe('mailboxes', () => {
  test('are listed by name, with their cursor, their end and whether their user is there', async () => {
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
    assert.equal((await standOf('bob'))?.online, true);
  });

  test('after a name come those behind it, and at last none', async () => {
    await waiting('one');
    const { mailboxes = [] } = await ask({ what: 'mailboxes', after: 'bo' });
    assert.equal(mailboxes[0]?.user, 'bob');
    const last = mailboxes.at(-1)?.user;
    assert.deepEqual((await ask({ what: 'mailboxes', after: last })).mailboxes, []);
  });
});

describe('messages', () => {
  test('are listed by seq as they are, with what was tried', async () => {
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
    await bob.hearPush();
    await bob.hearPush();
    await bob.leave();
    for (;;) {
      const again = await ask({ what: 'messages', user: 'bob', seq: delivered, headers: true });
      const [first] = again.messages ?? [];
      assert.equal(first?.body, undefined);
      if (first?.attempts === 1 && (first.triedAt ?? 0) >= (first.at ?? 0)) break; // The server notices the end of bob.
    }
    assert.equal((await standOf('bob'))?.delivered, delivered, 'looking, and pushing, deliver nothing');
  });

  test('above the last seq there are none', async () => {
    const { delivered } = await waiting('one');
    assert.deepEqual((await ask({ what: 'messages', user: 'bob', seq: delivered + 1 })).messages, []);
  });

  test('come in pages', async () => {
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

  test('of nobody: invalid, naming user', async () => {
    const id = freshId();
    operator.say({ type: 'queue', id, what: 'messages' });
    await operator.hears({ type: 'error', code: 'invalid', retry: false, id, field: 'user' });
  });
});

for (const mode of ['chat', 'send'] as const) {
  test(`a user who asks in mode ${mode} is refused`, async () => {
    const carol = mode === 'chat' ? await loginDrained('carol') : await login('carol', mode);
    const id = freshId();
    carol.say({ type: 'queue', id, what: 'mailboxes' });
    await carol.hears({ type: 'error', code: 'forbidden', retry: false, id });
  });
}
