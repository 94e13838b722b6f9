/**
 * `purge`, over a real connection: an operator deletes undelivered messages.
 *
 * R12: Only the target's ack sets status 1; a purged message never gets it. R17: A purged message has failed, and its sender
 * gets the reason.
 */
import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import type { LoggedInPeer } from '../peer.js';
import { suite } from '../suite.js';
import { freshId } from '../target.js';

const { login, loginDrained } = suite();

let alice: LoggedInPeer;
let bob: LoggedInPeer;
let operator: LoggedInPeer;

beforeEach(async () => {
  bob = await loginDrained('bob');
  [alice, operator] = [await login('alice', 'send'), await login('operator', 'operate')];
});

/** Sends messages from alice to bob, who receives and does not ack them; returns their ids and seqs. */
async function unacked(count: number): Promise<{ id: string; seq: number }[]> {
  const found: { id: string; seq: number }[] = [];
  for (let index = 0; index < count; index++) {
    const id = freshId();
    alice.send({ type: 'message', id, to: 'bob', body: `body of ${id}` });
    await alice.expect({ type: 'stored', ids: [id] });
    found.push({ id, seq: (await bob.receivePush()).seq });
  }
  return found;
}

async function purge(seqs: readonly number[], outcomes: readonly string[]): Promise<void> {
  const id = freshId();
  operator.send({ type: 'purge', id, user: 'bob', seqs });
  await operator.expect({ type: 'purge', id, outcomes });
}

const expectPurged = (id: string) => alice.expect({ type: 'error', code: 'purged', retry: false, id, to: 'bob' });

test('the sender of a purged message is notified at once and at each status or resend, and never gets delivered (R12, R17)', async () => {
  const [first, second] = await unacked(2);
  assert.ok(first && second);
  await purge([first.seq], ['purged']);
  await expectPurged(first.id);
  alice.send({ type: 'status', to: 'bob', ids: [first.id] });
  await expectPurged(first.id);
  alice.send({ type: 'message', id: first.id, to: 'bob', body: `body of ${first.id}` });
  await expectPurged(first.id);
  bob.send({ type: 'ack', seq: second.seq });
  await alice.expect({ type: 'delivered', to: 'bob', ids: [second.id] });
  await purge([first.seq, second.seq, second.seq + 1], ['purged', 'delivered', 'unknown']);
  await alice.expectNothing();
});

test('the next session gets a purged message without its body and marked, so that seqs have no gaps', async () => {
  const [first, second, third] = await unacked(3);
  assert.ok(first && second && third);
  await purge([second.seq], ['purged']);
  const next = await login('bob');
  for (const [{ id, seq }, purged] of [
    [first, undefined],
    [second, true],
    [third, undefined],
  ] as const) {
    const push = await next.receivePush();
    assert.deepEqual([push.id, push.seq, push.purged], [id, seq, purged]);
    assert.equal(push.body, purged ? '' : `body of ${id}`);
  }
  next.send({ type: 'ack', seq: third.seq });
  await expectPurged(second.id);
  await alice.expect({ type: 'delivered', to: 'bob', ids: [first.id, third.id] });
});

test('a purged message can be restored as a new one', async () => {
  const [message] = await unacked(1);
  assert.ok(message);
  await purge([message.seq], ['purged']);
  const id = freshId();
  const messages = [{ to: 'bob', from: 'alice', id: message.id, body: `body of ${message.id}`, at: 1_600_000_000_000 }];
  operator.send({ type: 'restore', id, messages });
  await operator.expect({ type: 'restore', id, outcomes: ['stored'] });
  const push = await bob.receivePush();
  assert.deepEqual([push.id, push.seq, push.purged], [message.id, message.seq + 1, undefined]);
});

for (const mode of ['chat', 'send'] as const) {
  test(`purge in mode ${mode} is forbidden`, async () => {
    const carol = mode === 'chat' ? await loginDrained('carol') : await login('carol', mode);
    const id = freshId();
    carol.send({ type: 'purge', id, user: 'bob', seqs: [1] });
    await carol.expect({ type: 'error', code: 'forbidden', retry: false, id });
  });
}
