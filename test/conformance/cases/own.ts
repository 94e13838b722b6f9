/** `own`, over a real connection: users look at the own queue, and nothing is consumed. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { OwnReply } from '../../../src/protocol/frames/own.js';
import { OWN } from '../../../src/server/limits.js';
import type { Peer } from '../peer.js';
import { suite } from '../suite.js';
import { freshId } from '../target.js';

const { login, loginDrained } = suite();

async function ask(peer: Peer, fields: object): Promise<OwnReply> {
  const id = freshId();
  peer.send({ type: 'own', id, ...fields });
  const reply = (await peer.receive()) as unknown as OwnReply;
  assert.deepEqual([reply.type, reply.id], ['own', id], JSON.stringify(reply));
  return reply;
}

/** All that waits for others, as far as it has one of these ids. */
async function sent(peer: Peer, ids: readonly string[]): Promise<object[]> {
  const found: NonNullable<OwnReply['sent']>[number][] = [];
  for (let last: { to: string; id: string } | undefined; ; ) {
    const page = await ask(peer, { what: 'sent', ...(last && { to: last.to, message: last.id }) });
    last = page.sent?.at(-1);
    if (last === undefined) break;
    found.push(...(page.sent ?? []));
  }
  return found.filter(({ id }) => ids.includes(id)).map(({ at: _, ...one }) => one);
}

test('sender and recipient see a message that waits; it is not pushed, acked or counted as an attempt', async () => {
  await (await loginDrained('carol')).leave();
  const [bob, id] = [await login('bob', 'send'), freshId()];
  bob.send({ type: 'message', id, to: 'carol', body: 'hi' });
  await bob.expect({ type: 'stored', ids: [id] });
  const waiting = { id, attempts: 0, bytes: 2, body: 'hi' };
  assert.deepEqual(await sent(bob, [id]), [{ to: 'carol', ...waiting }]);
  const script = await login('carol', 'send');
  for (let times = 0; times < 2; times++) {
    const [{ seq: _, at, ...one } = { seq: 0, at: 0 }, ...more] =
      (await ask(script, { what: 'received' })).received ?? [];
    assert.deepEqual([one, more, at > 0], [{ from: 'bob', ...waiting }, [], true]);
  }
  await script.expectNothing();
  const carol = await login('carol');
  const { seq, attempt } = await carol.receivePush();
  assert.equal(attempt, 1);
  carol.send({ type: 'ack', seq });
  await bob.expect({ type: 'delivered', to: 'carol', ids: [id] });
  assert.deepEqual(await sent(bob, [id]), []);
  assert.deepEqual((await ask(carol, { what: 'received' })).received, []);
});

test('a sender and a recipient ask what happened to a message; a third user finds nothing, whatever the request says', async () => {
  await (await loginDrained('carol')).leave();
  const [bob, alice, id] = [await login('bob', 'send'), await login('alice', 'send'), freshId()];
  bob.send({ type: 'message', id, to: 'carol', body: 'hi' });
  await bob.expect({ type: 'stored', ids: [id] });
  const carol = await login('carol');
  const { seq } = await carol.receivePush();
  carol.send({ type: 'ack', seq });
  await bob.expect({ type: 'delivered', to: 'carol', ids: [id] });
  const [trace, ...more] = (await ask(bob, { what: 'traces', message: id, to: 'carol' })).traces ?? [];
  assert.deepEqual(more, []);
  assert.deepEqual(Object.keys(trace ?? {}).sort(), ['bytes', 'events', 'from', 'status', 'to']);
  assert.deepEqual(
    trace?.events.map((event) => [event.event, Object.keys(event).sort().join()]),
    ['stored', 'pushed', 'acked'].map((event) => [event, 'at,event']),
  );
  const own = (await ask(carol, { what: 'traces', message: id })).traces?.[0];
  assert.deepEqual([own?.seq, own?.from, own?.events.length], [seq, 'bob', 3]);
  for (const forged of [
    {},
    { to: 'carol' },
    { to: 'bob' },
    { to: 'nobody' },
    { to: 'carol', from: 'bob', user: 'bob' },
  ])
    assert.deepEqual((await ask(alice, { what: 'traces', message: id, ...forged })).traces, []);
  for (const forged of [{ user: 'bob' }, { from: 'bob' }, { to: 'carol', message: id }])
    assert.deepEqual(
      (await ask(alice, { what: 'sent', ...forged })).sent?.filter((one) => one.id === id),
      [],
    );
});

test('wrong fields are invalid, and have no other effect', async () => {
  const [bob, id] = [await login('bob', 'send'), freshId()];
  for (const [fields, field] of [
    [{ what: 'mailboxes' }, 'what'],
    [{ what: 'sent', to: 'carol' }, 'message'],
    [{ what: 'sent', message: 'm1' }, 'to'],
    [{ what: 'sent', to: '../carol', message: 'm1' }, 'to'],
    [{ what: 'received', seq: -1 }, 'seq'],
    [{ what: 'traces' }, 'message'],
  ] as const) {
    bob.send({ type: 'own', id, ...fields });
    await bob.expect({ type: 'error', code: 'invalid', retry: false, id, field });
  }
  assert.deepEqual((await ask(bob, { what: 'received', seq: Number.MAX_SAFE_INTEGER })).received, []);
});

test('of too many requests at once some are refused, and each is answered', async () => {
  const bob = await login('bob', 'send');
  const ids = Array.from({ length: OWN.maxWaiting * 4 }, () => freshId());
  bob.sendRaw(JSON.stringify(ids.map((id) => ({ type: 'own', id, what: 'sent' }))));
  const replies: Awaited<ReturnType<Peer['receive']>>[] = [];
  while (replies.length < ids.length) replies.push(await bob.receive());
  assert.deepEqual(replies.map(({ id }) => id).sort(), [...ids].sort());
  const refused = replies.filter(({ type }) => type === 'error');
  assert.ok(refused.length > 0 && refused.every(({ code, retry }) => code === 'overloaded' && retry === true));
  assert.ok(refused.length <= ids.length - OWN.maxWaiting);
});

test('own in mode operate closes the session', async () => {
  const operator = await login('operator', 'operate');
  operator.send({ type: 'own', id: freshId(), what: 'sent' });
  await operator.expectClose(4503, 'protocol-violation');
});
