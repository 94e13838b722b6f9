/**
 * `login`, over the wire.
 *
 * R1: An open connection is trusted with nothing: no state but its socket and a login deadline.
 * R3: A wrong identity closes the connection, with a close code that tells the client not to retry.
 * R4: The session is registered under its user, so that the server can push to the user at any time.
 * R5: Everything undelivered is packaged and pushed, in order, in windows, not in one giant frame.
 * R6: The newer login wins; the older session is told why and ended, with a terminal close code, and only after the newer
 * one is authenticated.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { LoggedInPeer } from './peer.js';
import { suite } from './suite.js';
import { freshId } from './target.js';

const { connect, login, loginDrained, tokenOf } = suite();

const alice = () => ({ type: 'login', v: 1, user: 'alice', token: tokenOf('alice') });
const unauthorized = { type: 'error', code: 'unauthorized', retry: false };

/** The next frames are of this type, and name these ids, in this order. */
async function hearsOf(peer: LoggedInPeer, type: 'stored' | 'delivered', ids: readonly string[]): Promise<void> {
  const named: string[] = [];
  while (named.length < ids.length) {
    const frame = (await peer.hear()) as { readonly type: string; readonly ids: readonly string[] };
    assert.equal(frame.type, type);
    named.push(...frame.ids);
  }
  assert.deepEqual(named, ids);
}

describe('before login (R1)', () => {
  test('nothing but a valid login has an effect, and nothing is answered', async () => {
    const bob = await loginDrained('bob');
    const stranger = await connect();
    const id = freshId();
    stranger.say(
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
    stranger.sayRaw('not JSON');
    stranger.sayRaw(Buffer.from(JSON.stringify(alice())), { binary: true });
    stranger.say({ ...alice(), mode: 'send' });
    assert.equal((await stranger.hear()).type, 'welcome', 'the first answer is that to the login');
    stranger.say({ type: 'status', to: 'bob', ids: [id] });
    await stranger.hears({ type: 'error', code: 'unknown-id', retry: false, id, to: 'bob' });
    await bob.hearsNothing();
  });

  test('4 KiB may be said, and not one byte more', async () => {
    const [patient, greedy] = [await connect(), await connect()];
    const text = JSON.stringify(alice());
    patient.sayRaw('x'.repeat(4_096 - text.length));
    patient.sayRaw(text);
    assert.equal((await patient.hear()).type, 'welcome');
    greedy.sayRaw('x'.repeat(4_200));
    await greedy.isClosed(1009);
  });

  test('frames that follow the login before its answer wait for it', async () => {
    const peer = await connect();
    const id = freshId();
    peer.sayRaw(JSON.stringify([alice(), { type: 'message', id, to: 'carol', body: 'with the login' }]));
    assert.equal((await peer.hear()).type, 'welcome');
    await peer.hears({ type: 'stored', ids: [id] });
  });

  test('frames that follow a login that fails have no effect', async () => {
    const peer = await connect();
    const id = freshId();
    peer.sayRaw(
      JSON.stringify([
        { ...alice(), token: 'wrong' },
        { type: 'message', id, to: 'carol', body: '' },
      ]),
    );
    await peer.hears(unauthorized);
    await peer.isClosed(4500, 'unauthorized');
    const sender = await login('alice', 'send');
    sender.say({ type: 'status', to: 'carol', ids: [id] });
    await sender.hears({ type: 'error', code: 'unknown-id', retry: false, id, to: 'carol' });
  });
});

describe('a login that fails (R3)', () => {
  for (const [what, wrong] of [
    ['a wrong token', { user: 'alice', token: 'wrong' }],
    ['an unknown user', { user: 'nobody', token: 'wrong' }],
    ['a name that every object has', { user: 'constructor', token: 'wrong' }],
  ] as const) {
    test(`with ${what}: refused and closed for good`, async () => {
      const peer = await connect();
      peer.say({ type: 'login', v: 1, ...wrong });
      await peer.hears(unauthorized);
      await peer.isClosed(4500, 'unauthorized');
    });
  }

  test('with the token of somebody else', async () => {
    const peer = await connect();
    peer.say({ ...alice(), token: tokenOf('bob') });
    await peer.hears(unauthorized);
    await peer.isClosed(4500, 'unauthorized');
  });

  test('with another version of the protocol', async () => {
    const peer = await connect();
    peer.say({ ...alice(), v: 2 });
    await peer.isClosed(4504, 'unsupported-version');
  });

  test('in mode operate without the role', async () => {
    const peer = await connect();
    peer.say({ ...alice(), mode: 'operate' });
    await peer.hears({ type: 'error', code: 'forbidden', retry: false });
    await peer.isClosed(4505, 'forbidden');
  });

  test('offering only subprotocols that are not spoken: refused at the handshake', async () => {
    await assert.rejects(connect(['mqtt']), /400/);
  });
});

describe('a login that succeeds', () => {
  test('is answered with all that a client has to know', async () => {
    const { subprotocol, welcome } = await loginDrained('alice');
    const { session, epoch, delivered, at, ...rest } = welcome;
    assert.equal(subprotocol, 'im.v1');
    assert.deepEqual(rest, {
      type: 'welcome',
      v: 1,
      user: 'alice',
      pending: rest.pending,
      heartbeatMs: 30_000,
      idleMs: 90_000,
      window: 1_000,
      maxBodyBytes: 65_536,
    });
    for (const text of [session, epoch]) assert.match(text, /^.{1,64}$/);
    for (const number of [delivered, at]) assert.ok(Number.isSafeInteger(number));
  });

  test('without a subprotocol, and with fields of a newer version', async () => {
    const peer = await connect([]);
    peer.say({ ...alice(), agent: 'conformance', later: { deep: [1] } });
    assert.equal((await peer.hear()).type, 'welcome');
  });

  test('a second one on the same connection breaks the protocol', async () => {
    const peer = await login('alice');
    peer.say(alice());
    await peer.isClosed(4503, 'protocol-violation');
  });

  test('what waits is counted in welcome and pushed in order, at most 256 before an ack (R5)', async () => {
    await (await loginDrained('bob')).leave();
    const sender = await login('alice', 'send');
    const ids = Array.from({ length: 300 }, () => freshId());
    sender.say(...ids.map((id) => ({ type: 'message', id, to: 'bob', body: id })));
    await hearsOf(sender, 'stored', ids);

    const bob = await login('bob');
    assert.equal(bob.welcome.pending, 300);
    for (const [index, id] of ids.slice(0, 256).entries()) {
      const push = await bob.hearPush();
      assert.deepEqual([push.seq, push.id, push.body], [bob.welcome.delivered + 1 + index, id, id]);
    }
    await bob.hearsNothing();
    bob.say({ type: 'ack', seq: bob.welcome.delivered + 44 });
    for (const id of ids.slice(256)) assert.equal((await bob.hearPush()).id, id);
    bob.say({ type: 'ack', seq: bob.welcome.delivered + 300 });
    await hearsOf(sender, 'delivered', ids);
    await bob.hearsNothing();
  });
});

describe('two sessions of one user (R6)', () => {
  test('the newer one wins, and the older one is told why and ended for good', async () => {
    const older = await loginDrained('alice');
    const newer = await login('alice');
    await older.isClosed(4501, 'replaced');
    const [bob, id] = [await login('bob', 'send'), freshId()];
    bob.say({ type: 'message', id, to: 'alice', body: 'hi' });
    await bob.hears({ type: 'stored', ids: [id] });
    assert.equal((await newer.hearPush()).id, id);
  });

  test('a newer login that fails ends nobody’s session', async () => {
    const older = await loginDrained('alice');
    const newer = await connect();
    newer.say({ ...alice(), token: 'wrong' });
    await newer.hears(unauthorized);
    await newer.isClosed(4500, 'unauthorized');
    await older.hearsNothing();
  });

  test('a login in mode send ends nobody’s session, gets no pushes, and hears what became of what was sent', async () => {
    const chat = await loginDrained('alice');
    const script = await login('alice', 'send');
    assert.deepEqual([script.welcome.delivered, script.welcome.pending], [0, 0]);
    const id = freshId();
    script.say({ type: 'message', id, to: 'alice', body: 'to myself' });
    await script.hears({ type: 'stored', ids: [id] });
    const { seq } = await chat.hearPush();
    chat.say({ type: 'ack', seq });
    await script.hears({ type: 'delivered', to: 'alice', ids: [id] });
    await script.hearsNothing();
  });
});
