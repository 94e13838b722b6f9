/**
 * `account`, over a real connection: an operator adds, lists, rotates and removes users.
 *
 * R7: Every message is checked against the identity of its session, which must not be revoked.
 * R20: Nobody gets in without a credential.
 */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { beforeEach, describe, test } from 'node:test';
import type { AccountReply } from '../../../src/protocol/frames/account.js';
import type { LoggedInPeer } from '../peer.js';
import { suite } from '../suite.js';
import { freshId } from '../target.js';

const { connect, login } = suite();

let operator: LoggedInPeer;

const freshUser = (): string => `user-${randomUUID().slice(0, 8)}`;

/** Sends a request, and returns the users of the answer. */
async function ask(request: Record<string, unknown>): Promise<AccountReply['users']> {
  const id = freshId();
  operator.send({ type: 'account', id, ...request });
  const answer = (await operator.receive()) as unknown as AccountReply;
  assert.deepEqual([answer.type, answer.id], ['account', id], JSON.stringify(answer));
  return answer.users;
}

/** Adds one user and returns the token. */
async function add(user: string): Promise<string> {
  const [issued] = await ask({ action: 'add', users: [user] });
  assert.ok(issued?.token);
  return issued.token;
}

/** Tries to log in; returns the type of the first frame from the server. */
async function tryLogin(user: string, token: string) {
  const peer = await connect();
  peer.send({ type: 'login', v: 1, user, token });
  return { peer, answer: (await peer.receive()).type };
}

beforeEach(async () => {
  operator = await login('operator', 'operate');
});

describe('account requests of an operator', () => {
  test('an operator adds users, who can log in with the returned token, and lists them without it', async () => {
    const user = freshUser();
    const [issued, ...others] = await ask({ action: 'add', users: [user] });
    assert.deepEqual(others, []);
    const { token, at, ...rest } = issued ?? { token: '', at: 0 };
    assert.deepEqual(rest, { user, role: 'user' });
    assert.equal((await tryLogin(user, token ?? '')).answer, 'welcome');
    assert.equal((await tryLogin(user, `${token}x`)).answer, 'error');

    const listed = await ask({ action: 'list', after: user.slice(0, -1) });
    assert.deepEqual(listed[0], { user, role: 'user', at });
  });

  test('an operator rotates a token: the old one is invalid at once, and its sessions end (R7)', async () => {
    const user = freshUser();
    const token = await add(user);
    const { peer, answer } = await tryLogin(user, token);
    assert.equal(answer, 'welcome');
    const [issued] = await ask({ action: 'rotate', users: [user] });
    await peer.expectClose(4502, 'revoked');
    assert.equal((await tryLogin(user, token)).answer, 'error');
    assert.equal((await tryLogin(user, issued?.token ?? '')).answer, 'welcome');
  });

  test('an operator gives a user a further token, and takes it away: only its sessions end (R7)', async () => {
    const user = freshUser();
    const main = await tryLogin(user, await add(user));
    const [issued] = await ask({ action: 'add-token', users: [user], name: 'laptop' });
    const token = issued?.token ?? '';
    const peer = await connect();
    peer.send({ type: 'login', v: 1, user, token, device: 'laptop' });
    assert.equal((await peer.receive()).type, 'welcome');
    // A login does not wait until its time is noted: it may be asked for before that.
    let unused: readonly unknown[] = [token];
    for (let tries = 1; unused.length > 0 && tries <= 1_000; tries++) {
      const [listed] = await ask({ action: 'list-tokens', users: [user] });
      assert.deepEqual(
        listed?.tokens?.map(({ name }) => name),
        ['main', 'laptop'],
      );
      unused = (listed?.tokens ?? []).filter(({ at, usedAt = 0 }) => usedAt < at);
    }
    assert.deepEqual(unused, []);
    await ask({ action: 'revoke-token', users: [user], name: 'laptop' });
    await peer.expectClose(4502, 'revoked');
    assert.equal((await tryLogin(user, token)).answer, 'error');
    main.peer.send({ type: 'heartbeat' });
    assert.deepEqual(await main.peer.receive(), { type: 'heartbeat' });
    main.peer.send({ type: 'message', id: freshId(), to: user, body: '' });
    assert.equal((await main.peer.receive()).type, 'stored', 'R7: its identity is still valid');
  });

  test('an operator removes a user: sessions end, the token is invalid, and nothing can be sent to that name', async () => {
    const user = freshUser();
    const token = await add(user);
    const { peer } = await tryLogin(user, token);
    const [removed, ...others] = await ask({ action: 'remove', users: [user] });
    assert.deepEqual([removed?.user, removed?.undelivered, others], [user, 0, []]);
    await peer.expectClose(4502, 'revoked');
    assert.equal((await tryLogin(user, token)).answer, 'error');
    const [alice, id] = [await login('alice', 'send'), freshId()];
    alice.send({ type: 'message', id, to: user, body: '' });
    await alice.expect({ type: 'error', code: 'unknown-user', retry: false, id, to: user });
  });
});

describe('account requests that are refused', () => {
  for (const mode of ['chat', 'send'] as const) {
    test(`account in mode ${mode} is forbidden`, async () => {
      const [alice, id] = [await login('alice', mode), freshId()];
      alice.send({ type: 'account', id, action: 'list' });
      assert.deepEqual((await nextError(alice)).code, 'forbidden');
      alice.send({ type: 'account', id, action: 'add', users: [freshUser()], role: 'operator' });
      assert.deepEqual((await nextError(alice)).code, 'forbidden');
    });
  }

  test('adding an existing user and removing an unknown one are refused as a whole', async () => {
    const [id, user] = [freshId(), freshUser()];
    operator.send({ type: 'account', id, action: 'add', users: [user, 'alice'] });
    await operator.expect({ type: 'error', code: 'invalid', retry: false, id, to: 'alice', field: 'users' });
    operator.send({ type: 'account', id, action: 'remove', users: ['alice', user] });
    await operator.expect({ type: 'error', code: 'unknown-user', retry: false, id, to: user, field: 'users' });
    assert.deepEqual((await tryLogin('alice', 'wrong')).answer, 'error');
    await login('alice', 'send');
  });

  for (const [field, wrong] of [
    ['action', { action: 'promote' }],
    ['users', { users: [] }],
    ['users', { users: ['Not A Name'] }],
    ['users', { users: undefined }],
    ['role', { role: 'god' }],
    ['id', { id: '' }],
    ['name', { name: '../laptop' }],
    ['name', { name: 'Laptop\u001b[2J' }],
    ['name', { name: '' }],
  ] as const) {
    test(`account with ${JSON.stringify(wrong)} is refused as invalid, with the field ${field}`, async () => {
      const id = freshId();
      operator.send({ type: 'account', id, action: 'add', users: [freshUser()], ...wrong });
      await operator.expect({ type: 'error', code: 'invalid', retry: false, field, ...(field !== 'id' && { id }) });
    });
  }
});

/** The next frame that is not a push: alice's mailbox may not be empty. */
async function nextError(peer: LoggedInPeer) {
  for (;;) {
    const frame = await peer.receive();
    if (frame.type !== 'message') return frame;
  }
}
