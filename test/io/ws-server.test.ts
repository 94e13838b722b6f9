/** The server's WebSocket transport on real sockets, from the handshake to every way to close. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { TRANSPORT } from '../../src/io/limits.js';
import { randomSecret } from '../../src/io/server-proof.js';
import type { Listener } from '../../src/io/transport.js';
import { createDial } from '../../src/io/ws-client.js';
import { type ListenOptions, listenWs } from '../../src/io/ws-server.js';
import { WIRE } from '../../src/protocol/limits.js';
import { certificate } from './certificate.js';
import { closeCodeOf, connectRaw, frame, OPCODES, openRaw, upgradeRequest } from './raw-socket.js';
import { type Accepted, acceptor, Tap } from './tap.js';

/** A listener that is closed after the test, and its connections. */
async function listen(t: TestContext, options: Partial<ListenOptions> = {}, onAccept?: (accepted: Accepted) => void) {
  const connections: Accepted[] = [];
  const { accept, next, ready } = acceptor((accepted) => {
    connections.push(accepted);
    onAccept?.(accepted);
  });
  const listener = await listenWs({ host: '127.0.0.1', port: 0, ...options }, accept);
  t.after(() => {
    for (const { transport } of connections) transport.cut();
    return listener.close();
  });
  return { listener, url: listener.url, next, ready };
}

const trusting = ({ peer }: Accepted): void => peer.trust();

function dial(t: TestContext, url: string, ca?: string) {
  const tap = new Tap();
  const transport = createDial({ ca })(url, tap);
  t.after(() => transport.cut());
  return { tap, transport };
}

/** The server still serves others: a message arrives in each direction. */
async function assertServes(t: TestContext, { url, next }: Awaited<ReturnType<typeof listen>>): Promise<void> {
  const { tap, transport } = dial(t, url);
  await tap.open;
  const server = await next();
  transport.send('ping');
  await server.tap.count(1);
  server.transport.send('pong');
  await tap.count(1);
  transport.close(1000, '');
  await server.tap.ended;
}

// Handshakes.

const NONCE = randomSecret();
for (const [what, headers, isProven] of [
  ['a nonce', { 'Im-Nonce': NONCE }, true],
  ['no nonce', {}, false],
  ['an empty nonce', { 'Im-Nonce': '' }, false],
  ['a nonce that is too long', { 'Im-Nonce': `${NONCE}x` }, false],
  ['a nonce with other characters', { 'Im-Nonce': `${NONCE.slice(0, -2)}"\u00fc` }, false],
  ['two nonces', { 'Im-Nonce': NONCE, 'im-nonce': NONCE }, false],
] as const) {
  test(`a handshake with ${what} is answered ${isProven ? 'with' : 'without'} a proof`, async (t) => {
    const asked: string[] = [];
    const prove = (nonce: string) => {
      asked.push(nonce);
      return 'the-proof';
    };
    const { url } = await listen(t, { prove });
    const raw = await connectRaw(url);
    raw.socket.write(upgradeRequest(headers), 'latin1');
    const answer = (await raw.until('\r\n\r\n')).toString();
    assert.match(answer, /^HTTP\/1\.1 101 /);
    assert.deepEqual([answer.includes('im-proof: the-proof'), asked], [isProven, isProven ? [NONCE] : []]);
    raw.socket.destroy();
  });
}

for (const [offered, status, chosen] of [
  ['im.v1', 101, 'im.v1'],
  ['chat, im.v1', 101, 'im.v1'],
  [undefined, 101, undefined],
  ['im.v2', 400, undefined],
  ['im.v1x', 400, undefined],
  [',', 400, undefined],
] as const) {
  test(`a client that offers the subprotocol ${offered ?? 'nothing'} is answered ${status}`, async (t) => {
    const { url } = await listen(t);
    const { socket, until } = await connectRaw(url);
    t.after(() => socket.destroy());
    socket.write(upgradeRequest({ 'Sec-WebSocket-Protocol': offered }));
    const head = String(await until('\r\n\r\n'));
    assert.match(head, new RegExp(`^HTTP/1.1 ${status} `));
    assert.equal(/^sec-websocket-protocol: (.*)\r$/im.exec(head)?.[1], chosen);
  });
}

test('compression is declined, even if the client offers it', async (t) => {
  const { url } = await listen(t);
  const { socket, until } = await connectRaw(url);
  t.after(() => socket.destroy());
  socket.write(upgradeRequest({ 'Sec-WebSocket-Extensions': 'permessage-deflate' }));
  assert.doesNotMatch(String(await until('\r\n\r\n')), /extensions/i);
});

test('a web page in a browser cannot connect, unless its origin is allowed (R20)', async (t) => {
  const server = await listen(t, { origins: ['https://chat.example'] });
  for (const [headers, status] of [
    [{ Origin: 'https://evil.example' }, 403],
    [{ Origin: 'null' }, 403],
    [{ Origin: '' }, 403],
    [{ 'Sec-WebSocket-Version': '8', 'Sec-WebSocket-Origin': 'https://evil.example' }, 403],
    [{ Origin: 'https://chat.example' }, 101],
  ] as const) {
    const { socket, until } = await connectRaw(server.url);
    t.after(() => socket.destroy());
    socket.write(upgradeRequest(headers));
    assert.match(String(await until('\r\n\r\n')), new RegExp(`^HTTP/1.1 ${status} `), JSON.stringify(headers));
  }
  assert.equal(server.ready.length, 1);
});

for (const [what, bytes, status] of [
  ['sends a plain GET', 'GET / HTTP/1.1\r\nHost: x\r\n\r\n', 426],
  ['posts a form', 'POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\na=b', 426],
  ['requests another upgrade', upgradeRequest({ Upgrade: 'h2c' }), 400],
  ['sends no key', upgradeRequest({ 'Sec-WebSocket-Key': undefined }), 400],
  ['sends an unknown WebSocket version', upgradeRequest({ 'Sec-WebSocket-Version': '99' }), 400],
  ['does not speak HTTP', 'hello, is this IRC?\r\n\r\n', 400],
  ['sends headers above maxHeaderBytes', `GET / HTTP/1.1\r\nX: ${'x'.repeat(TRANSPORT.maxHeaderBytes)}`, 431],
] as const) {
  test(`a client that ${what} is answered ${status} and disconnected`, async (t) => {
    const server = await listen(t);
    const { socket, everything } = await connectRaw(server.url);
    socket.write(bytes);
    assert.match(String(await everything), new RegExp(`^HTTP/1.1 ${status} `));
    assert.equal(server.ready.length, 0);
    await assertServes(t, server);
  });
}

for (const [what, bytes] of [
  ['sends nothing', ''],
  ['stops in the middle of its request', upgradeRequest().slice(0, 60)],
  [
    'announces a body and never sends it',
    'POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 9\r\n\r\n',
  ],
] as const) {
  test(`a client that ${what} is disconnected after the handshake timeout (R1)`, async (t) => {
    const server = await listen(t, { handshakeTimeoutMs: 100 });
    const { socket, everything } = await connectRaw(server.url);
    socket.write(bytes);
    await everything;
    await assertServes(t, server);
  });
}

test('a reset in the middle of a handshake does not affect others', async (t) => {
  const server = await listen(t);
  for (const bytes of ['', 'GET', upgradeRequest().slice(0, -2), upgradeRequest({ Origin: 'x' })]) {
    const { socket, everything } = await connectRaw(server.url);
    socket.write(bytes);
    socket.resetAndDestroy();
    await everything;
  }
  await assertServes(t, server);
});

test('sockets above maxSockets are dropped', async (t) => {
  const server = await listen(t, { maxSockets: 1 });
  const first = await openRaw(server.url);
  const second = await connectRaw(server.url);
  assert.equal(String(await second.everything), '');
  const { tap } = await server.next();
  first.socket.destroy();
  await tap.ended;
  await assertServes(t, server);
});

// Connections that have not logged in.

test('the oldest stranger of an address is cut when it has too many, whatever its state; a recognised one is none', async (t) => {
  const counts = { strangers: 0, strangersCut: 0 };
  const server = await listen(t, { counts, strangers: { max: 100, maxPerNetwork: 2 } });
  const friend = await openRaw(server.url);
  (await server.next()).peer.recognised();
  assert.equal(counts.strangers, 0);
  const silent = await connectRaw(server.url);
  const upgraded = await openRaw(server.url);
  const { tap } = await server.next();
  await openRaw(server.url);
  assert.equal(String(await silent.everything), '', 'before the handshake it is cut without a word');
  await openRaw(server.url);
  assert.deepEqual(await tap.ended, { code: 4003, reason: 'the server has no room for another connection' });
  assert.equal(closeCodeOf(await upgraded.everything), 4003);
  assert.deepEqual(counts, { strangers: 2, strangersCut: 2 });
  assert.equal(friend.socket.destroyed, false);
});

test('many strangers from one address cannot keep out one from another', async (t) => {
  const server = await listen(t, { strangers: { max: 4, maxPerNetwork: 4 } });
  for (let count = 0; count < 4; count++) await connectRaw(server.url, '127.0.1.1');
  const friend = await openRaw(server.url, '127.0.1.2');
  const { tap } = await server.next();
  for (let count = 0; count < 8; count++) await openRaw(server.url, '127.0.1.1');
  friend.socket.write(frame('still here'));
  await tap.count(1);
});

test('a network that is not welcome is cut before the handshake', async (t) => {
  const counts = { strangers: 0, strangersCut: 0 };
  const isWelcome = (network: string, strangers: number): boolean => network !== '127.0.1.1' || strangers < 1;
  const server = await listen(t, { counts, isWelcome });
  await connectRaw(server.url, '127.0.1.1');
  const second = connectRaw(server.url, '127.0.1.1').then(({ everything }) => everything);
  const answer = await second.catch(({ code }: NodeJS.ErrnoException) => code);
  assert.match(String(answer), /^(ECONNRESET)?$/, 'the reset may come before the client has seen that it is connected');
  await assertServes(t, server);
  assert.equal(counts.strangersCut, 1);
});

test('a stranger that the server has closed is cut when it does not answer and others come', async (t) => {
  const server = await listen(t, { strangers: { max: 1, maxPerNetwork: 1 } }, ({ transport }) =>
    transport.close(4500, 'no'),
  );
  const first = await openRaw(server.url);
  await connectRaw(server.url);
  assert.equal(closeCodeOf(await first.everything), 4500);
});

test('with TLS too, strangers are counted from the first packet until they are recognised', async (t) => {
  const counts = { strangers: 0, strangersCut: 0 };
  const server = await listen(t, { tls: certificate, counts, strangers: { max: 1, maxPerNetwork: 1 } });
  const { tap, transport } = dial(t, server.url, certificate.cert);
  await tap.open;
  const { peer } = await server.next();
  assert.equal(counts.strangers, 1);
  peer.recognised();
  assert.equal(counts.strangers, 0);
  const silent = await connectRaw(server.url.replace('wss', 'ws'));
  await connectRaw(server.url.replace('wss', 'ws'));
  assert.equal(String(await silent.everything), '');
  assert.equal(tap.isOpen, true);
  transport.close(1000, '');
  await tap.ended;
});

for (const tls of [undefined, certificate]) {
  test(`the end of a server waits for no handshake${tls ? ', that of TLS neither' : ''}`, async (t) => {
    // Longer than a test may take.
    const server = await listen(t, { ...(tls && { tls }), handshakeTimeoutMs: 200_000 });
    const silent = await connectRaw(server.url.replace('wss', 'ws'));
    const { tap, transport } = dial(t, server.url, tls?.cert);
    await tap.open; // So the other one has been accepted, too.
    transport.close(1000, '');
    await server.listener.close();
    assert.equal(String(await silent.everything), '');
  });
}

// Receiving.

test('text messages arrive complete and in order, fragmented or not, with their size in bytes', async (t) => {
  const server = await listen(t);
  const { socket } = await openRaw(server.url);
  const { tap } = await server.next();
  const euro = Buffer.from('€');
  socket.write(frame('{"type":"heartbeat"}'));
  socket.write(frame('你好 👩‍👩‍👧 \u0000'));
  socket.write(frame(euro.subarray(0, 1), { isFinal: false }));
  socket.write(frame('between', { opcode: OPCODES.ping }));
  socket.write(frame(euro.subarray(1, 2), { opcode: OPCODES.continuation, isFinal: false }));
  socket.write(frame(euro.subarray(2), { opcode: OPCODES.continuation }));
  socket.write(frame(''));
  await tap.count(4);
  assert.deepEqual(tap.texts, ['{"type":"heartbeat"}', '你好 👩‍👩‍👧 \u0000', '€', '']);
  assert.equal(tap.bytes, Buffer.byteLength(tap.texts.join('')));
  socket.destroy();
});

test('a binary message is received as undefined, so that it is passed over (R2)', async (t) => {
  const server = await listen(t);
  const { socket } = await openRaw(server.url);
  const { tap } = await server.next();
  socket.write(frame(Buffer.alloc(100, 0xff), { opcode: OPCODES.binary }));
  await tap.count(1);
  assert.deepEqual([tap.texts, tap.bytes], [[undefined], 100]);
  socket.destroy();
});

test('a frame in the same packet as the handshake is received', async (t) => {
  const server = await listen(t);
  const { socket } = await connectRaw(server.url);
  socket.write(Buffer.concat([Buffer.from(upgradeRequest()), frame('early')]));
  const { tap } = await server.next();
  await tap.count(1);
  assert.deepEqual(tap.texts, ['early']);
  socket.destroy();
});

// Violations of RFC 6455 close that connection only.

const large = (bytes: number): string => 'x'.repeat(bytes);

for (const [what, code, ...frames] of [
  ['text that is not UTF-8', 1007, frame(Buffer.from([0xc3, 0x28]))],
  ['text with half a surrogate pair', 1007, frame(Buffer.from([0xed, 0xa0, 0x80]))],
  ['a reserved bit', 1002, frame('x', { reserved: 4 })],
  ['all reserved bits', 1002, frame('x', { reserved: 7 })],
  ['a frame that is not masked', 1002, frame('x', { isMasked: false })],
  ['an unknown opcode', 1002, frame('x', { opcode: 3 })],
  ['an unknown control opcode', 1002, frame('x', { opcode: 11 })],
  ['a continuation of nothing', 1002, frame('x', { opcode: OPCODES.continuation })],
  ['a text inside a text', 1002, frame('x', { isFinal: false }), frame('y')],
  ['a ping above 125 bytes', 1002, frame(large(126), { opcode: OPCODES.ping })],
  ['a ping in fragments', 1002, frame('x', { opcode: OPCODES.ping, isFinal: false })],
  ['a close frame of one byte', 1002, frame('x', { opcode: OPCODES.close })],
  ['a close frame with an invalid code', 1002, frame(Buffer.from([0, 1]), { opcode: OPCODES.close })],
  ['a message one byte above maxMessageBytes', 1009, frame(large(WIRE.maxMessageBytes + 1))],
  [
    'fragments that exceed maxMessageBytes together',
    1009,
    frame(large(WIRE.maxMessageBytes), { isFinal: false }),
    frame('x', { opcode: OPCODES.continuation }),
  ],
  ['a length that needs 63 bits', 1009, Buffer.from('81ff7fffffffffffffff00000000', 'hex')],
  [
    'more than maxFragments fragments',
    1008,
    frame('', { isFinal: false }),
    ...Array<Buffer>(TRANSPORT.maxFragments).fill(frame('', { opcode: OPCODES.continuation, isFinal: false })),
  ],
] as const) {
  test(`${what} ends the connection with ${code}`, async (t) => {
    const server = await listen(t, { closeTimeoutMs: 100 }, trusting);
    const { socket, everything } = await openRaw(server.url);
    const { tap } = await server.next();
    socket.write(Buffer.concat(frames));
    assert.equal((await tap.ended).code, code);
    assert.equal(closeCodeOf(await everything), code);
    assert.deepEqual(tap.texts, []);
    await assertServes(t, server);
  });
}

test('any bytes after the handshake leave the server running', async (t) => {
  const server = await listen(t, { closeTimeoutMs: 100 }, trusting);
  const bytes = fc.oneof(
    fc.uint8Array({ minLength: 1, maxLength: 300 }),
    fc
      .tuple(fc.uint8Array({ maxLength: 200 }), fc.nat(15), fc.boolean(), fc.nat(7))
      .map(([payload, opcode, isFinal, reserved]) => frame(payload, { opcode, isFinal, reserved: reserved & 4 })),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(bytes, { minLength: 1, maxLength: 5 }), async (chunks) => {
      const { socket, everything } = await openRaw(server.url);
      const { tap } = await server.next();
      socket.end(Buffer.concat(chunks));
      await Promise.all([tap.ended, everything]);
    }),
    { numRuns: 300 },
  );
  await assertServes(t, server);
});

// The limit before login (R1).

test('a login of maxBytesBeforeLogin is received before login, in one or in many packets', async (t) => {
  const server = await listen(t);
  for (const pieces of [1, 64]) {
    const { socket } = await openRaw(server.url);
    const { tap } = await server.next();
    const login = frame(large(WIRE.maxBytesBeforeLogin));
    for (let at = 0; at < login.length; at += Math.ceil(login.length / pieces)) {
      socket.write(login.subarray(at, at + Math.ceil(login.length / pieces)));
    }
    await tap.count(1);
    assert.equal(tap.bytes, WIRE.maxBytesBeforeLogin);
    socket.destroy();
  }
});

for (const [what, frames] of [
  ['in one message', [frame(large(WIRE.maxBytesBeforeLogin + TRANSPORT.framingBytesBeforeLogin))]],
  ['in many messages', Array<Buffer>(50).fill(frame(large(100)))],
  ['in fragments', [frame(large(4_000), { isFinal: false }), frame(large(200), { opcode: 0 })]],
  ['in pings', Array<Buffer>(40).fill(frame(large(120), { opcode: OPCODES.ping }))],
  ['in binary', [frame(large(5_000), { opcode: OPCODES.binary })]],
] as const) {
  test(`more than maxBytesBeforeLogin before login, ${what}, closes with 1009, and the rest is not read (R1)`, async (t) => {
    const server = await listen(t, { closeTimeoutMs: 3_600_000 });
    const { socket, everything } = await openRaw(server.url);
    const { tap, peer } = await server.next();
    socket.write(Buffer.concat(frames));
    socket.write(Buffer.concat(Array<Buffer>(1_000).fill(frame(large(1_000)))));
    const ended = await tap.ended;
    assert.equal(ended.code, 1009);
    assert.equal(ended.reason, `more than ${WIRE.maxBytesBeforeLogin} bytes before login`);
    assert.equal(closeCodeOf(await everything), 1009);
    assert.ok(tap.bytes <= WIRE.maxBytesBeforeLogin, `${tap.bytes} bytes were received`);
    peer.trust(); // The login succeeds too late: no effect.
    await assertServes(t, server);
  });
}

test('after trust(), messages may be as large as maxMessageBytes', async (t) => {
  const server = await listen(t);
  const { socket } = await openRaw(server.url);
  const { tap, peer } = await server.next();
  socket.write(frame('login'));
  await tap.count(1);
  peer.trust();
  peer.trust();
  socket.write(frame(large(WIRE.maxMessageBytes)));
  socket.write(frame(large(WIRE.maxMessageBytes)));
  await tap.count(3);
  assert.equal(tap.bytes, 5 + 2 * WIRE.maxMessageBytes);
  socket.destroy();
});

// Closing.

test('a close frame of the client is reported with its code and reason', async (t) => {
  const server = await listen(t);
  const { socket, everything } = await openRaw(server.url);
  const { tap } = await server.next();
  socket.write(frame(Buffer.concat([Buffer.from([0x03, 0xe8]), Buffer.from('done')]), { opcode: OPCODES.close }));
  assert.deepEqual(await tap.ended, { code: 1000, reason: 'done' });
  assert.equal(closeCodeOf(await everything), 1000);
});

for (const [what, leave] of [
  ['closes its side only (FIN)', (socket) => socket.end()],
  ['closes its side in the middle of a frame', (socket) => socket.end(frame('never whole').subarray(0, 5))],
  ['resets the connection (RST)', (socket) => socket.resetAndDestroy()],
] as const satisfies readonly (readonly [string, (socket: Socket) => void])[]) {
  test(`a client that ${what} is reported as closed with 1006`, async (t) => {
    const server = await listen(t);
    const { socket } = await openRaw(server.url);
    const { tap, transport } = await server.next();
    leave(socket);
    assert.deepEqual(await tap.ended, { code: 1006, reason: 'the connection broke' });
    transport.send('too late');
    transport.close(1000, 'too late');
    transport.pause();
    transport.resume();
    transport.cut();
    await assertServes(t, server);
  });
}

test('close() of the server sends its code and reason to the client', async (t) => {
  const server = await listen(t);
  const { tap } = dial(t, server.url);
  await tap.open;
  const { transport, tap: atServer } = await server.next();
  transport.send('bye');
  transport.close(4501, 'a newer login');
  transport.send('never');
  assert.deepEqual(await tap.ended, { code: 4501, reason: 'a newer login' });
  assert.deepEqual(tap.texts, ['bye']);
  assert.equal((await atServer.ended).code, 4501);
});

test('a reason that is too long for a close frame is cut between characters', async (t) => {
  const server = await listen(t);
  const { tap } = dial(t, server.url);
  await tap.open;
  const { transport } = await server.next();
  transport.close(4000, '你'.repeat(100));
  assert.deepEqual(await tap.ended, { code: 4000, reason: '你'.repeat(41) });
});

test('a client that does not answer a close frame is cut after the timeout', async (t) => {
  const server = await listen(t, { closeTimeoutMs: 50 });
  const { everything } = await openRaw(server.url);
  const { transport, tap } = await server.next();
  transport.close(4001, 'idle');
  transport.close(4001, 'idle');
  assert.equal((await tap.ended).code, 1006);
  assert.equal(closeCodeOf(await everything), 4001);
});

test('a client that has closed its side and does not read is cut when the server closes', async (t) => {
  const server = await listen(t, { closeTimeoutMs: 3_600_000 });
  const { socket } = await openRaw(server.url);
  const { transport, tap } = await server.next();
  socket.pause();
  while (transport.bufferedBytes < 1_000_000) transport.send(large(100_000));
  socket.end();
  await assertServes(t, server);
  transport.close(4002, 'slow');
  assert.equal((await tap.ended).code, 1006);
  socket.destroy();
});

test('a paused connection completes the closing handshake', async (t) => {
  const server = await listen(t, { closeTimeoutMs: 3_600_000 }, trusting);
  const { tap, transport } = dial(t, server.url);
  await tap.open;
  const { transport: atServer, tap: serverTap } = await server.next();
  atServer.pause();
  transport.send('never read');
  atServer.close(1012, 'restart');
  assert.equal((await serverTap.ended).code, 1012);
  assert.deepEqual(serverTap.texts, []);
});

for (const end of ['close', 'cut'] as const) {
  test(`nothing is received after ${end}(), even if it was in transit`, async (t) => {
    const server = await listen(t, {}, (accepted) => {
      trusting(accepted);
      const { tap, transport } = accepted;
      const received = tap.received.bind(tap);
      tap.received = (text, bytes) => {
        received(text, bytes);
        if (end === 'close') transport.close(4503, '');
        else transport.cut();
      };
    });
    const { socket } = await openRaw(server.url);
    const { tap } = await server.next();
    socket.write(Buffer.concat(Array<Buffer>(1_000).fill(frame('again'))));
    socket.end();
    await tap.ended;
    assert.deepEqual(tap.texts, ['again']);
  });
}

test('accept may close the connection', async (t) => {
  const server = await listen(t, {}, ({ transport }) => transport.close(4003, 'full'));
  const { tap } = dial(t, server.url);
  assert.deepEqual(await tap.ended, { code: 4003, reason: 'full' });
});

// Backpressure.

test('a paused connection is not read: the client buffers, and nothing is lost', async (t) => {
  const server = await listen(t, {}, trusting);
  const { tap, transport } = dial(t, server.url);
  await tap.open;
  const { transport: atServer, tap: serverTap } = await server.next();
  atServer.pause();
  const text = large(100_000);
  const messages = 200;
  for (let sent = 0; sent < messages; sent++) transport.send(text);
  await assertServes(t, server);
  assert.ok(serverTap.texts.length < messages / 2, `${serverTap.texts.length} were received`);
  assert.ok(transport.bufferedBytes > 1_000_000);
  atServer.resume();
  await serverTap.count(messages);
  assert.equal(serverTap.bytes, messages * text.length);
});

test('bufferedBytes counts what the client does not read, and is 0 when it has read everything', async (t) => {
  const server = await listen(t);
  const { tap, transport } = dial(t, server.url);
  await tap.open;
  const { transport: atServer } = await server.next();
  transport.pause();
  let messages = 0;
  for (; atServer.bufferedBytes < 2_000_000; messages++) atServer.send(large(100_000));
  transport.resume();
  await tap.count(messages);
  assert.equal(atServer.bufferedBytes, 0);
});

// The listener.

test('the listener has its URL, and the peer its address', async (t) => {
  const server = await listen(t);
  assert.match(server.url, /^ws:\/\/127\.0\.0\.1:[1-9]\d*$/);
  const { socket } = await openRaw(server.url);
  const { peer } = await server.next();
  assert.equal(peer.address, `127.0.0.1:${socket.localPort}`);
  socket.destroy();
});

test('the URL of an IPv6 listener has brackets', async (t) => {
  const server = await listen(t, { host: '::1' });
  assert.match(server.url, /^ws:\/\/\[::1\]:\d+$/);
  await assertServes(t, server);
});

test('listening on a port in use rejects with EADDRINUSE', async (t) => {
  const { url } = await listen(t);
  await assert.rejects(listenWs({ host: '127.0.0.1', port: Number(new URL(url).port) }, acceptor().accept), {
    code: 'EADDRINUSE',
  });
});

test('after stopAccepting open connections stay, handshakes are cut and new connections are refused', async (t) => {
  const server = await listen(t);
  const { tap, transport } = dial(t, server.url);
  await tap.open;
  const { transport: atServer, tap: serverTap } = await server.next();
  const silent = await connectRaw(server.url);
  server.listener.stopAccepting();
  await silent.everything;
  const late = connect(Number(new URL(server.url).port), '127.0.0.1');
  const [error] = (await once(late, 'error')) as [NodeJS.ErrnoException];
  assert.equal(error.code, 'ECONNREFUSED');
  transport.send('still here');
  await serverTap.count(1);
  atServer.send('so am I');
  await tap.count(1);
});

test('close() of the listener resolves after the last `closed`, and the port is free then', async (t) => {
  const server = await listen(t);
  const { tap } = dial(t, server.url);
  await tap.open;
  const { transport, tap: serverTap } = await server.next();
  const order: string[] = [];
  const closing = server.listener.close().then(() => order.push('listener'));
  void serverTap.ended.then(() => order.push('connection'));
  transport.close(1012, 'shutdown');
  await closing;
  assert.deepEqual(order, ['connection', 'listener']);
  const again: Listener = await listenWs(
    { host: '127.0.0.1', port: Number(new URL(server.url).port) },
    () => new Tap(),
  );
  await again.close();
});
