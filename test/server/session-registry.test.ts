/** The registry of sessions: the newer claim stays, in whatever order they come in, and a late leave removes nobody else. */
import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';
import fc from 'fast-check';
import { type Bus, localBus, type Notice } from '../../src/server/session-bus.js';
import { type SessionHandle, SessionRegistry } from '../../src/server/session-registry.js';

interface Listener extends SessionHandle {
  readonly heard: Notice[];
}

let bus: Bus;
let sessions: SessionRegistry;

const session = (fence: number | undefined): Listener => {
  const heard: Notice[] = [];
  return { fence, heard, notice: (notice) => heard.push(notice) };
};

const nudge: Notice = { type: 'nudge' };

beforeEach(() => {
  bus = localBus();
  sessions = new SessionRegistry(bus);
});

describe('two sessions of one user (R6)', () => {
  test('the newer one comes second: the older one is told, and the newer one is the user’s session', () => {
    const [older, newer] = [session(1), session(2)];
    sessions.add('bob', older);
    sessions.add('bob', newer);
    assert.deepEqual(older.heard, [{ type: 'takeover', fence: 2 }]);
    bus.publish('bob', nudge);
    assert.deepEqual(newer.heard, [nudge]);
    assert.equal(older.heard.length, 1);
  });

  test('the newer one comes first: the older one is told as soon as it comes', () => {
    const [older, newer] = [session(1), session(2)];
    sessions.add('bob', newer);
    sessions.add('bob', older);
    assert.deepEqual(older.heard, [{ type: 'takeover', fence: 2 }]);
    bus.publish('bob', nudge);
    assert.deepEqual(newer.heard, [nudge]);
  });

  test('the older session’s late close never removes the newer one', () => {
    const [older, newer] = [session(1), session(2)];
    sessions.add('bob', older);
    sessions.add('bob', newer);
    sessions.remove('bob', older);
    sessions.remove('bob', older);
    bus.publish('bob', nudge);
    assert.deepEqual(newer.heard, [nudge]);
    assert.equal(sessions.userCount, 1);
  });

  test('a takeover on another server reaches the session here', () => {
    const older = session(1);
    sessions.add('bob', older);
    bus.publish('bob', { type: 'takeover', fence: 9 });
    assert.deepEqual(older.heard, [{ type: 'takeover', fence: 9 }]);
  });
});

describe('who is told what', () => {
  const told = (notice: Notice) => {
    const [chat, sender, someoneElse] = [session(1), session(undefined), session(1)];
    sessions.add('alice', sender);
    sessions.add('alice', chat);
    sessions.add('bob', someoneElse);
    bus.publish('alice', notice);
    return [chat, sender, someoneElse].map(({ heard }) => heard.length);
  };

  test('a nudge: the chat session only, for only it has a mailbox', () => assert.deepEqual(told(nudge), [1, 0, 0]));
  test('a takeover: the chat session only', () => assert.deepEqual(told({ type: 'takeover', fence: 2 }), [1, 0, 0]));
  test('delivered: each session of the sender', () =>
    assert.deepEqual(told({ type: 'delivered', to: 'bob', ids: ['m1'] }), [1, 1, 0]));
  test('revoked: each session of the user (R7)', () => assert.deepEqual(told({ type: 'revoked' }), [1, 1, 0]));

  test('one that leaves because it is told keeps nobody else from being told', () => {
    const leaver: SessionHandle = { fence: undefined, notice: () => sessions.remove('alice', leaver) };
    const other = session(undefined);
    sessions.add('alice', leaver);
    sessions.add('alice', other);
    bus.publish('alice', { type: 'revoked' });
    assert.equal(other.heard.length, 1);
  });

  test('nobody, when nobody is there', () => {
    bus.publish('constructor', nudge);
    bus.publish('__proto__', { type: 'revoked' });
    assert.equal(sessions.userCount, 0);
  });
});

test('a session in mode send ends nobody’s session and is ended by none', () => {
  const [chat, sender] = [session(1), session(undefined)];
  sessions.add('bob', chat);
  sessions.add('bob', sender);
  sessions.add('bob', session(2));
  assert.deepEqual(sender.heard, []);
  assert.deepEqual(chat.heard, [{ type: 'takeover', fence: 2 }]);
});

test('after any coming and going the newest present session is told, and nothing stays of those who left (R4)', () => {
  const moves = fc.array(fc.record({ fence: fc.integer({ min: 1, max: 6 }), comes: fc.boolean() }), { maxLength: 30 });
  fc.assert(
    fc.property(moves, (given) => {
      const bus = localBus();
      const sessions = new SessionRegistry(bus);
      const present = new Map<number, Listener>();
      for (const { fence, comes } of given) {
        const one = present.get(fence) ?? session(fence);
        if (comes && !present.has(fence)) {
          present.set(fence, one);
          sessions.add('bob', one);
        } else if (!comes) {
          present.delete(fence);
          sessions.remove('bob', one);
        }
        // As a connection does: who is told of a takeover leaves.
        for (const [other, { heard }] of present) {
          if (!heard.some(({ type }) => type === 'takeover')) continue;
          sessions.remove('bob', present.get(other) as Listener);
          present.delete(other);
        }
        assert.ok(present.size <= 1, 'one session a user');
        assert.equal(sessions.userCount, present.size);
        bus.publish('bob', nudge);
        for (const { heard } of present.values()) assert.deepEqual(heard.splice(0), [nudge]);
      }
    }),
  );
});

test('presence is that of the chat session, and of no other', async () => {
  assert.equal(await bus.presence('bob'), undefined);
  const sender = session(undefined);
  sessions.add('bob', sender);
  assert.equal(await bus.presence('bob'), undefined, 'who only sends cannot be reached');
  const chat = { ...session(1), replayRoom: 7 };
  sessions.add('bob', chat);
  assert.deepEqual(await bus.presence('bob'), { replayRoom: 7 });
  bus.publish('bob', { type: 'redeliver' });
  bus.publish('bob', { type: 'replay', replay: 'r1', seqs: [1] });
  assert.deepEqual([chat.heard.length, sender.heard], [2, []]);
  sessions.remove('bob', chat);
  assert.equal(await bus.presence('bob'), undefined);
});
