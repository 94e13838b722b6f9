/**
 * `message`, over a real connection, in both directions.
 *
 * R7: Every message is checked against the identity of its session, still valid now; a forged `from` is refused, never rewritten.
 * R8: A known (sender, id) is not stored again; the sender is answered as if it were new.
 * R9: A new message is durable with status 0 before anything else happens: before the reply and before the push.
 * R10: If the target has a session, the message is pushed. Status stays 0.
 * R11: The sender is told that the server has it.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { suite } from '../suite.js';
import { freshId } from '../target.js';

const { login, loginDrained } = suite();

const message = (id: string, body = 'hello', to = 'bob') => ({ type: 'message', id, to, body });

describe('a new message', () => {
  test('a new message is answered (R11) and pushed with its sender, body and time (R9, R10)', async () => {
    const [bob, alice, id] = [await loginDrained('bob'), await login('alice', 'send'), freshId()];
    alice.send(message(id));
    await alice.expect({ type: 'stored', ids: [id] });
    const { at, ...push } = await bob.receivePush();
    const seq = bob.welcome.delivered + 1;
    assert.deepEqual(push, { type: 'message', seq, id, from: 'alice', body: 'hello', attempt: 1 });
    assert.ok(at >= bob.welcome.at);
    bob.send({ type: 'ack', seq });
    await alice.expect({ type: 'delivered', to: 'bob', ids: [id] });
  });

  test('a message that is pushed and not acked is stored, not delivered (R10)', async () => {
    const [bob, alice, id] = [await loginDrained('bob'), await login('alice', 'send'), freshId()];
    alice.send(message(id));
    await alice.expect({ type: 'stored', ids: [id] });
    await bob.receivePush();
    alice.send({ type: 'status', to: 'bob', ids: [id] });
    await alice.expect({ type: 'stored', ids: [id], to: 'bob' });
    await alice.expectNothing();
  });

  test('a body of any text, also empty, arrives unchanged', async () => {
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
      alice.send(message(freshId(), body));
      assert.equal((await bob.receivePush()).body, body);
    }
  });

  test('which message it is about is pushed as it was given, whether there is such a message or not', async () => {
    const [bob, alice] = [await loginDrained('bob'), await login('alice', 'send')];
    const id = freshId();
    for (const re of [id, '__proto__', '"\\', '~'.repeat(128)]) {
      alice.send({ ...message(freshId()), re });
      assert.equal((await bob.receivePush()).re, re);
    }
    alice.send(message(freshId()));
    assert.equal('re' in (await bob.receivePush()), false);
  });

  test('what is no id cannot be what a message is about', async () => {
    const alice = await login('alice', 'send');
    for (const re of ['', 'a b', '\u202e', 7, null, 'x'.repeat(129)]) {
      const id = freshId();
      alice.send({ ...message(id), re });
      const { type, code, field } = await alice.receive();
      assert.deepEqual([type, code, field], ['error', 'invalid', 're']);
    }
  });

  test('ids of 128 characters and of object properties are accepted', async () => {
    const alice = await login('alice', 'send');
    for (const id of [freshId().padEnd(128, '~'), `__proto__`]) {
      alice.send(message(id));
      const { type, ids } = await alice.receive();
      assert.deepEqual([type, ids], ['stored', [id]]);
    }
  });

  test('the messages of a package are stored and answered in order', async () => {
    const [bob, alice] = [await loginDrained('bob'), await login('alice', 'send')];
    const ids = Array.from({ length: 256 }, () => freshId());
    alice.sendRaw(JSON.stringify(ids.map((id) => message(id))));
    const answered: unknown[] = [];
    while (answered.length < ids.length) answered.push(...((await alice.receive()).ids as string[]));
    assert.deepEqual(answered, ids);
    for (const id of ids) assert.equal((await bob.receivePush()).id, id);
  });
});

describe('a package to several targets', () => {
  test('100 messages to three targets with errors in the middle: each is answered, and each target gets its own in order (R11, R16)', async () => {
    const [bob, carol, alice] = [await loginDrained('bob'), await loginDrained('carol'), await login('alice', 'send')];
    const targets = ['bob', 'carol', 'bob', 'nobody'];
    const frames = Array.from({ length: 100 }, (_, index) =>
      message(freshId(), `text ${index} "\\`, targets[index % targets.length]),
    );
    const forged = { ...message(freshId()), from: 'carol' };
    const invalid = { ...message(freshId()), body: 7 };
    const conflict = message(frames[0]?.id ?? '', 'another body');
    const again = frames[2] as (typeof frames)[number];
    const sent = [
      ...frames.slice(0, 50),
      forged,
      invalid,
      conflict,
      again,
      { type: 'status', to: 'bob', ids: [frames[4]?.id] },
    ];
    alice.sendRaw(JSON.stringify([...sent, ...frames.slice(50)]));
    const answers: string[] = [];
    for (let left = sent.length + 50; left > 0; ) {
      const frame = await alice.receive();
      const ids = (frame.ids ?? [frame.id]) as readonly string[];
      left -= ids.length;
      const word = frame.type === 'error' ? frame.code : frame.to === undefined ? 'stored' : 'status';
      for (const id of ids) {
        const isDuplicate =
          (frame.duplicates as readonly string[] | undefined)?.includes(id) && answers.includes(`stored ${id}`);
        answers.push(`${isDuplicate ? 'duplicate' : word} ${id}`);
      }
    }
    const expected = frames.map(({ id, to }) => `${to === 'nobody' ? 'unknown-user' : 'stored'} ${id}`);
    expected.push(`forged-sender ${forged.id}`, `invalid ${invalid.id}`, `id-conflict ${conflict.id}`);
    expected.push(`duplicate ${again.id}`, `status ${frames[4]?.id}`);
    // The status may be answered before its message, but knows it.
    assert.deepEqual([...answers].sort(), [...expected].sort());
    for (const [peer, to] of [
      [bob, 'bob'],
      [carol, 'carol'],
    ] as const) {
      for (const { id, body } of frames.filter((frame) => frame.to === to)) {
        const push = await peer.receivePush();
        assert.deepEqual([push.id, push.body, push.from], [id, body, 'alice']);
      }
      await peer.expectNothing();
    }
  });

  test('what a message of a package escapes arrives as it is, and does not change the others', async () => {
    const [bob, alice] = [await loginDrained('bob'), await login('alice', 'send')];
    const texts = ['"a"', '"\\u0061\\/\\b"', '"\\ud83d\\ude00 \u2028"', '"<>\u007f"', '"\\\\\\""'];
    const ids = texts.map(() => freshId());
    alice.sendRaw(
      `[${texts.map((text, index) => `{"type":"message","id":"${ids[index]}","to":"bob","body":${text}}`).join(' ,\n')}]`,
    );
    for (const text of [...texts.slice(0, 1)])
      alice.sendRaw(`{"type":"message","id":"${freshId()}","to":"bob","body":${text}}`);
    for (const text of [...texts, ...texts.slice(0, 1)]) assert.equal((await bob.receivePush()).body, JSON.parse(text));
  });
});

describe('duplicates (R8)', () => {
  test('an undelivered duplicate is answered like a new message, and not pushed twice in a session (R8)', async () => {
    const [bob, alice] = [await loginDrained('bob'), await login('alice', 'send')];
    const [id, next] = [freshId(), freshId()];
    alice.send(message(id));
    await alice.expect({ type: 'stored', ids: [id] });
    alice.send(message(id));
    await alice.expect({ type: 'stored', ids: [id], duplicates: [id] });
    alice.send(message(next));
    assert.equal((await bob.receivePush()).id, id);
    assert.equal((await bob.receivePush()).id, next);
  });

  test('a delivered duplicate is answered with stored and delivered (R8)', async () => {
    const [bob, alice, id] = [await loginDrained('bob'), await login('alice', 'send'), freshId()];
    alice.send(message(id));
    await alice.expect({ type: 'stored', ids: [id] });
    const { seq } = await bob.receivePush();
    bob.send({ type: 'ack', seq });
    await alice.expect({ type: 'delivered', to: 'bob', ids: [id] });
    alice.send(message(id));
    await alice.expect({ type: 'stored', ids: [id], duplicates: [id] }, { type: 'delivered', to: 'bob', ids: [id] });
    await bob.expectNothing();
  });

  test('the same id with another body is a conflict, and the first body is kept', async () => {
    const [bob, alice, id] = [await loginDrained('bob'), await login('alice', 'send'), freshId()];
    alice.send(message(id, 'first'));
    await alice.expect({ type: 'stored', ids: [id] });
    alice.send(message(id, 'second'));
    await alice.expect({ type: 'error', code: 'id-conflict', retry: false, id, to: 'bob' });
    assert.equal((await bob.receivePush()).body, 'first');
    await bob.expectNothing();
  });

  test('the same id of two senders, or for two targets, is two messages', async () => {
    const bob = await loginDrained('bob');
    const [alice, carol, id] = [await login('alice', 'send'), await login('carol', 'send'), freshId()];
    for (const [sender, name] of [
      [alice, 'alice'],
      [carol, 'carol'],
    ] as const) {
      sender.send(message(id, `from ${name}`));
      await sender.expect({ type: 'stored', ids: [id] });
      const { from, body } = await bob.receivePush();
      assert.deepEqual([from, body], [name, `from ${name}`]);
    }
    alice.send(message(id, 'to carol', 'carol'));
    await alice.expect({ type: 'stored', ids: [id] });
  });
});

describe('a message that is refused', () => {
  test('a message with a forged sender is refused (R7)', async () => {
    const [bob, alice, id] = [await loginDrained('bob'), await login('alice', 'send'), freshId()];
    alice.send({ ...message(id), from: 'carol' });
    await alice.expect({ type: 'error', code: 'forged-sender', retry: false, id, to: 'bob' });
    alice.send({ ...message(id), from: 'alice' });
    await alice.expect({ type: 'stored', ids: [id] });
    assert.equal((await bob.receivePush()).from, 'alice');
  });

  for (const to of ['nobody', 'constructor']) {
    test(`a message to the unknown user ${to} is refused`, async () => {
      const [alice, id] = [await login('alice', 'send'), freshId()];
      alice.send(message(id, 'hello', to));
      await alice.expect({ type: 'error', code: 'unknown-user', retry: false, id, to });
    });
  }

  for (const [what, body] of [
    ['one byte', 'x'.repeat(65_537)],
    ['one byte of UTF-8', `${'中'.repeat(21_845)}xx`],
  ] as const) {
    test(`a body ${what} above 64 KiB is too large`, async () => {
      const [alice, id] = [await login('alice', 'send'), freshId()];
      alice.send(message(id, body));
      await alice.expect({ type: 'error', code: 'too-large', retry: false, field: 'body', id, to: 'bob' });
      await alice.expectNothing();
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
    test(`a message with ${JSON.stringify(wrong)} is invalid, with the field ${field}`, async () => {
      const alice = await login('alice', 'send');
      alice.send({ ...message('m'), ...wrong });
      await alice.expect({ type: 'error', code: 'invalid', retry: false, field, ...known });
      await alice.expectNothing();
    });
  }

  test('a message in mode operate breaks the protocol', async () => {
    const operator = await login('operator', 'operate');
    operator.send(message(freshId()));
    await operator.expectClose(4503, 'protocol-violation');
  });
});

describe('the size limit of a WebSocket message', () => {
  test('a WebSocket message of 256 KiB is accepted, one byte more ends the connection', async () => {
    const alice = await login('alice', 'send');
    alice.sendRaw('x'.repeat(256 * 1024));
    await alice.expectNothing();
    alice.sendRaw('x'.repeat(256 * 1024 + 1));
    await alice.expectClose(1009);
  });
});
