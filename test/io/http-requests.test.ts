/** Plain HTTP requests on the port of the WebSocket: one at a time, and everything about them has a bound. On real sockets. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { Agent, request as httpsRequest } from 'node:https';
import type { Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import type { HttpAnswer, HttpExchange } from '../../src/io/http-exchange.js';
import { TRANSPORT } from '../../src/io/limits.js';
import { type ListenOptions, listenWs } from '../../src/io/ws-server.js';
import { certificate } from './certificate.js';
import { connectRaw, upgradeRequest } from './raw-socket.js';
import { acceptor } from './tap.js';

const OK: HttpAnswer = { status: 201, contentType: 'text/plain', text: 'done\n' };

/** A server that keeps the requests until the test answers them. */
async function listen(t: TestContext, options: Partial<ListenOptions> = {}) {
  const requests: HttpExchange[] = [];
  let wake = (): void => {};
  const acceptRequest = (exchange: HttpExchange): boolean => {
    if (exchange.target === '/other') return false;
    requests.push(exchange);
    wake();
    return true;
  };
  const listener = await listenWs({ host: '127.0.0.1', port: 0, acceptRequest, ...options }, acceptor(() => {}).accept);
  t.after(() => listener.close());
  /** The request with this number, counted from 0. */
  const request = async (index: number): Promise<HttpExchange> => {
    while (requests.length <= index)
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    return requests[index] as HttpExchange;
  };
  const connect = async () => {
    const raw = await connectRaw(listener.url);
    t.after(() => raw.socket.destroy());
    return raw;
  };
  return { listener, requests, request, connect };
}

const post = (target: string, body = '', headers = ''): string =>
  `POST ${target} HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n${headers}\r\n${body}`;

test('a connection goes on after the answer to one whose token is right, and ends after that to a stranger', async (t) => {
  const counts = { strangers: 0, strangersCut: 0 };
  const { connect, request } = await listen(t, { counts });
  const { socket, until, everything } = await connect();
  for (const name of ['/1', '/2']) {
    socket.write(post(name, 'body'));
    const exchange = await request(Number(name.slice(1)) - 1);
    assert.deepEqual([exchange.method, exchange.target, counts.strangers], ['POST', name, 1]);
    exchange.recognised();
    assert.equal(counts.strangers, 0);
    assert.equal(String(await exchange.body(4)), 'body');
    exchange.answer({ ...OK, text: `${name}\n` });
    assert.ok(exchange.isOver);
    assert.equal(counts.strangers, 1);
    await until(`${name}\n`);
  }
  socket.write(post('/3'));
  (await request(2)).answer(OK);
  const text = String(await everything);
  assert.equal(text.match(/connection: close/gi)?.length, 1);
  assert.equal(counts.strangers, 0);
});

test('with TLS it is the same', async (t) => {
  const counts = { strangers: 0, strangersCut: 0 };
  const { listener, request } = await listen(t, { counts, tls: certificate });
  const agent = new Agent({ keepAlive: true, ca: certificate.cert });
  t.after(() => agent.destroy());
  for (const index of [0, 1]) {
    const sent = httpsRequest(`${listener.url.replace('wss', 'https')}/${index}`, { agent, method: 'POST' });
    const answered = once(sent, 'response') as Promise<[IncomingMessage]>;
    sent.end('body');
    const exchange = await request(index);
    exchange.recognised();
    assert.equal(counts.strangers, 0);
    assert.equal(String(await exchange.body(4)), 'body');
    exchange.answer(OK);
    assert.equal(counts.strangers, 1);
    const [response] = await answered;
    assert.deepEqual([response.statusCode, sent.reusedSocket], [201, index > 0]);
    response.resume();
    await once(response, 'end');
  }
});

test('requests that follow without waiting are not begun: the connection ends after the first answer', async (t) => {
  const { connect, request, requests } = await listen(t);
  const { socket, everything } = await connect();
  socket.write(post('/1') + post('/2') + post('/3'));
  const first = await request(0);
  first.recognised();
  assert.equal(String(await first.body(9)), '');
  first.answer(OK);
  assert.equal(String(await everything).match(/HTTP\/1.1/g)?.length, 1);
  assert.equal(requests.length, 1);
});

test('a peer that leaves behind such a request is noticed, and what it sends until then is bounded', async (t) => {
  const { connect, request, requests } = await listen(t);
  const body = 'b'.repeat(256 * 1024);
  const leave: ((socket: Socket) => void)[] = [
    (socket) => socket.end(),
    (socket) => socket.resetAndDestroy(),
    (socket) => socket.end(post('/2', body)),
    (socket) => socket.write(Buffer.alloc(TRANSPORT.maxIgnoredBytes + 1)),
  ];
  for (const [index, end] of leave.entries()) {
    const { socket, everything } = await connect();
    socket.write(post('/1') + post('/2', body));
    const exchange = await request(index);
    exchange.recognised();
    await exchange.body(9);
    const gone = new Promise<void>((resolve) => exchange.onGone(resolve));
    end(socket);
    await Promise.all([gone, everything]);
    assert.ok(exchange.isOver);
  }
  assert.equal(requests.length, leave.length);
});

test('a connection has a bounded number of requests, and does not wait long for the next one', async (t) => {
  const { connect, request } = await listen(t);
  const { socket, until } = await connect();
  socket.write(post('/1'));
  const first = await request(0);
  first.recognised();
  await first.body(0);
  first.answer(OK);
  const seconds = TRANSPORT.keepAliveMs / 1_000;
  const text = String(await until('done\n'));
  assert.match(text, new RegExp(`Keep-Alive: timeout=${seconds}, max=${TRANSPORT.maxRequests}\r\n`));
});

test('a body is read up to its limit', async (t) => {
  const { connect, request } = await listen(t);
  const sent = [
    [post('/0', 'abcde'), 'abcde'],
    [post('/1', 'abcdef'), 'too-large'],
    ['POST /2 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n3\r\ncde\r\n0\r\n\r\n', 'abcde'],
    ['POST /3 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n4\r\ncdef\r\n', 'too-large'],
  ] as const;
  for (const [index, [bytes, expected]] of sent.entries()) {
    const { socket, until } = await connect();
    socket.write(bytes);
    const exchange = await request(index);
    exchange.recognised();
    assert.equal(String(await exchange.body(5)), expected);
    exchange.answer(OK);
    assert.match(String(await until('done\n')), expected === 'too-large' ? /connection: close/ : /keep-alive/);
    socket.destroy();
  }
});

test('an answer before the end of the body arrives, and what follows is bounded', async (t) => {
  const { connect, request } = await listen(t);
  const { socket, until, everything } = await connect();
  const bytes = 8 * TRANSPORT.maxIgnoredBytes;
  socket.write(`POST /1 HTTP/1.1\r\nHost: x\r\nContent-Length: ${bytes}\r\n\r\nbegin`);
  (await request(0)).answer(OK);
  await until('done\n');
  socket.write(Buffer.alloc(bytes - 5));
  await everything;
  const patient = await connect();
  patient.socket.write(post('/2').replace('Length: 0', 'Length: 5'));
  (await request(1)).answer(OK);
  await patient.until('done\n');
  patient.socket.write('after');
  assert.match(String(await patient.everything), /done\n$/);
});

test('a peer that does not end its body after the answer is cut', async (t) => {
  const { connect, request } = await listen(t, { closeTimeoutMs: 50 });
  const { socket, everything } = await connect();
  socket.write(post('/1').replace('Length: 0', 'Length: 5'));
  (await request(0)).answer(OK);
  assert.match(String(await everything), /done\n$/);
});

test('one whose peer leaves is over, and says so', async (t) => {
  const { connect, request } = await listen(t);
  const { socket } = await connect();
  socket.write(post('/1').replace('Length: 0', 'Length: 5'));
  const exchange = await request(0);
  const gone = new Promise<void>((resolve) => exchange.onGone(resolve));
  const body = exchange.body(9);
  socket.resetAndDestroy();
  await gone;
  assert.deepEqual([await body, exchange.isOver], ['gone', true]);
  exchange.answer(OK);
  exchange.recognised();
  assert.equal(await exchange.body(9), 'gone');
});

test('a stranger with a request is cut when there are too many, one that is recognised is not', async (t) => {
  const counts = { strangers: 0, strangersCut: 0 };
  const { connect, request } = await listen(t, { counts, strangers: { max: 9, maxPerNetwork: 1 } });
  const [first, second] = [await connect(), await connect()];
  await first.everything;
  assert.equal(counts.strangersCut, 1);
  second.socket.write(post('/1'));
  const exchange = await request(0);
  exchange.recognised();
  await connect();
  const third = await connect();
  assert.deepEqual([exchange.isOver, counts.strangersCut >= 1], [false, true]);
  exchange.answer(OK); // It ends, or goes on as the newest stranger.
  await second.until('done\n');
  third.socket.destroy();
});

test('when the server stops, requests are answered, and connections that wait for one are closed', async (t) => {
  const { listener, connect, request } = await listen(t);
  const [silent, half, idle, busy] = [await connect(), await connect(), await connect(), await connect()];
  half.socket.write('POST /');
  idle.socket.write(post('/1'));
  const first = await request(0);
  first.recognised();
  await first.body(0);
  first.answer(OK);
  await idle.until('done\n');
  busy.socket.write(post('/2'));
  const second = await request(1);
  const [wasBusy, closing] = [second.isOver, listener.close()];
  await Promise.all([silent.everything, half.everything, idle.everything]);
  second.recognised();
  await second.body(0);
  second.answer(OK);
  assert.match(String(await busy.everything), /connection: close[\s\S]*done\n$/i);
  assert.equal(wasBusy, false);
  await closing;
});

test('what is sent behind a request, without waiting for its answer, is not begun: no other path, and no WebSocket', async (t) => {
  const { connect, requests, request } = await listen(t);
  const ignored = await connect();
  ignored.socket.write(post('/other') + post('/1'));
  assert.match(String(await ignored.everything), /^HTTP\/1.1 426 /);
  assert.equal(requests.length, 0);
  const upgraded = await connect();
  upgraded.socket.write(post('/1') + upgradeRequest());
  await request(0);
  assert.doesNotMatch(String(await upgraded.everything), /HTTP\/1.1 101 /);
  assert.ok(requests[0]?.isOver);
});

test('other paths are for the transport, on a connection that can still become a WebSocket', async (t) => {
  const { connect } = await listen(t);
  const { socket, everything } = await connect();
  socket.write(post('/other'));
  assert.match(String(await everything), /^HTTP\/1.1 426 [\s\S]*POST \/v1\/messages\/USER/);
  const other = await connect();
  other.socket.write(upgradeRequest());
  assert.match(String(await other.until('\r\n\r\n')), /^HTTP\/1.1 101 /);
  other.socket.destroy();
  await once(other.socket, 'close');
});
