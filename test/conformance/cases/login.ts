/**
 * `login`, over a real connection.
 *
 * R1: An open connection is trusted with nothing: no state but its socket and a login deadline.
 * R3: A wrong identity closes the connection, with a close code that tells the client not to retry.
 * R4: The session is registered under its user, so that the server can push to the user at any time.
 * R5: Everything undelivered is pushed, in order, in windows, not in one giant frame.
 * R6: The newer login wins; the older session gets the reason and is closed with a terminal code, but only after the newer
 * one is authenticated.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { drained, type LoggedInPeer } from '../peer.js';
import { suite } from '../suite.js';
import { freshId } from '../target.js';

const { connect, login, loginDrained, tokenOf } = suite();

const alice = () => ({ type: 'login', v: 1, user: 'alice', token: tokenOf('alice') });
const unauthorized = { type: 'error', code: 'unauthorized', retry: false };

/** Expects frames of this type with these ids, in this order. */
async function expectIds(peer: LoggedInPeer, type: 'stored' | 'delivered', ids: readonly string[]): Promise<void> {
  const named: string[] = [];
  while (named.length < ids.length) {
    const frame = (await peer.receive()) as { readonly type: string; readonly ids: readonly string[] };
    assert.equal(frame.type, type);
    named.push(...frame.ids);
  }
  assert.deepEqual(named, ids);
}

/** Messages that a session has got and not acked: see docs/protocol.md. */
const WINDOW = 512;

describe('a connection before login (R1)', () => {
  test('before login only a valid login has an effect, and nothing else is answered (R1)', async () => {
    const bob = await loginDrained('bob');
    const stranger = await connect();
    const id = freshId();
    stranger.send(
      { type: 'message', id, to: 'bob', body: 'from nobody' },
      { type: 'heartbeat' },
      { type: 'ack', seq: 1 },
      { type: 'status', to: 'bob', ids: [id] },
      { type: 'account', id, action: 'list' },
      { type: 'login' },
      { ...alice(), user: 'Alice' },
      { ...alice(), token: '' },
      { ...alice(), mode: 'god' },
    );
    stranger.sendRaw('not JSON');
    stranger.sendRaw(Buffer.from(JSON.stringify(alice())), { binary: true });
    stranger.send({ ...alice(), mode: 'send' });
    assert.equal((await stranger.receive()).type, 'welcome', 'the first answer is that to the login');
    stranger.send({ type: 'status', to: 'bob', ids: [id] });
    await stranger.expect({ type: 'error', code: 'unknown-id', retry: false, id, to: 'bob' });
    await bob.expectNothing();
  });

  test('before login 4 KiB may be sent, and not more (R1)', async () => {
    const [patient, greedy] = [await connect(), await connect()];
    const text = JSON.stringify(alice());
    patient.sendRaw('x'.repeat(4_096 - text.length));
    patient.sendRaw(text);
    assert.equal((await patient.receive()).type, 'welcome');
    greedy.sendRaw('x'.repeat(4_200));
    await greedy.expectClose(1009);
  });

  test('frames after a login wait until it is answered', async () => {
    const peer = await connect();
    const id = freshId();
    peer.sendRaw(JSON.stringify([alice(), { type: 'message', id, to: 'carol', body: 'with the login' }]));
    assert.equal((await peer.receive()).type, 'welcome');
    await peer.expect({ type: 'stored', ids: [id] });
  });

  test('frames after a login that fails have no effect', async () => {
    const peer = await connect();
    const id = freshId();
    peer.sendRaw(
      JSON.stringify([
        { ...alice(), token: 'wrong' },
        { type: 'message', id, to: 'carol', body: '' },
      ]),
    );
    await peer.expect(unauthorized);
    await peer.expectClose(4500, 'unauthorized');
    const sender = await login('alice', 'send');
    sender.send({ type: 'status', to: 'carol', ids: [id] });
    await sender.expect({ type: 'error', code: 'unknown-id', retry: false, id, to: 'carol' });
  });
});

describe('a login that fails (R3)', () => {
  for (const [what, wrong] of [
    ['a wrong token', { user: 'alice', token: 'wrong' }],
    ['an unknown user', { user: 'nobody', token: 'wrong' }],
    ['the name of an object property', { user: 'constructor', token: 'wrong' }],
  ] as const) {
    test(`a login with ${what} is refused and closed as unauthorized (R3)`, async () => {
      const peer = await connect();
      peer.send({ type: 'login', v: 1, ...wrong });
      await peer.expect(unauthorized);
      await peer.expectClose(4500, 'unauthorized');
    });
  }

  test('a login with the token of another user is refused (R3)', async () => {
    const peer = await connect();
    peer.send({ ...alice(), token: tokenOf('bob') });
    await peer.expect(unauthorized);
    await peer.expectClose(4500, 'unauthorized');
  });

  test('a login with another version of the protocol is closed', async () => {
    const peer = await connect();
    peer.send({ ...alice(), v: 2 });
    await peer.expectClose(4504, 'unsupported-version');
  });

  test('a login in mode operate without the role is closed as forbidden', async () => {
    const peer = await connect();
    peer.send({ ...alice(), mode: 'operate' });
    await peer.expect({ type: 'error', code: 'forbidden', retry: false });
    await peer.expectClose(4505, 'forbidden');
  });

  test('a handshake that offers only other subprotocols is refused', async () => {
    await assert.rejects(connect(['mqtt']), /400/);
  });
});

describe('a login that succeeds', () => {
  test('welcome has the limits and the state of the mailbox', async () => {
    const { subprotocol, welcome } = await loginDrained('alice');
    const { session, epoch, delivered, at, ...rest } = welcome;
    assert.equal(subprotocol, 'im.v1');
    assert.deepEqual(rest, {
      type: 'welcome',
      v: 1,
      user: 'alice',
      device: 'main',
      pending: rest.pending,
      heartbeatMs: 30_000,
      idleMs: 90_000,
      window: 1_000,
      maxBodyBytes: 65_536,
    });
    for (const text of [session, epoch]) assert.match(text, /^.{1,64}$/);
    for (const number of [delivered, at]) assert.ok(Number.isSafeInteger(number));
  });

  test('a login without a subprotocol, and with unknown fields, succeeds', async () => {
    const peer = await connect([]);
    peer.send({ ...alice(), agent: 'conformance', later: { deep: [1] } });
    assert.equal((await peer.receive()).type, 'welcome');
  });

  test('a second login on the same connection breaks the protocol', async () => {
    const peer = await login('alice');
    peer.send(alice());
    await peer.expectClose(4503, 'protocol-violation');
  });

  test('the backlog is counted in welcome and pushed in order, at most 512 messages before an ack (R5)', async () => {
    await (await loginDrained('bob')).leave();
    const sender = await login('alice', 'send');
    const ids = Array.from({ length: WINDOW + 44 }, () => freshId());
    sender.send(...ids.map((id) => ({ type: 'message', id, to: 'bob', body: id })));
    await expectIds(sender, 'stored', ids);

    const bob = await login('bob');
    assert.equal(bob.welcome.pending, ids.length);
    for (const [index, id] of ids.slice(0, WINDOW).entries()) {
      const push = await bob.receivePush();
      assert.deepEqual([push.seq, push.id, push.body], [bob.welcome.delivered + 1 + index, id, id]);
    }
    await bob.expectNothing();
    bob.send({ type: 'ack', seq: bob.welcome.delivered + WINDOW / 2 });
    for (const id of ids.slice(WINDOW)) assert.equal((await bob.receivePush()).id, id);
    bob.send({ type: 'ack', seq: bob.welcome.delivered + ids.length });
    await expectIds(sender, 'delivered', ids);
    await bob.expectNothing();
  });
});

describe('two sessions of one user (R6)', () => {
  test('the newer login wins, and the older session is closed as replaced (R6)', async () => {
    const older = await loginDrained('alice');
    const newer = await login('alice');
    await older.expectClose(4501, 'replaced');
    const [bob, id] = [await login('bob', 'send'), freshId()];
    bob.send({ type: 'message', id, to: 'alice', body: 'hi' });
    await bob.expect({ type: 'stored', ids: [id] });
    assert.equal((await newer.receivePush()).id, id);
  });

  test('of two sessions with one outbox the older is closed as replaced, and others are not (R16)', async () => {
    const outbox = { outbox: freshId() };
    const [older, other, none] = [
      await login('alice', 'send', undefined, outbox),
      await login('alice', 'send', undefined, { outbox: freshId() }),
      await login('alice', 'send'),
    ];
    const newer = await login('alice', 'send', undefined, outbox);
    await older.expectClose(4501, 'replaced');
    for (const peer of [newer, other, none]) {
      const id = freshId();
      peer.send({ type: 'message', id, to: 'bob', body: 'hi' });
      await peer.expect({ type: 'stored', ids: [id] });
    }
  });

  test('a newer login that fails does not end the older session (R6)', async () => {
    const older = await loginDrained('alice');
    const newer = await connect();
    newer.send({ ...alice(), token: 'wrong' });
    await newer.expect(unauthorized);
    await newer.expectClose(4500, 'unauthorized');
    await older.expectNothing();
  });

  test('a login in mode send ends no session, gets no pushes, and gets delivered for what it sent (R6)', async () => {
    const chat = await loginDrained('alice');
    const script = await login('alice', 'send');
    assert.deepEqual([script.welcome.delivered, script.welcome.pending], [0, 0]);
    const id = freshId();
    script.send({ type: 'message', id, to: 'alice', body: 'to myself' });
    await script.expect({ type: 'stored', ids: [id] });
    const { seq } = await chat.receivePush();
    chat.send({ type: 'ack', seq });
    await script.expect({ type: 'delivered', to: 'alice', ids: [id] });
    await script.expectNothing();
  });
});

describe('two devices of one user', () => {
  test('each stays and gets every message; its sender gets one delivered (R6, R12)', async () => {
    await (await loginDrained('carol')).leave();
    const laptop = await drained(await login('carol', 'chat', 'laptop'));
    const phone = await drained(await login('carol', 'chat', 'phone'));
    const [bob, id] = [await login('bob', 'send'), freshId()];
    bob.send({ type: 'message', id, to: 'carol', body: 'hi' });
    const pushes = [await laptop.receivePush(), await phone.receivePush()];
    assert.deepEqual(
      pushes.map((push) => push.id),
      [id, id],
    );
    for (const peer of [laptop, phone]) peer.send({ type: 'ack', seq: pushes[0]?.seq });
    for (const peer of [laptop, phone]) await peer.expectNothing();
    await bob.expect({ type: 'stored', ids: [id] }, { type: 'delivered', to: 'carol', ids: [id] });
    await bob.expectNothing();
  });

  test('a newer login of a device ends the older session of that device only, and has its place in the mailbox', async () => {
    await (await loginDrained('carol')).leave();
    const laptop = await drained(await login('carol', 'chat', 'laptop'));
    const older = await drained(await login('carol', 'chat', 'phone'));
    const [bob, id] = [await login('bob', 'send'), freshId()];
    bob.send({ type: 'message', id, to: 'carol', body: 'hi' });
    const { seq } = await laptop.receivePush();
    laptop.send({ type: 'ack', seq });
    assert.equal((await older.receivePush()).attempt, 1);
    const newer = await login('carol', 'chat', 'phone');
    await older.expectClose(4501, 'replaced');
    assert.deepEqual([newer.welcome.delivered, newer.welcome.pending], [seq - 1, 1]);
    const again = await newer.receivePush();
    assert.deepEqual([again.id, again.attempt], [id, 2]);
    newer.send({ type: 'ack', seq });
    await laptop.expectNothing();
  });

  test('the name of a device is checked like that of a user', async () => {
    const peer = await connect();
    for (const device of ['', 'My Phone', '../x', 7, null]) peer.send({ ...alice(), device });
    peer.send({ ...alice(), mode: 'send', device: 'phone' });
    assert.equal((await peer.receive()).type, 'welcome', 'the first answer is that to the valid login');
  });
});
