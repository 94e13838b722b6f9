/**
 * `purge`, over the wire: an operator deletes undelivered messages.
 *
 * R12: Only the target's ack sets status 1; what is purged never gets it. R17: the state of a message is one of four honest
 * words: what is purged has failed, and its sender is told why.
 */
import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import type { LoggedInPeer } from './peer.js';
import { suite } from './suite.js';
import { freshId } from './target.js';

const { login, loginDrained } = suite();

let alice: LoggedInPeer;
let bob: LoggedInPeer;
let operator: LoggedInPeer;

beforeEach(async () => {
  bob = await loginDrained('bob');
  [alice, operator] = [await login('alice', 'send'), await login('operator', 'operate')];
});

/** Messages of alice that bob has been pushed, and has not acked: their ids and seqs. */
async function unacked(count: number): Promise<{ id: string; seq: number }[]> {
  const found: { id: string; seq: number }[] = [];
  for (let index = 0; index < count; index++) {
    const id = freshId();
    alice.say({ type: 'message', id, to: 'bob', body: `body of ${id}` });
    await alice.hears({ type: 'stored', ids: [id] });
    found.push({ id, seq: (await bob.hearPush()).seq });
  }
  return found;
}

async function purge(seqs: readonly number[], outcomes: readonly string[]): Promise<void> {
  const id = freshId();
  operator.say({ type: 'purge', id, user: 'bob', seqs });
  await operator.hears({ type: 'purge', id, outcomes });
}

const hearsPurged = (id: string) => alice.hears({ type: 'error', code: 'purged', retry: false, id, to: 'bob' });

test('the sender is told, at once and whenever it asks or sends it again; nothing of it is said to be delivered', async () => {
  const [first, second] = await unacked(2);
  assert.ok(first && second);
  await purge([first.seq], ['purged']);
  await hearsPurged(first.id);
  alice.say({ type: 'status', to: 'bob', ids: [first.id] });
  await hearsPurged(first.id);
  alice.say({ type: 'message', id: first.id, to: 'bob', body: `body of ${first.id}` });
  await hearsPurged(first.id);
  bob.say({ type: 'ack', seq: second.seq });
  await alice.hears({ type: 'delivered', to: 'bob', ids: [second.id] });
  await purge([first.seq, second.seq, second.seq + 1], ['purged', 'delivered', 'unknown']);
  await alice.hearsNothing();
});

test('the next session gets it without its body, marked, in its place: seqs have no holes', async () => {
  const [first, second, third] = await unacked(3);
  assert.ok(first && second && third);
  await purge([second.seq], ['purged']);
  const next = await login('bob');
  for (const [{ id, seq }, purged] of [
    [first, undefined],
    [second, true],
    [third, undefined],
  ] as const) {
    const push = await next.hearPush();
    assert.deepEqual([push.id, push.seq, push.purged], [id, seq, purged]);
    assert.equal(push.body, purged ? '' : `body of ${id}`);
  }
  next.say({ type: 'ack', seq: third.seq });
  await hearsPurged(second.id);
  await alice.hears({ type: 'delivered', to: 'bob', ids: [first.id, third.id] });
});

test('what was purged can be restored: as a new message', async () => {
  const [message] = await unacked(1);
  assert.ok(message);
  await purge([message.seq], ['purged']);
  const id = freshId();
  const messages = [{ to: 'bob', from: 'alice', id: message.id, body: `body of ${message.id}`, at: 1_600_000_000_000 }];
  operator.say({ type: 'restore', id, messages });
  await operator.hears({ type: 'restore', id, outcomes: ['stored'] });
  const push = await bob.hearPush();
  assert.deepEqual([push.id, push.seq, push.purged], [message.id, message.seq + 1, undefined]);
});

for (const mode of ['chat', 'send'] as const) {
  test(`a user who asks in mode ${mode} is refused`, async () => {
    const carol = mode === 'chat' ? await loginDrained('carol') : await login('carol', mode);
    const id = freshId();
    carol.say({ type: 'purge', id, user: 'bob', seqs: [1] });
    await carol.hears({ type: 'error', code: 'forbidden', retry: false, id });
  });
}
