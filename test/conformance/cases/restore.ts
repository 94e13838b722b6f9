/**
 * `restore`, over a real connection: exported messages are stored again, unchanged.
 *
 * R8: A known (sender, id) is not stored again. R9: A new message is durable before the reply. R10: If the target has a
 * session, the message is pushed.
 */
import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import type { LoggedInPeer } from '../peer.js';
import { suite } from '../suite.js';
import { freshId } from '../target.js';

const { login, loginDrained } = suite();

let bob: LoggedInPeer;
let operator: LoggedInPeer;

beforeEach(async () => {
  [bob, operator] = [await loginDrained('bob'), await login('operator', 'operate')];
});

const message = (id: string, rest: Record<string, unknown> = {}) => ({
  ...{ to: 'bob', from: 'somebody-else', id, body: `body of ${id}`, at: 1_600_000_000_000 },
  ...rest,
});

async function restore(messages: readonly unknown[], outcomes: readonly string[]): Promise<void> {
  const id = freshId();
  operator.send({ type: 'restore', id, messages });
  await operator.expect({ type: 'restore', id, outcomes });
}

test('restored messages are pushed with their original sender, id and time, in order', async () => {
  const messages = [freshId(), freshId(), freshId()].map((id, index) => ({
    ...message(id, { at: 1_600_000_000_000 - index }),
    re: `q${index}`,
  }));
  await restore(messages, ['stored', 'stored', 'stored']);
  for (const { id, from, body, at, re } of messages) {
    const pushed = await bob.receivePush();
    assert.deepEqual([pushed.id, pushed.from, pushed.body, pushed.at, pushed.attempt], [id, from, body, at, 1]);
    assert.equal(pushed.re, re);
    assert.equal(pushed.replay, undefined);
  }
});

test('a known message, delivered or not, is a duplicate and not pushed again (R8)', async () => {
  const known = message(freshId());
  await restore([known], ['stored']);
  const { seq } = await bob.receivePush();
  await restore([known, known], ['duplicate', 'duplicate']);
  bob.send({ type: 'ack', seq });
  await bob.expectNothing();
  await restore([known, message(known.id, { body: 'another' })], ['duplicate', 'conflict']);
  await bob.expectNothing();
});

test('a message that was sent by its sender is a duplicate', async () => {
  const alice = await login('alice', 'send');
  const id = freshId();
  alice.send({ type: 'message', id, to: 'bob', body: 'hi' });
  await alice.expect({ type: 'stored', ids: [id] });
  await bob.receivePush();
  await restore([message(id, { from: 'alice', body: 'hi' })], ['duplicate']);
});

test('an unknown target does not affect the other messages', async () => {
  const good = message(freshId());
  await restore([message(freshId(), { to: 'nobody-here' }), good], ['unknown-user', 'stored']);
  assert.equal((await bob.receivePush()).id, good.id);
});

for (const [field, wrong] of [
  ['messages', []],
  ['messages', [message('m', { body: 'x'.repeat(65_537) })]],
  ['messages', [message('m'), message('m', { at: -1 })]],
  ['messages', [message('not an id')]],
] as const) {
  test(`restore with one invalid message stores nothing: ${JSON.stringify(wrong).slice(0, 60)}`, async () => {
    const id = freshId();
    operator.send({ type: 'restore', id, messages: wrong });
    const { code, ...rest } = await operator.receive();
    assert.ok(code === 'invalid' || code === 'too-large');
    assert.deepEqual([rest.type, rest.id, rest.field], ['error', id, field]);
    await bob.expectNothing();
  });
}

for (const mode of ['chat', 'send'] as const) {
  test(`restore in mode ${mode} is forbidden: users cannot send in the name of others (R7)`, async () => {
    const carol = mode === 'chat' ? await loginDrained('carol') : await login('carol', mode);
    const id = freshId();
    carol.send({ type: 'restore', id, messages: [message(freshId())] });
    await carol.expect({ type: 'error', code: 'forbidden', retry: false, id });
    await bob.expectNothing();
  });
}
