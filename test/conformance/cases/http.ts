/**
 * `POST /v1/messages/{user}`, over a real connection.
 *
 * R1: before the token is known to be right, nothing is read and nothing happens.
 * R3, R20: nobody sends without a token.
 * R7: a forged `from` is refused, never rewritten.
 * R8, R9, R11: a message is on disk before it is answered; a repeat is not stored again, and gets the same answer.
 * R12: only the recipient's ack makes it delivered.
 */
import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';
import { JSON_TYPE, PROBLEM_TYPE, STATUS_PHRASES } from '../../../src/protocol/http.js';
import { WIRE } from '../../../src/protocol/limits.js';
import { connectRaw } from '../../io/raw-socket.js';
import { openApi } from '../../openapi.js';
import { drained } from '../peer.js';
import { suite } from '../suite.js';
import { freshId } from '../target.js';

const { http, login, loginDrained } = suite();

let url: string;
let token: string;
beforeEach(async () => {
  ({ url, token } = await http('alice'));
});

interface Asked {
  readonly to?: string;
  readonly body?: string | Uint8Array;
  readonly method?: string;
  readonly token?: string | undefined;
  readonly headers?: Readonly<Record<string, string>>;
}

const { responses } = openApi().paths['/v1/messages/{user}'].post;

/** Sends a request. The answer is one of those in docs/openapi.json. */
async function ask({ to = 'bob', body = 'hi', method = 'POST', headers = {}, ...given }: Asked) {
  const credential = 'token' in given ? given.token : token;
  const response = await fetch(`${url}/v1/messages/${to}`, {
    method,
    headers: {
      'content-type': 'text/plain',
      ...(credential !== undefined && { authorization: `Bearer ${credential}` }),
      ...headers,
    },
    ...(method !== 'GET' && method !== 'HEAD' && { body }),
  });
  const { status } = response;
  const type = response.headers.get('content-type') ?? '';
  assert.deepEqual(Object.keys(responses[status]?.content ?? {}), [type], `status ${status}`);
  const text = await response.text();
  const answer = (text === '' ? {} : JSON.parse(text)) as Record<string, unknown>;
  if (type === PROBLEM_TYPE && text !== '') {
    const { code } = answer;
    assert.deepEqual([answer.status, answer.title], [status, STATUS_PHRASES[status]]);
    assert.ok(JSON.stringify(responses[status]).includes(`"${code}"`), `${status} ${code}`);
  }
  return { status, answer, headers: response.headers };
}

const key = (id: string) => ({ 'idempotency-key': id });
const json = { 'content-type': JSON_TYPE };

/** The status, the code and the field of the problem. */
async function refusalOf(asked: Asked): Promise<readonly unknown[]> {
  const { status, answer } = await ask(asked);
  return [status, answer.code, ...(answer.field === undefined ? [] : [answer.field])];
}

describe('a message by HTTP', () => {
  test('is stored under its key, answered 201, pushed and delivered like any other (R9 to R12)', async () => {
    const [bob, watcher, id] = [await loginDrained('bob'), await login('alice', 'send'), freshId()];
    const { status, answer, headers } = await ask({ body: 'build 42 is green', headers: key(id) });
    assert.deepEqual([status, answer], [201, { id, state: 'stored' }]);
    assert.equal(headers.get('cache-control'), 'no-store');
    const { seq, from, body, id: pushed } = await bob.receivePush();
    assert.deepEqual([from, body, pushed], ['alice', 'build 42 is green', id]);
    bob.send({ type: 'ack', seq });
    await watcher.expect({ type: 'delivered', to: 'bob', ids: [id] });
  });

  test('the other devices of the sender get a copy, as of any message', async () => {
    const desktop = await drained(await login('carol', 'chat', 'desktop', { copies: true }));
    const id = freshId();
    await ask({ body: 'from a script', headers: key(id), token: (await http('carol')).token });
    const { seq, id: pushed, to, body } = await desktop.receivePush();
    assert.deepEqual([pushed, to, body], [id, 'bob', 'from a script']);
    desktop.send({ type: 'ack', seq });
    await desktop.expectNothing();
  });

  test('without a key it gets an id of its own each time', async () => {
    const ids = [await ask({}), await ask({})].map(({ answer }) => answer.id);
    assert.equal(new Set(ids).size, 2);
  });

  test('a repeat is answered 200 as a duplicate, with its state now; another body is a conflict (R8)', async () => {
    const [bob, id] = [await loginDrained('bob'), freshId()];
    const again = { body: 'once', headers: key(id) };
    assert.equal((await ask(again)).status, 201);
    const { seq } = await bob.receivePush();
    assert.deepEqual((await ask(again)).answer, { id, state: 'stored', duplicate: true });
    assert.deepEqual(await refusalOf({ body: 'twice', headers: key(id) }), [409, 'id-conflict']);
    bob.send({ type: 'ack', seq }, { type: 'heartbeat' });
    await bob.expect({ type: 'heartbeat' });
    const { status, answer } = await ask(again);
    assert.deepEqual([status, answer], [200, { id, state: 'delivered', duplicate: true }]);
    const alice = await login('alice', 'send');
    alice.send({ type: 'message', id, to: 'bob', body: 'once' });
    await alice.expect({ type: 'stored', ids: [id], duplicates: [id] });
  });

  test('text arrives as it is, of every type that is text; also empty, with line ends, NUL and escapes', async () => {
    const bob = await loginDrained('bob');
    const bodies = [
      '',
      'a=b&c=%20+',
      'two\nlines\r\n',
      '\u0000\u001b[31m"\\',
      '\ufeff你好👩‍👩‍👧‍👦',
      'x'.repeat(WIRE.maxBodyBytes),
    ];
    const types = [
      'text/plain',
      'text/plain; charset=UTF-8',
      'application/x-www-form-urlencoded',
      'application/octet-stream',
    ];
    for (const [index, body] of bodies.entries()) {
      const headers = { 'content-type': types[index % types.length] as string };
      assert.equal((await ask({ body, headers })).status, 201);
      assert.equal((await bob.receivePush()).body, body);
    }
  });

  test('JSON has the body and may have the id', async () => {
    const [bob, id] = [await loginDrained('bob'), freshId('"\\')];
    const body = 'a "b" \\ \u0007 \u2028 👋';
    const { status, answer } = await ask({ body: JSON.stringify({ body, id, more: 1 }), headers: json });
    assert.deepEqual([status, answer], [201, { id, state: 'stored' }]);
    const { seq, ...push } = await bob.receivePush();
    assert.deepEqual([push.id, push.body], [id, body]);
    const both = { body: JSON.stringify({ body, id, from: 'alice', to: 'bob' }), headers: { ...json, ...key(id) } };
    assert.equal((await ask(both)).answer.duplicate, true);
  });

  test('a name in the path may be encoded', async () => {
    assert.equal((await ask({ to: '%62ob' })).status, 201);
  });
});

describe('wait=delivered', () => {
  test('is answered 200 when the recipient has acked it', async () => {
    const [bob, id] = [await loginDrained('bob'), freshId()];
    const answered = ask({ to: 'bob?wait=delivered&timeout=10s', headers: key(id) });
    const { seq } = await bob.receivePush();
    bob.send({ type: 'ack', seq });
    const { status, answer } = await answered;
    assert.deepEqual([status, answer], [200, { id, state: 'delivered' }]);
    const again = await ask({ to: 'bob?wait=delivered', headers: key(id) });
    assert.deepEqual([again.status, again.answer], [200, { id, state: 'delivered', duplicate: true }]);
  });

  test('is answered 202 when the time is over; sent again, it waits again', async () => {
    const [bob, id] = [await loginDrained('bob'), freshId()];
    const { status, answer } = await ask({ to: 'bob?wait=delivered&timeout=1ms', headers: key(id) });
    assert.deepEqual([status, answer], [202, { id, state: 'stored' }]);
    const again = ask({ to: 'bob?wait=delivered&timeout=10s', headers: key(id) });
    bob.send({ type: 'ack', seq: (await bob.receivePush()).seq });
    const { status: then, answer: last } = await again;
    assert.deepEqual([then, last], [200, { id, state: 'delivered', duplicate: true }]);
  });

  test('a message that is purged meanwhile is gone', async () => {
    const [bob, operator, id] = [await loginDrained('bob'), await login('operator', 'operate'), freshId()];
    const answered = refusalOf({ to: 'bob?wait=delivered', headers: key(id) });
    const { seq } = await bob.receivePush();
    operator.send({ type: 'purge', id: freshId(), user: 'bob', seqs: [seq] });
    assert.deepEqual(await answered, [410, 'purged']);
    assert.deepEqual(await refusalOf({ headers: key(id) }), [410, 'purged']);
  });

  for (const [query, field] of [
    ['wait=stored', 'wait'],
    ['wait=', 'wait'],
    ['timeout=1s', 'timeout'],
    ['wait=delivered&timeout=1', 'timeout'],
    ['wait=delivered&timeout=61s', 'timeout'],
    ['wait=delivered&timeout=-1s', 'timeout'],
    ['wait=delivered&wait=delivered', 'query'],
    ['wiat=delivered', 'query'],
    ['__proto__=1', 'query'],
  ] as const) {
    test(`?${query} is refused, and nothing is stored`, async () => {
      const id = freshId();
      assert.deepEqual(await refusalOf({ to: `bob?${query}`, headers: key(id) }), [400, 'invalid', field]);
      assert.equal((await ask({ headers: key(id) })).status, 201);
    });
  }
});

describe('what is refused', () => {
  test('a missing, malformed or wrong token (R3, R20), and tells how to give one', async () => {
    for (const wrong of [undefined, '', 'x', `${token}x`, token.toUpperCase(), `${token} ${token}`, 'alice']) {
      const { status, answer, headers } = await ask({ token: wrong });
      assert.deepEqual([status, answer.code], [401, 'unauthorized'], wrong);
      assert.equal(headers.get('www-authenticate'), 'Bearer realm="im"');
      assert.equal(headers.get('connection'), 'close');
    }
    for (const authorization of [
      token,
      `Basic ${Buffer.from(`alice:${token}`).toString('base64')}`,
      `Bearer ${token},x`,
    ])
      assert.deepEqual(await refusalOf({ headers: { authorization } }), [401, 'unauthorized']);
    assert.equal((await ask({ headers: { authorization: `bearer  ${token}` } })).status, 201);
  });

  test('other methods, also without a token', async () => {
    for (const method of ['GET', 'HEAD', 'PUT', 'DELETE', 'PATCH', 'OPTIONS']) {
      const { status, headers } = await ask({ method, token: undefined });
      assert.deepEqual([status, headers.get('allow')], [405, 'POST'], method);
    }
  });

  test('web pages, whatever token they have (R20)', async () => {
    for (const origin of ['https://evil.example', 'null', new URL(url).origin, ''])
      assert.match(await raw(`Origin: ${origin}\r\n`, 'hi'), /^HTTP\/1.1 403 .*"code":"web-page"/s);
  });

  test('unknown recipients and impossible names', async () => {
    assert.deepEqual(await refusalOf({ to: 'nobody' }), [404, 'unknown-user']);
    for (const to of ['Bob', '%00', '..%2fbob', '%zz', '%ff', 'b%20b', 'x'.repeat(33), 'bob;x'])
      assert.deepEqual(await refusalOf({ to }), [400, 'invalid', 'to'], to);
  });

  test('whom the recipient has blocked', async () => {
    const [carol, id] = [await login('carol', 'send'), freshId()];
    const change = async (action: string) => {
      carol.send({ type: 'senders', id: freshId(), action, names: ['alice'] });
      assert.equal((await carol.receive()).type, 'senders');
    };
    await ask({ to: 'carol', headers: key(id) });
    await change('block');
    assert.deepEqual(await refusalOf({ to: 'carol' }), [403, 'blocked']);
    assert.equal((await ask({ to: 'carol', headers: key(id) })).answer.duplicate, true, 'R8');
    await change('unblock');
  });

  test('a forged sender (R7), a recipient that contradicts the path, two ids', async () => {
    const send = (fields: object, headers = {}) =>
      refusalOf({ body: JSON.stringify({ body: 'x', ...fields }), headers: { ...json, ...headers } });
    assert.deepEqual(await send({ from: 'bob' }), [403, 'forged-sender']);
    assert.deepEqual(await send({ from: 1 }), [400, 'invalid', 'from']);
    assert.deepEqual(await send({ to: 'carol' }), [400, 'invalid', 'to']);
    assert.deepEqual(await send({ id: freshId() }, key(freshId())), [400, 'invalid', 'id']);
  });

  test('ids that are none', async () => {
    for (const id of ['a b', 'x'.repeat(WIRE.maxIdLength + 1), 'caf\u00e9', 'a\tb'])
      assert.deepEqual(await refusalOf({ headers: key(id) }), [400, 'invalid', 'id'], id);
    for (const id of ['', 'a b', 7, null, '\n'])
      assert.deepEqual(await refusalOf({ body: JSON.stringify({ body: 'x', id }), headers: json }), [
        400,
        'invalid',
        'id',
      ]);
  });

  test('bodies that are too large, not UTF-8, or not what they say', async () => {
    const [one, four] = [Buffer.alloc(WIRE.maxBodyBytes + 1, 'a'), Buffer.alloc(4 * WIRE.maxMessageBytes)];
    assert.deepEqual(await refusalOf({ body: one }), [413, 'too-large', 'body']);
    assert.deepEqual(await refusalOf({ body: JSON.stringify({ body: String(one) }), headers: json }), [
      413,
      'too-large',
      'body',
    ]);
    assert.deepEqual(await refusalOf({ body: four }), [413, 'too-large']);
    for (const body of [[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0x61, 0xe4]])
      assert.deepEqual(await refusalOf({ body: Uint8Array.from(body) }), [400, 'invalid', 'body']);
    for (const body of ['', 'hi', '[]', 'null', '"x"', '{"body":1}', '{}', '{"body":"\\ud800"}', '{"body":"x"} {}'])
      assert.deepEqual(await refusalOf({ body, headers: json }), [400, 'invalid', 'body'], body);
  });

  test('types that are neither text nor JSON, other character sets, compressed bodies', async () => {
    for (const type of [
      'image/png',
      'multipart/form-data; boundary=x',
      'text/plain; charset=latin1',
      'application/json5',
      'x',
    ])
      assert.deepEqual(await refusalOf({ headers: { 'content-type': type } }), [415, 'unknown-media-type'], type);
    assert.deepEqual(await refusalOf({ headers: { 'content-encoding': 'gzip' } }), [415, 'unknown-media-type']);
  });
});

describe('hostile requests', () => {
  test('headers that are there twice do not count, and a line end begins no header', async () => {
    const other = (await http('bob')).token;
    for (const [more, status, code] of [
      [`Authorization: Bearer ${other}\r\n`, 401, 'unauthorized'],
      [`authorization: Bearer ${token}\r\n`, 401, 'unauthorized'],
      ['Idempotency-Key: a\r\nIdempotency-Key: b\r\n', 400, 'invalid'],
      ['Content-Type: text/plain\r\nContent-Type: application/json\r\n', 415, 'unknown-media-type'],
    ] as const)
      assert.match(await raw(more, 'hi'), new RegExp(`^HTTP/1.1 ${status} .*"code":"${code}"`, 's'), more);
    assert.doesNotMatch(await raw('Idempotency-Key: a\r\n\r\n', 'hi'), /"id":"a\\/);
  });

  for (const [what, headers, body, status] of [
    ['lies about its length', 'Content-Length: 2\r\nContent-Length: 3\r\n', 'hi!', 400],
    ['has a length and chunks', 'Content-Length: 2\r\nTransfer-Encoding: chunked\r\n', '2\r\nhi\r\n0\r\n\r\n', 400],
    ['has a length that is no number', 'Content-Length: -2\r\n', 'hi', 400],
    ['has a chunk that is none', 'Transfer-Encoding: chunked\r\n', 'zz\r\nhi\r\n', 400],
    ['has headers without end', `X: ${'x'.repeat(20_000)}`, '', 431],
    ['has a NUL in a header', 'X: a\0b\r\n', '', 400],
    ['has a bare CR in a header', 'X: a\rb\r\n', '', 400],
    ['expects something else', 'Expect: more\r\nConnection: close\r\nContent-Length: 2\r\n', 'hi', 417],
  ] as const) {
    test(`one that ${what} is answered ${status}, and its connection ends`, async () => {
      assert.match(await raw(headers, body, false), new RegExp(`^HTTP/1.1 ${status} `));
      assert.equal((await ask({})).status, 201);
    });
  }

  test('chunks without end are cut off at the limit', async () => {
    const { socket, until } = await connectRaw(url);
    socket.write(`${head()}Transfer-Encoding: chunked\r\n\r\n`);
    const chunk = `10000\r\n${'x'.repeat(0x10000)}\r\n`;
    for (let index = 0; index < 5; index++) socket.write(chunk);
    assert.match(String(await until('"code":"too-large"')), /^HTTP\/1.1 413 /);
    socket.destroy();
  });

  test('a client that asks first is told to go on, but not before its token is known to be right (R1)', async () => {
    const { socket, until } = await connectRaw(url);
    socket.write(`${head()}Expect: 100-continue\r\nContent-Length: 2\r\n\r\n`);
    assert.match(String(await until('\r\n\r\n')), /^HTTP\/1.1 100 Continue\r\n/);
    socket.write('hi');
    assert.match(String(await until('"state":"stored"')), /HTTP\/1.1 201 /);
    socket.destroy();
    for (const [given, length, status] of [
      ['x', 2, 401],
      [token, 10 * WIRE.maxMessageBytes, 413],
    ] as const) {
      const other = await connectRaw(url);
      other.socket.write(`${head(given)}Expect: 100-continue\r\nContent-Length: ${length}\r\n\r\n`);
      assert.match(String(await other.until('}\n')), new RegExp(`^HTTP/1.1 ${status} `));
      other.socket.destroy();
    }
  });

  test('one of HTTP/1.0, and one that names the whole URL', async () => {
    for (const line of [
      'POST /v1/messages/bob HTTP/1.0',
      `POST ${url}/v1/messages/bob?wait=delivered&timeout=0s HTTP/1.1`,
    ]) {
      const { socket, until } = await connectRaw(url);
      socket.write(`${line}\r\nHost: x\r\nAuthorization: Bearer ${token}\r\nContent-Length: 2\r\n\r\nhi`);
      assert.match(String(await until('"state":"stored"')), /^HTTP\/1.1 20[12] /);
      socket.destroy();
    }
  });
});

const head = (credential = token): string =>
  `POST /v1/messages/bob HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${credential}\r\n`;

/** The answer to a request with these headers, and the end of its connection. @param isWhole with a length that is right. */
async function raw(headers: string, body: string, isWhole = true): Promise<string> {
  const { socket, everything } = await connectRaw(url);
  const length = isWhole ? `Connection: close\r\nContent-Length: ${body.length}\r\n` : '';
  socket.write(`${head()}${length}${headers}\r\n${body}`);
  return String(await everything);
}
