/**
 * `replay`, over the wire: an operator has messages pushed again, and nothing about them changes by that.
 *
 * R12: Only the target's ack sets status 1.
 */

import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';
import type { LoggedInPeer } from './peer.js';
import { suite } from './suite.js';
import { freshId } from './target.js';

const { login, loginDrained } = suite();

let alice: LoggedInPeer;
let bob: LoggedInPeer;
let operator: LoggedInPeer;

beforeEach(async () => {
  bob = await loginDrained('bob');
  alice = await login('alice', 'send');
  operator = await login('operator', 'operate');
});

/** Sends these to bob, who hears them. Returns the pushes. */
async function push(count: number) {
  const pushes = [];
  for (let index = 0; index < count; index++) {
    const id = freshId();
    alice.say({ type: 'message', id, to: 'bob', body: `body ${index}` });
    await alice.hears({ type: 'stored', ids: [id] });
    pushes.push(await bob.hearPush());
  }
  return pushes;
}

async function ask(request: Record<string, unknown>, answer: Record<string, unknown>): Promise<void> {
  const id = freshId();
  operator.say({ type: 'replay', id, user: 'bob', ...request });
  await operator.hears({ ...answer, id });
}

const ONLINE = { type: 'replay', online: true };

describe('of what is undelivered', () => {
  test('it is pushed again as it was, and an ack settles it', async () => {
    const pushes = await push(3);
    await ask({}, ONLINE);
    for (const pushed of pushes) assert.deepEqual(await bob.hearPush(), pushed);
    bob.say({ type: 'ack', seq: pushes.at(-1)?.seq });
    await alice.hears({ type: 'delivered', to: 'bob', ids: pushes.map(({ id }) => id) });
    await ask({}, ONLINE);
    await bob.hearsNothing();
  });

  test('an ack of the first push still counts', async () => {
    const [first, second] = await push(2);
    await ask({}, ONLINE);
    bob.say({ type: 'ack', seq: second?.seq });
    await alice.hears({ type: 'delivered', to: 'bob', ids: [first?.id, second?.id] });
  });

  test('without a session nobody is pushed to, and the next login gets it', async () => {
    const [pushed] = await push(1);
    await bob.leave();
    for (;;) {
      const id = freshId();
      operator.say({ type: 'replay', id, user: 'bob' });
      if ((await operator.hear()).online === false) break; // The server notices the end of bob.
    }
    bob = await login('bob');
    assert.deepEqual(await bob.hearPush(), { ...pushed, attempt: 2 });
  });
});

describe('of what is delivered', () => {
  test('these are pushed again, marked; cursor and status do not change', async () => {
    const pushes = await push(3);
    const [first, , third] = pushes;
    bob.say({ type: 'ack', seq: third?.seq });
    await alice.hears({ type: 'delivered', to: 'bob', ids: pushes.map(({ id }) => id) });
    await ask({ seqs: [first?.seq, third?.seq], replay: 'r1' }, ONLINE);
    for (const pushed of [first, third]) assert.deepEqual(await bob.hearPush(), { ...pushed, replay: 'r1' });
    await bob.hearsNothing();
    await alice.hearsNothing();
    const [next] = await push(1);
    assert.equal(next?.seq, (third?.seq ?? 0) + 1);
    await bob.leave();
    assert.equal((await login('bob')).welcome.delivered, third?.seq);
  });

  test('what is undelivered, or was never there, is left out', async () => {
    const [delivered, undelivered] = await push(2);
    bob.say({ type: 'ack', seq: delivered?.seq });
    await alice.hears({ type: 'delivered', to: 'bob', ids: [delivered?.id] });
    const seqs = [undelivered?.seq, (undelivered?.seq ?? 0) + 100, delivered?.seq];
    await ask({ seqs, replay: 'r2' }, ONLINE);
    assert.deepEqual(await bob.hearPush(), { ...delivered, replay: 'r2' });
    await bob.hearsNothing();
  });

  test('with seqs and no mark: invalid', async () => {
    await ask({ seqs: [1] }, { type: 'error', code: 'invalid', retry: false, field: 'replay' });
  });
});

test('for a user who does not exist', async () => {
  await ask({ user: 'nobody-here' }, { type: 'error', code: 'unknown-user', retry: false, to: 'nobody-here' });
});

for (const mode of ['chat', 'send'] as const) {
  test(`a user who asks in mode ${mode} is refused`, async () => {
    const carol = mode === 'chat' ? await loginDrained('carol') : await login('carol', mode);
    const id = freshId();
    carol.say({ type: 'replay', id, user: 'bob' });
    await carol.hears({ type: 'error', code: 'forbidden', retry: false, id });
    await bob.hearsNothing();
  });
}
