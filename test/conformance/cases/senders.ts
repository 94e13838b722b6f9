/** `senders`, over a real connection: whose messages a user takes. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import type { SendersReply } from '../../../src/protocol/frames/senders.js';
import type { LoggedInPeer, Peer } from '../peer.js';
import { suite } from '../suite.js';
import { freshId } from '../target.js';

const { connect, login } = suite();

async function ask(peer: Peer, fields: object): Promise<Omit<SendersReply, 'type' | 'id'>> {
  const id = freshId();
  peer.send({ type: 'senders', id, ...fields });
  const { type, id: answered, ...rest } = (await peer.receive()) as unknown as SendersReply;
  assert.deepEqual([type, answered], ['senders', id], JSON.stringify(rest));
  return rest;
}

/** A new user, logged in in mode send, whose rules nobody else changes. */
async function freshUser(operator: Peer): Promise<LoggedInPeer> {
  const user = `u-${randomUUID().slice(0, 13)}`;
  operator.send({ type: 'account', id: freshId(), action: 'add', users: [user] });
  const { users } = (await operator.receive()) as { users?: { token: string }[] };
  const peer = await connect();
  peer.send({ type: 'login', v: 1, user, token: users?.[0]?.token, mode: 'send' });
  const welcome = (await peer.receive()) as unknown as LoggedInPeer['welcome'];
  return Object.assign(peer, { welcome, user });
}

async function send(peer: Peer, to: string, id = freshId()): Promise<string> {
  peer.send({ type: 'message', id, to, body: 'hi' });
  return id;
}

const refuses = async (peer: Peer, to: string) =>
  peer.expect({ type: 'error', code: 'blocked', retry: false, id: await send(peer, to), to });
const takes = async (peer: Peer, to: string) => peer.expect({ type: 'stored', ids: [await send(peer, to)] });

test('a blocked sender is refused for good; what was stored before keeps its state (R8), others are not affected', async () => {
  const [alice, bob, operator] = [
    await login('alice', 'send'),
    await login('bob', 'send'),
    await login('operator', 'operate'),
  ];
  const dave = await freshUser(operator);
  const before = await send(alice, dave.user);
  await alice.expect({ type: 'stored', ids: [before] });
  assert.deepEqual(await ask(dave, { action: 'block', names: ['alice'] }), { blocked: ['alice'] });
  await refuses(alice, dave.user);
  await takes(bob, dave.user);
  await takes(dave, 'alice');
  await send(alice, dave.user, before);
  await alice.expect({ type: 'stored', ids: [before], duplicates: [before] });
  alice.send({ type: 'status', to: dave.user, ids: [before] });
  await alice.expect({ type: 'stored', ids: [before], to: dave.user });
  assert.deepEqual(await ask(dave, { action: 'list' }), { blocked: ['alice'] });
  assert.deepEqual(await ask(dave, { action: 'unblock', names: ['alice'] }), { blocked: [] });
  await takes(alice, dave.user);
});

test('an operator says who may write: the refusal is that of a blocked sender', async () => {
  const [alice, bob, operator] = [
    await login('alice', 'send'),
    await login('bob', 'send'),
    await login('operator', 'operate'),
  ];
  const dave = await freshUser(operator);
  const { user } = dave;
  assert.deepEqual(await ask(operator, { user, action: 'allow', names: ['bob'] }), { blocked: [], allowed: ['bob'] });
  await refuses(alice, user);
  await takes(bob, user);
  await takes(dave, user);
  assert.deepEqual(await ask(dave, { action: 'block', names: ['bob'] }), { blocked: ['bob'], allowed: ['bob'] });
  await refuses(bob, user);
  const [restored, again] = [freshId(), freshId()];
  const message = { to: user, from: 'bob', id: restored, body: 'hi', at: 1 };
  operator.send({ type: 'restore', id: again, messages: [message] });
  await operator.expect({ type: 'restore', id: again, outcomes: ['stored'] });
  await send(bob, user, restored);
  await bob.expect({ type: 'stored', ids: [restored], duplicates: [restored] });
  assert.deepEqual(await ask(operator, { user, action: 'lift' }), { blocked: ['bob'] });
  await takes(alice, user);
});

test('requests that are refused', async () => {
  const [alice, operator] = [await login('alice', 'send'), await login('operator', 'operate')];
  const refused = async (peer: Peer, fields: object, error: object) => {
    const id = freshId();
    peer.send({ type: 'senders', id, ...fields });
    await peer.expect({ type: 'error', retry: false, id, ...error });
  };
  await refused(alice, { action: 'list', user: 'bob' }, { code: 'forbidden' });
  await refused(alice, { action: 'allow', names: ['bob'] }, { code: 'forbidden' });
  await refused(alice, { action: 'block' }, { code: 'invalid', field: 'names' });
  await refused(alice, { action: 'mute', names: ['bob'] }, { code: 'invalid', field: 'action' });
  await refused(alice, { action: 'block', names: ['no one'] }, { code: 'invalid', field: 'names' });
  await refused(alice, { action: 'block', names: ['alice'] }, { code: 'invalid', field: 'names', to: 'alice' });
  await refused(alice, { action: 'unblock', names: ['bob'] }, { code: 'invalid', field: 'names', to: 'bob' });
  const unknown = { code: 'unknown-user', to: 'nobody-here', field: 'names' };
  await refused(alice, { action: 'block', names: ['nobody-here'] }, unknown);
  await refused(operator, { action: 'list', user: 'nobody-here' }, unknown);
});
