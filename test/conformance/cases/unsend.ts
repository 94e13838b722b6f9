/**
 * `unsend`, over a real connection: a sender takes back what no session can have been pushed.
 *
 * R7: nobody takes back messages of others. R12: an unsent message never gets status 1. R17: it has failed, and all sessions of its
 * sender get the reason; what may have been shown is never reported as unsent.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CLOSES } from '../../../src/protocol/close-codes.js';
import type { DevicesReply } from '../../../src/protocol/frames/devices.js';
import type { QueueReply } from '../../../src/protocol/frames/queue.js';
import { WIRE } from '../../../src/protocol/limits.js';
import type { LoggedInPeer } from '../peer.js';
import { suite } from '../suite.js';
import { freshId } from '../target.js';

const { login, loginDrained } = suite();

/** Bob has been here, and everything is delivered; then he leaves. Resolves when the server knows that. */
async function leave(): Promise<void> {
  const bob = await loginDrained('bob');
  await bob.leave();
  await untilGone();
}

async function untilGone(): Promise<void> {
  const bob = await login('bob', 'send');
  for (let isGone = false; !isGone; ) {
    bob.send({ type: 'devices', id: freshId(), user: 'bob' });
    const { devices } = (await bob.receive()) as DevicesReply;
    isGone = devices.every(({ online }) => !online);
  }
  await bob.leave();
}

async function stored(alice: LoggedInPeer, id = freshId()): Promise<string> {
  alice.send({ type: 'message', id, to: 'bob', body: `body of ${id}` });
  await alice.expect({ type: 'stored', ids: [id] });
  return id;
}

async function ask(peer: LoggedInPeer, ids: readonly string[], to = 'bob'): Promise<string> {
  const id = freshId();
  peer.send({ type: 'unsend', id, to, ids });
  return id;
}

const unsent = (id: string) => ({ type: 'error', code: 'unsent', retry: false, id, to: 'bob' });

test('what nobody was pushed is unsent: all sessions of the sender are told, a resend and a status as well (R8, R17)', async () => {
  await leave();
  const [alice, other] = [await login('alice', 'send'), await login('alice', 'send')];
  const [first, second] = [await stored(alice), await stored(alice)];
  const request = await ask(alice, [first, 'never', first]);
  const outcomes = ['unsent', 'unknown', 'unsent'];
  await alice.expect({ type: 'unsend', id: request, outcomes }, unsent(first));
  await other.expect(unsent(first));
  alice.send({ type: 'status', to: 'bob', ids: [first] });
  await alice.expect(unsent(first));
  alice.send({ type: 'message', id: first, to: 'bob', body: `body of ${first}` });
  await alice.expect(unsent(first));
  const again = await ask(alice, [first]);
  await alice.expect({ type: 'unsend', id: again, outcomes: ['unsent'] });
  await other.expectNothing();

  const bob = await login('bob');
  const [gone, next] = [await bob.receivePush(), await bob.receivePush()];
  assert.deepEqual([gone.id, gone.body, gone.purged], [first, '', true]);
  assert.deepEqual([next.id, next.purged], [second, undefined]);
  bob.send({ type: 'ack', seq: next.seq });
  await alice.expect({ type: 'delivered', to: 'bob', ids: [second] });
});

test('what was pushed is too late, acked or not, also after the session has ended (R17)', async () => {
  const bob = await loginDrained('bob');
  const alice = await login('alice', 'send');
  const [first, second] = [await stored(alice), await stored(alice)];
  const { seq } = await bob.receivePush();
  await bob.receivePush();
  bob.send({ type: 'ack', seq });
  await alice.expect({ type: 'delivered', to: 'bob', ids: [first] });
  await bob.leave();
  const request = await ask(alice, [first, second]);
  await alice.expect({ type: 'unsend', id: request, outcomes: ['delivered', 'pushed'] });
  await loginDrained('bob');
  await alice.expect({ type: 'delivered', to: 'bob', ids: [second] });
});

test('what the receiver was shown as the own queue is too late; its list without texts is not (R17)', async () => {
  await leave();
  const [alice, script] = [await login('alice', 'send'), await login('bob', 'send')];
  const ids = [await stored(alice), await stored(alice)];
  const look = async (headers: boolean) => {
    script.send({ type: 'own', id: freshId(), what: 'received', headers });
    await script.receive();
  };
  await look(true);
  const first = await ask(alice, ids.slice(0, 1));
  await alice.expect({ type: 'unsend', id: first, outcomes: ['unsent'] }, unsent(ids[0] as string));
  await look(false);
  const second = await ask(alice, ids.slice(1));
  await alice.expect({ type: 'unsend', id: second, outcomes: ['pushed'] });
  await loginDrained('bob');
  await alice.expect({ type: 'delivered', to: 'bob', ids: ids.slice(1) });
});

test('nobody takes back messages of others, nor an operator in mode operate (R7)', async () => {
  await leave();
  const [alice, carol] = [await login('alice', 'send'), await login('carol', 'send')];
  const id = await stored(alice);
  for (const to of ['bob', 'carol', 'nobody', 'constructor']) {
    const request = await ask(carol, [id], to);
    await carol.expect({ type: 'unsend', id: request, outcomes: ['unknown'] });
  }
  await alice.expectNothing();
  const operator = await login('operator', 'operate');
  await ask(operator, [id]);
  await operator.expectClose(CLOSES['protocol-violation'].code, 'protocol-violation');
  const bob = await login('bob');
  assert.equal((await bob.receivePush()).body, `body of ${id}`);
});

test('a list as long as allowed is answered; a longer one, or an empty one, is invalid', async () => {
  const alice = await login('alice', 'send');
  const ids = Array.from({ length: WIRE.maxIdsPerFrame }, (_, index) => `${index}`);
  const request = await ask(alice, ids);
  await alice.expect({ type: 'unsend', id: request, outcomes: ids.map(() => 'unknown') });
  for (const refused of [[], [...ids, 'more']]) {
    const id = await ask(alice, refused);
    await alice.expect({ type: 'error', code: 'invalid', retry: false, id, to: 'bob', field: 'ids' });
  }
});

test('an operator sees who did it', async () => {
  await leave();
  const [alice, operator] = [await login('alice', 'send'), await login('operator', 'operate')];
  const id = await stored(alice);
  const request = await ask(alice, [id]);
  await alice.expect({ type: 'unsend', id: request, outcomes: ['unsent'] }, unsent(id));
  operator.send({ type: 'queue', id: 'q1', what: 'traces', user: 'bob', message: id });
  const answer = (await operator.receive()) as QueueReply;
  const [trace] = answer.traces ?? [];
  assert.deepEqual(
    [trace?.status, trace?.events.at(-1)?.event, trace?.events.at(-1)?.by],
    ['purged', 'unsent', 'alice'],
  );
});
