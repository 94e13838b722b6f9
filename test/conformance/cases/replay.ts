/**
 * `replay`, over a real connection: an operator has messages pushed again, without any change of their status.
 *
 * R12: Only the target's ack sets status 1.
 */
import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';
import type { LoggedInPeer } from '../peer.js';
import { suite } from '../suite.js';
import { freshId } from '../target.js';

const { login, loginDrained } = suite();

let alice: LoggedInPeer;
let bob: LoggedInPeer;
let operator: LoggedInPeer;

beforeEach(async () => {
  bob = await loginDrained('bob');
  alice = await login('alice', 'send');
  operator = await login('operator', 'operate');
});

/** Sends this many messages to bob; returns the pushes. */
async function push(count: number) {
  const pushes = [];
  for (let index = 0; index < count; index++) {
    const id = freshId();
    alice.send({ type: 'message', id, to: 'bob', body: `body ${index}` });
    await alice.expect({ type: 'stored', ids: [id] });
    pushes.push(await bob.receivePush());
  }
  return pushes;
}

async function ask(request: Record<string, unknown>, answer: Record<string, unknown>): Promise<void> {
  const id = freshId();
  operator.send({ type: 'replay', id, user: 'bob', ...request });
  await operator.expect({ ...answer, id });
}

const ONLINE = { type: 'replay', online: true };

describe('replay of undelivered messages', () => {
  test('a replay pushes undelivered messages again, unchanged, and an ack delivers them', async () => {
    const pushes = await push(3);
    await ask({}, ONLINE);
    for (const pushed of pushes) assert.deepEqual(await bob.receivePush(), pushed);
    bob.send({ type: 'ack', seq: pushes.at(-1)?.seq });
    await alice.expect({ type: 'delivered', to: 'bob', ids: pushes.map(({ id }) => id) });
    await ask({}, ONLINE);
    await bob.expectNothing();
  });

  test('after a replay an ack of the first push still counts', async () => {
    const [first, second] = await push(2);
    await ask({}, ONLINE);
    bob.send({ type: 'ack', seq: second?.seq });
    await alice.expect({ type: 'delivered', to: 'bob', ids: [first?.id, second?.id] });
  });

  test('a replay without a session pushes nothing, and the next login gets the messages', async () => {
    const [pushed] = await push(1);
    await bob.leave();
    for (;;) {
      const id = freshId();
      operator.send({ type: 'replay', id, user: 'bob' });
      if ((await operator.receive()).online === false) break; // The server has noticed that bob is gone.
    }
    bob = await login('bob');
    assert.deepEqual(await bob.receivePush(), { ...pushed, attempt: 2 });
  });
});

describe('replay of delivered messages', () => {
  test('a replay pushes delivered messages again, marked, without a change of cursor and status', async () => {
    const pushes = await push(3);
    const [first, , third] = pushes;
    bob.send({ type: 'ack', seq: third?.seq });
    await alice.expect({ type: 'delivered', to: 'bob', ids: pushes.map(({ id }) => id) });
    await ask({ seqs: [first?.seq, third?.seq], replay: 'r1' }, ONLINE);
    for (const pushed of [first, third]) assert.deepEqual(await bob.receivePush(), { ...pushed, replay: 'r1' });
    await bob.expectNothing();
    await alice.expectNothing();
    const [next] = await push(1);
    assert.equal(next?.seq, (third?.seq ?? 0) + 1);
    await bob.leave();
    assert.equal((await login('bob')).welcome.delivered, third?.seq);
  });

  test('a replay with seqs skips undelivered and unknown messages', async () => {
    const [delivered, undelivered] = await push(2);
    bob.send({ type: 'ack', seq: delivered?.seq });
    await alice.expect({ type: 'delivered', to: 'bob', ids: [delivered?.id] });
    const seqs = [undelivered?.seq, (undelivered?.seq ?? 0) + 100, delivered?.seq];
    await ask({ seqs, replay: 'r2' }, ONLINE);
    assert.deepEqual(await bob.receivePush(), { ...delivered, replay: 'r2' });
    await bob.expectNothing();
  });

  test('a replay with seqs but without an id is invalid', async () => {
    await ask({ seqs: [1] }, { type: 'error', code: 'invalid', retry: false, field: 'replay' });
  });
});

test('a replay for an unknown user is refused', async () => {
  await ask({ user: 'nobody-here' }, { type: 'error', code: 'unknown-user', retry: false, to: 'nobody-here' });
});

for (const mode of ['chat', 'send'] as const) {
  test(`replay in mode ${mode} is forbidden`, async () => {
    const carol = mode === 'chat' ? await loginDrained('carol') : await login('carol', mode);
    const id = freshId();
    carol.send({ type: 'replay', id, user: 'bob' });
    await carol.expect({ type: 'error', code: 'forbidden', retry: false, id });
    await bob.expectNothing();
  });
}
