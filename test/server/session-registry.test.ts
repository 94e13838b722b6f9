/** The session registry: the newer claim wins in any order, and a late removal of an older session does not remove it. */
import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';
import fc from 'fast-check';
import { type Bus, localBus, type Notice } from '../../src/server/session-bus.js';
import { type SessionHandle, SessionRegistry } from '../../src/server/session-registry.js';

interface Listener extends SessionHandle {
  readonly notices: Notice[];
}

let bus: Bus;
let sessions: SessionRegistry;

const session = (fence: number | undefined, device = 'main'): Listener => {
  const notices: Notice[] = [];
  return { fence, device, notices, notice: (notice) => notices.push(notice) };
};

const nudge: Notice = { type: 'nudge' };

beforeEach(() => {
  bus = localBus();
  sessions = new SessionRegistry(bus);
});

describe('two sessions of one user (R6)', () => {
  test('when the newer session is added second, the older one gets a takeover notice', () => {
    const [older, newer] = [session(1), session(2)];
    sessions.add('bob', older);
    sessions.add('bob', newer);
    assert.deepEqual(older.notices, [{ type: 'takeover', device: 'main', fence: 2 }]);
    bus.publish('bob', nudge);
    assert.deepEqual(newer.notices, [nudge]);
    assert.equal(older.notices.length, 1);
  });

  test('when the newer session is added first, the older one gets a takeover notice at once', () => {
    const [older, newer] = [session(1), session(2)];
    sessions.add('bob', newer);
    sessions.add('bob', older);
    assert.deepEqual(older.notices, [{ type: 'takeover', device: 'main', fence: 2 }]);
    bus.publish('bob', nudge);
    assert.deepEqual(newer.notices, [nudge]);
  });

  test('a late removal of the older session does not remove the newer one', () => {
    const [older, newer] = [session(1), session(2)];
    sessions.add('bob', older);
    sessions.add('bob', newer);
    sessions.remove('bob', older);
    sessions.remove('bob', older);
    bus.publish('bob', nudge);
    assert.deepEqual(newer.notices, [nudge]);
    assert.equal(sessions.userCount, 1);
  });

  test('a takeover on another server reaches the session of this server', () => {
    const older = session(1);
    sessions.add('bob', older);
    bus.publish('bob', { type: 'takeover', device: 'main', fence: 9 });
    assert.deepEqual(older.notices, [{ type: 'takeover', device: 'main', fence: 9 }]);
  });
});

describe('sessions of two devices', () => {
  test('each stays, and gets every notice; a takeover is for its own device (R6)', () => {
    const [laptop, phone, newer] = [session(1, 'laptop'), session(2, 'phone'), session(3, 'phone')];
    for (const one of [laptop, phone, newer]) sessions.add('bob', one);
    assert.deepEqual(phone.notices, [{ type: 'takeover', device: 'phone', fence: 3 }]);
    bus.publish('bob', { type: 'takeover', device: 'phone', fence: 4 });
    bus.publish('bob', nudge);
    assert.deepEqual(laptop.notices, [nudge]);
    assert.deepEqual(newer.notices, [{ type: 'takeover', device: 'phone', fence: 4 }, nudge]);
    sessions.remove('bob', laptop);
    assert.equal(sessions.userCount, 1);
    sessions.remove('bob', newer);
    assert.equal(sessions.userCount, 0);
  });

  test('a replay has as much room as the fullest of them', async () => {
    sessions.add('bob', { ...session(1, 'laptop'), replayRoom: 7 });
    sessions.add('bob', { ...session(2, 'phone'), replayRoom: 3 });
    assert.deepEqual(await bus.replayRoom('bob'), 3);
  });
});

describe('which sessions get a notice', () => {
  const received = (notice: Notice) => {
    const [chat, sender, someoneElse] = [session(1), session(undefined), session(1)];
    sessions.add('alice', sender);
    sessions.add('alice', chat);
    sessions.add('bob', someoneElse);
    bus.publish('alice', notice);
    return [chat, sender, someoneElse].map(({ notices }) => notices.length);
  };

  test('a nudge goes to the chat session only', () => assert.deepEqual(received(nudge), [1, 0, 0]));
  test('a takeover goes to the chat session only', () =>
    assert.deepEqual(received({ type: 'takeover', device: 'main', fence: 2 }), [1, 0, 0]));
  test('delivered goes to each session of the sender', () =>
    assert.deepEqual(received({ type: 'delivered', to: 'bob', ids: ['m1'] }), [1, 1, 0]));
  test('revoked goes to each session of the user (R7)', () =>
    assert.deepEqual(received({ type: 'revoked' }), [1, 1, 0]));

  test('a session that is removed by its notice does not keep others from getting theirs', () => {
    const leaver: SessionHandle = { fence: undefined, device: 'main', notice: () => sessions.remove('alice', leaver) };
    const other = session(undefined);
    sessions.add('alice', leaver);
    sessions.add('alice', other);
    bus.publish('alice', { type: 'revoked' });
    assert.equal(other.notices.length, 1);
  });

  test('a notice for a user without a session is dropped', () => {
    bus.publish('constructor', nudge);
    bus.publish('__proto__', { type: 'revoked' });
    assert.equal(sessions.userCount, 0);
  });
});

test('the sessions that say who they are are listed, as long as they are there', () => {
  const listed = { user: 'bob', sender: { generation: 7, fence: 2 }, chat: { device: 'main', cursor: 5 } };
  const [chat, sender] = [{ ...session(2), listed }, session(undefined)];
  sessions.add('bob', chat);
  sessions.add('bob', sender);
  assert.deepEqual(sessions.sessions(), [listed]);
  sessions.remove('bob', chat);
  assert.deepEqual(sessions.sessions(), []);
});

test('a session in mode send does not end another, and is not ended by one', () => {
  const [chat, sender] = [session(1), session(undefined)];
  sessions.add('bob', chat);
  sessions.add('bob', sender);
  sessions.add('bob', session(2));
  assert.deepEqual(sender.notices, []);
  assert.deepEqual(chat.notices, [{ type: 'takeover', device: 'main', fence: 2 }]);
});

test('after any additions and removals the newest session gets the notices, and removed ones leave nothing behind (R4)', () => {
  const moves = fc.array(fc.record({ fence: fc.integer({ min: 1, max: 6 }), isAdded: fc.boolean() }), {
    maxLength: 30,
  });
  fc.assert(
    fc.property(moves, (given) => {
      const bus = localBus();
      const sessions = new SessionRegistry(bus);
      const present = new Map<number, Listener>();
      for (const { fence, isAdded } of given) {
        const one = present.get(fence) ?? session(fence);
        if (isAdded && !present.has(fence)) {
          present.set(fence, one);
          sessions.add('bob', one);
        } else if (!isAdded) {
          present.delete(fence);
          sessions.remove('bob', one);
        }
        // Like a connection, a session with a takeover notice is removed.
        for (const [other, { notices }] of present) {
          if (!notices.some(({ type }) => type === 'takeover')) continue;
          sessions.remove('bob', present.get(other) as Listener);
          present.delete(other);
        }
        assert.ok(present.size <= 1, 'one session a user');
        assert.equal(sessions.userCount, present.size);
        bus.publish('bob', nudge);
        for (const { notices } of present.values()) assert.deepEqual(notices.splice(0), [nudge]);
      }
    }),
  );
});

test('presence is that of the chat session only', async () => {
  assert.equal(await bus.replayRoom('bob'), undefined);
  const sender = session(undefined);
  sessions.add('bob', sender);
  assert.equal(await bus.replayRoom('bob'), undefined, 'a session in mode send has no presence');
  const chat = { ...session(1), replayRoom: 7 };
  sessions.add('bob', chat);
  assert.deepEqual(await bus.replayRoom('bob'), 7);
  bus.publish('bob', { type: 'redeliver' });
  bus.publish('bob', { type: 'replay', replay: 'r1', seqs: [1] });
  assert.deepEqual([chat.notices.length, sender.notices], [2, []]);
  sessions.remove('bob', chat);
  assert.equal(await bus.replayRoom('bob'), undefined);
});
