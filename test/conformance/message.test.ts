/**
 * `message`, over the wire, both ways.
 *
 * R7: Every message is checked against the identity of its session, still valid now; a forged `from` is refused, never rewritten.
 * R8: A known (sender, id) is not stored again; the sender is answered as if it were new.
 * R9: A new message is durable with status 0 before anything else happens: before the reply and before the push.
 * R10: If the target has a session, the message is pushed. Status stays 0.
 * R11: The sender is told that the server has it.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { suite } from './suite.js';
import { freshId } from './target.js';

const { login, loginDrained } = suite();

const message = (id: string, body = 'hello', to = 'bob') => ({ type: 'message', id, to, body });

describe('a new message', () => {
  test('is answered (R11) and pushed with who, what and when (R9, R10)', async () => {
    const [bob, alice, id] = [await loginDrained('bob'), await login('alice', 'send'), freshId()];
    alice.say(message(id));
    await alice.hears({ type: 'stored', ids: [id] });
    const { at, ...push } = await bob.hearPush();
    const seq = bob.welcome.delivered + 1;
    assert.deepEqual(push, { type: 'message', seq, id, from: 'alice', body: 'hello', attempt: 1 });
    assert.ok(at >= bob.welcome.at);
    bob.say({ type: 'ack', seq });
    await alice.hears({ type: 'delivered', to: 'bob', ids: [id] });
  });

  test('pushed and not acked is still stored, not delivered (R10)', async () => {
    const [bob, alice, id] = [await loginDrained('bob'), await login('alice', 'send'), freshId()];
    alice.say(message(id));
    await alice.hears({ type: 'stored', ids: [id] });
    await bob.hearPush();
    alice.say({ type: 'status', to: 'bob', ids: [id] });
    await alice.hears({ type: 'stored', ids: [id] });
    await alice.hearsNothing();
  });

  test('of any text, even none, arrives as it was', async () => {
    const [bob, alice] = [await loginDrained('bob'), await login('alice', 'send')];
    const bodies = [
      '',
      '你好，世界',
      '👩‍👩‍👧‍👦',
      'e\u0301\u202e\u0000\u001b[31m',
      '\u2028\u2029\\"',
      'x'.repeat(65_536),
      '中'.repeat(21_845),
    ];
    for (const body of bodies) {
      alice.say(message(freshId(), body));
      assert.equal((await bob.hearPush()).body, body);
    }
  });

  test('with an id of 128 characters, and one that objects have already', async () => {
    const alice = await login('alice', 'send');
    for (const id of [freshId().padEnd(128, '~'), `__proto__`]) {
      alice.say(message(id));
      const { type, ids } = await alice.hear();
      assert.deepEqual([type, ids], ['stored', [id]]);
    }
  });

  test('those of a package are taken in order, and answered in order', async () => {
    const [bob, alice] = [await loginDrained('bob'), await login('alice', 'send')];
    const ids = Array.from({ length: 256 }, () => freshId());
    alice.sayRaw(JSON.stringify(ids.map((id) => message(id))));
    const answered: unknown[] = [];
    while (answered.length < ids.length) answered.push(...((await alice.hear()).ids as string[]));
    assert.deepEqual(answered, ids);
    for (const id of ids) assert.equal((await bob.hearPush()).id, id);
  });
});

describe('a message that is known (R8)', () => {
  test('and undelivered: answered as if it were new, and not pushed twice in a session', async () => {
    const [bob, alice] = [await loginDrained('bob'), await login('alice', 'send')];
    const [id, next] = [freshId(), freshId()];
    alice.say(message(id));
    await alice.hears({ type: 'stored', ids: [id] });
    alice.say(message(id));
    await alice.hears({ type: 'stored', ids: [id], duplicates: [id] });
    alice.say(message(next));
    assert.equal((await bob.hearPush()).id, id);
    assert.equal((await bob.hearPush()).id, next);
  });

  test('and delivered: the sender hears both', async () => {
    const [bob, alice, id] = [await loginDrained('bob'), await login('alice', 'send'), freshId()];
    alice.say(message(id));
    await alice.hears({ type: 'stored', ids: [id] });
    const { seq } = await bob.hearPush();
    bob.say({ type: 'ack', seq });
    await alice.hears({ type: 'delivered', to: 'bob', ids: [id] });
    alice.say(message(id));
    await alice.hears({ type: 'stored', ids: [id], duplicates: [id] }, { type: 'delivered', to: 'bob', ids: [id] });
    await bob.hearsNothing();
  });

  test('the same id with another body is a conflict, and the first body stays', async () => {
    const [bob, alice, id] = [await loginDrained('bob'), await login('alice', 'send'), freshId()];
    alice.say(message(id, 'first'));
    await alice.hears({ type: 'stored', ids: [id] });
    alice.say(message(id, 'second'));
    await alice.hears({ type: 'error', code: 'id-conflict', retry: false, id, to: 'bob' });
    assert.equal((await bob.hearPush()).body, 'first');
    await bob.hearsNothing();
  });

  test('the same id from two senders, and to two targets, is two messages', async () => {
    const bob = await loginDrained('bob');
    const [alice, carol, id] = [await login('alice', 'send'), await login('carol', 'send'), freshId()];
    for (const [sender, name] of [
      [alice, 'alice'],
      [carol, 'carol'],
    ] as const) {
      sender.say(message(id, `from ${name}`));
      await sender.hears({ type: 'stored', ids: [id] });
      const { from, body } = await bob.hearPush();
      assert.deepEqual([from, body], [name, `from ${name}`]);
    }
    alice.say(message(id, 'to carol', 'carol'));
    await alice.hears({ type: 'stored', ids: [id] });
  });
});

describe('a message that is refused', () => {
  test('with a forged sender (R7)', async () => {
    const [bob, alice, id] = [await loginDrained('bob'), await login('alice', 'send'), freshId()];
    alice.say({ ...message(id), from: 'carol' });
    await alice.hears({ type: 'error', code: 'forged-sender', retry: false, id, to: 'bob' });
    alice.say({ ...message(id), from: 'alice' });
    await alice.hears({ type: 'stored', ids: [id] });
    assert.equal((await bob.hearPush()).from, 'alice');
  });

  for (const to of ['nobody', 'constructor']) {
    test(`to ${to}, who does not exist`, async () => {
      const [alice, id] = [await login('alice', 'send'), freshId()];
      alice.say(message(id, 'hello', to));
      await alice.hears({ type: 'error', code: 'unknown-user', retry: false, id, to });
    });
  }

  for (const [what, body] of [
    ['one byte', 'x'.repeat(65_537)],
    ['one byte of UTF-8', `${'中'.repeat(21_845)}xx`],
  ] as const) {
    test(`with a body ${what} over 64 KiB`, async () => {
      const [alice, id] = [await login('alice', 'send'), freshId()];
      alice.say(message(id, body));
      await alice.hears({ type: 'error', code: 'too-large', retry: false, field: 'body', id, to: 'bob' });
      await alice.hearsNothing();
    });
  }

  for (const [field, wrong, known] of [
    ['id', { id: undefined }, { to: 'bob' }],
    ['id', { id: '' }, { to: 'bob' }],
    ['id', { id: 'a b' }, { to: 'bob' }],
    ['id', { id: 'x'.repeat(129) }, { to: 'bob' }],
    ['id', { id: 7 }, { to: 'bob' }],
    ['to', { to: undefined }, { id: 'm' }],
    ['to', { to: 'Bob' }, { id: 'm' }],
    ['to', { to: '../bob' }, { id: 'm' }],
    ['to', { to: 'x'.repeat(33) }, { id: 'm' }],
    ['body', { body: undefined }, { id: 'm', to: 'bob' }],
    ['body', { body: 7 }, { id: 'm', to: 'bob' }],
    ['body', { body: null }, { id: 'm', to: 'bob' }],
    ['body', { body: '\ud800' }, { id: 'm', to: 'bob' }],
    ['from', { from: '' }, { id: 'm', to: 'bob' }],
    ['from', { from: null }, { id: 'm', to: 'bob' }],
  ] as const) {
    test(`with ${JSON.stringify(wrong)}: invalid, naming ${field}`, async () => {
      const alice = await login('alice', 'send');
      alice.say({ ...message('m'), ...wrong });
      await alice.hears({ type: 'error', code: 'invalid', retry: false, field, ...known });
      await alice.hearsNothing();
    });
  }

  test('in mode operate: it breaks the protocol', async () => {
    const operator = await login('operator', 'operate');
    operator.say(message(freshId()));
    await operator.isClosed(4503, 'protocol-violation');
  });
});

describe('what no frame can be', () => {
  test('a WebSocket message of 256 KiB is taken, one byte more ends the connection', async () => {
    const alice = await login('alice', 'send');
    alice.sayRaw('x'.repeat(256 * 1024));
    await alice.hearsNothing();
    alice.sayRaw('x'.repeat(256 * 1024 + 1));
    await alice.isClosed(1009);
  });
});
