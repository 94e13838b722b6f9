/** The client's WebSocket transport on real sockets: connecting, and failing to. */
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { createServer } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { type TestContext, test } from 'node:test';
import { type ProofCheck, type Prove, proofOf, randomSecret } from '../../src/io/server-proof.js';
import type { Transport } from '../../src/io/transport.js';
import { createDial, dialWs } from '../../src/io/ws-client.js';
import { listenWs } from '../../src/io/ws-server.js';
import { WIRE } from '../../src/protocol/limits.js';
import { deferred } from '../harness/deferred.js';
import { authority, certificate, signed } from './certificate.js';
import { connectRaw } from './raw-socket.js';
import { acceptor, Tap } from './tap.js';

type Server = ReturnType<typeof createServer> | ReturnType<typeof createTcpServer>;

/** The address of a server that is not an im server. */
async function urlOf(t: TestContext, server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  return `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function freeUrl(): Promise<string> {
  const listener = await listenWs({ host: '127.0.0.1', port: 0 }, () => new Tap());
  await listener.close();
  return listener.url;
}

test('`opened` is called before the first `received`, even if the server sends first', async (t) => {
  const listener = await listenWs({ host: '127.0.0.1', port: 0 }, (transport) => {
    transport.send('first');
    return new Tap();
  });
  const tap = new Tap();
  const transport = dialWs(listener.url, tap);
  t.after(() => listener.close());
  await tap.count(1);
  assert.ok(tap.isOpen);
  transport.cut();
});

const SECRET = randomSecret();

/** The check of a client that knows the secret. */
const proof: ProofCheck = async (knows) => knows(SECRET);

/** A server that proves itself with the secret, and the clients that it has accepted. */
async function provingServer(t: TestContext, prove?: Prove) {
  const clients = acceptor(({ transport }) => transport.send('hello'));
  let url = '';
  const answer: Prove = prove ?? ((nonce) => proofOf(SECRET, nonce, url));
  const listener = await listenWs({ host: '127.0.0.1', port: 0, prove: answer }, clients.accept);
  url = listener.url;
  t.after(() => listener.close());
  return { url, clients };
}

test('a server that proves itself is talked to', async (t) => {
  const { url, clients } = await provingServer(t);
  const tap = new Tap();
  const transport = createDial({ proof })(url, tap);
  await tap.open;
  transport.send('secret');
  const { tap: server } = await clients.next();
  await server.count(1);
  await tap.count(1);
  assert.deepEqual([server.texts, tap.texts], [['secret'], ['hello']]);
  transport.cut();
});

for (const [what, proves] of [
  ['another secret', (nonce: string) => proofOf(randomSecret(), nonce, 'ws://127.0.0.1:1')],
  ['the right secret for another address', (nonce: string) => proofOf(SECRET, nonce, 'ws://127.0.0.1:1')],
  ['a proof for another nonce', () => proofOf(SECRET, randomSecret(), 'ws://127.0.0.1:1')],
  ['no proof, as an older version', () => undefined],
  ['nothing that could be a proof', () => 'x'.repeat(500)],
] as const) {
  test(`a server with ${what} gets nothing, and nothing from it is received`, async (t) => {
    const { url, clients } = await provingServer(t, proves);
    const tap = new Tap();
    createDial({ proof })(url, tap);
    const { code, reason } = await tap.ended;
    assert.deepEqual([code, reason], [1006, 'what listens there is not the server of this data folder (NOT_PROVEN)']);
    assert.deepEqual([tap.isOpen, tap.texts], [false, []]);
    const { tap: server } = await clients.next();
    await server.ended;
    assert.deepEqual(server.texts, []);
  });
}

test('a check that fails counts as no; one that ends after the client has closed opens nothing', async (t) => {
  const { url } = await provingServer(t);
  const failing = new Tap();
  createDial({ proof: () => Promise.reject(new Error('gone')) })(url, failing);
  assert.match((await failing.ended).reason, /NOT_PROVEN/);
  const [late, asked] = [deferred<boolean>(), deferred<void>()];
  const tap = new Tap();
  const slow = () => {
    asked.resolve();
    return late.promise;
  };
  const transport = createDial({ proof: slow })(url, tap);
  await asked.promise;
  transport.close(1000, '');
  await tap.ended;
  late.resolve(true);
  await late.promise;
  assert.deepEqual([tap.isOpen, tap.texts], [false, []]);
});

test('before the connection is open, nothing is sent and no method throws', async () => {
  const tap = new Tap();
  const transport = dialWs(await freeUrl(), tap);
  transport.send('too early');
  transport.pause();
  transport.resume();
  assert.equal(transport.bufferedBytes, 0);
  transport.close(1000, '');
  transport.pause();
  transport.resume();
  transport.send('too late');
  assert.equal((await tap.ended).code, 1006);
  assert.ok(!tap.isOpen);
});

test('when nobody listens, the reason contains the error code of the system', async () => {
  const tap = new Tap();
  dialWs(await freeUrl(), tap);
  const { code, reason } = await tap.ended;
  assert.equal(code, 1006);
  assert.match(reason, /ECONNREFUSED 127\.0\.0\.1:\d+/);
});

test('a failed dial of a host name with several addresses has a reason, too', async () => {
  const tap = new Tap();
  dialWs((await freeUrl()).replace('127.0.0.1', 'localhost'), tap);
  assert.match((await tap.ended).reason, /ECONNREFUSED/);
});

test('the answer of a plain HTTP server is reported with its status', async (t) => {
  const tap = new Tap();
  const server = createServer((_request, response) => response.writeHead(404).end('nothing here'));
  dialWs(await urlOf(t, server), tap);
  assert.deepEqual(await tap.ended, { code: 1006, reason: 'Unexpected server response: 404' });
});

test('a server of another protocol fails the handshake', async (t) => {
  const tap = new Tap();
  const server = createTcpServer((socket) => socket.end('220 mail.example ESMTP\r\n'));
  dialWs(await urlOf(t, server), tap);
  assert.equal((await tap.ended).code, 1006);
});

test('a server that never answers fails the handshake after its timeout', async (t) => {
  const tap = new Tap();
  const server = createTcpServer((socket) => t.after(() => socket.destroy()));
  createDial({ handshakeTimeoutMs: 50 })(await urlOf(t, server), tap);
  assert.deepEqual(await tap.ended, { code: 1006, reason: 'Opening handshake has timed out' });
});

test('a redirect of the handshake is not followed', async (t) => {
  const tap = new Tap();
  const server = createServer((_request, response) => response.writeHead(302, { location: 'ws://127.0.0.1:1/' }).end());
  dialWs(await urlOf(t, server), tap);
  assert.match((await tap.ended).reason, /302/);
});

for (const end of ['close', 'cut'] as const) {
  test(`${end}() while connecting ends the attempt, once`, async (t) => {
    const tap = new Tap();
    const server = createTcpServer((socket) => t.after(() => socket.destroy()));
    const transport = dialWs(await urlOf(t, server), tap);
    if (end === 'close') transport.close(1000, 'changed my mind');
    else transport.cut();
    transport.cut();
    assert.equal((await tap.ended).code, 1006);
    assert.ok(!tap.isOpen);
  });
}

test('a message above maxServerMessageBytes ends the connection with 1009', async (t) => {
  const { accept, next } = acceptor();
  const listener = await listenWs({ host: '127.0.0.1', port: 0, closeTimeoutMs: 50 }, accept);
  t.after(() => listener.close());
  const tap = new Tap();
  dialWs(listener.url, tap);
  const { transport } = await next();
  transport.send('x'.repeat(WIRE.maxServerMessageBytes));
  await tap.count(1);
  transport.send('x'.repeat(WIRE.maxServerMessageBytes + 1));
  assert.equal((await tap.ended).code, 1009);
  assert.equal(tap.texts.length, 1);
});

for (const url of ['127.0.0.1:4690', 'ftp://127.0.0.1', 'ws://', 'ws://127.0.0.1/#there']) {
  test(`dialing the invalid URL ${url} throws a SyntaxError`, () => {
    assert.throws(() => dialWs(url, new Tap()), SyntaxError);
  });
}

test('over TLS, messages arrive in both directions when the CA is given', async (t) => {
  const { accept, next } = acceptor();
  const listener = await listenWs({ host: '127.0.0.1', port: 0, tls: certificate }, accept);
  t.after(() => listener.close());
  assert.match(listener.url, /^wss:\/\/127\.0\.0\.1:\d+$/);
  const tap = new Tap();
  const transport = createDial({ ca: certificate.cert })(listener.url, tap);
  await tap.open;
  const server = await next();
  server.peer.trust();
  transport.send('x'.repeat(WIRE.maxMessageBytes));
  await server.tap.count(1);
  server.transport.close(1012, 'restart');
  assert.deepEqual(await tap.ended, { code: 1012, reason: 'restart' });
});

test('over TLS, more than maxBytesBeforeLogin before login ends the connection, too (R1)', async (t) => {
  const { accept, next } = acceptor();
  const listener = await listenWs({ host: '127.0.0.1', port: 0, tls: certificate }, accept);
  t.after(() => listener.close());
  const tap = new Tap();
  const transport = createDial({ ca: certificate.cert })(listener.url, tap);
  await tap.open;
  const server = await next();
  for (let sent = 0; sent < 100; sent++) transport.send('x'.repeat(1_000));
  assert.equal((await tap.ended).code, 1009);
  assert.equal((await server.tap.ended).code, 1009);
  assert.ok(server.tap.bytes <= WIRE.maxBytesBeforeLogin);
});

test('over TLS, a new certificate is for new connections; open ones live on, and one that cannot be used changes nothing', async (t) => {
  const { accept, next } = acceptor();
  const listener = await listenWs({ host: '127.0.0.1', port: 0, tls: certificate }, accept);
  const transports: Transport[] = [];
  t.after(() => {
    for (const transport of transports) transport.cut();
    return listener.close();
  });
  const dial = (ca: string): Tap => {
    const tap = new Tap();
    transports.push(createDial({ ca })(listener.url.replace('127.0.0.1', 'localhost'), tap));
    return tap;
  };
  const before = dial(certificate.cert);
  await before.open;
  const server = await next();
  listener.useCertificate(signed);
  assert.match((await dial(certificate.cert).ended).reason, /signed by im tests CA, who is not trusted/);
  await dial(authority).open;
  assert.throws(() => listener.useCertificate({ cert: signed.cert, key: certificate.key }));
  await dial(authority).open;
  server.transport.send('still here');
  await before.count(1);
});

const expired = { cert: signed.expired, key: signed.key };
const bundle = { cert: `${signed.cert}${authority}`, key: signed.key };

for (const [name, tls, ca, host, reason] of [
  [
    'is self-signed',
    certificate,
    undefined,
    '127.0.0.1',
    /^the server's certificate is self-signed, and not trusted here \(DEPTH_ZERO_SELF_SIGNED_CERT\)$/,
  ],
  ['is signed by an unknown authority', signed, undefined, 'localhost', /is signed by im tests CA, who is not trusted/],
  ['comes with an unknown authority', bundle, undefined, 'localhost', /is signed by im tests CA, who is not trusted/],
  ['has expired', expired, authority, 'localhost', /expired on 2021-01-31 \(CERT_HAS_EXPIRED\)$/],
  [
    'has other names',
    signed,
    authority,
    '127.0.0.1',
    /is for chat\.example, localhost, not for 127\.0\.0\.1 \(ERR_TLS/,
  ],
  ['is another one than the given', certificate, signed.cert, '127.0.0.1', /is self-signed, and not trusted/],
] as const) {
  test(`over TLS, a certificate that ${name} is refused with words, before anything is sent`, async (t) => {
    let accepted = 0;
    const accept = () => {
      accepted++;
      return new Tap();
    };
    const listener = await listenWs({ host: '127.0.0.1', port: 0, tls }, accept);
    t.after(() => listener.close());
    const tap = new Tap();
    createDial({ ca })(listener.url.replace('127.0.0.1', host), tap);
    assert.match((await tap.ended).reason, reason);
    assert.deepEqual([tap.isOpen, accepted], [false, 0]);
  });
}

test('over TLS, a pinned certificate is accepted, whatever is wrong with it; any other one is not', async (t) => {
  const { accept, next } = acceptor();
  const listener = await listenWs({ host: '127.0.0.1', port: 0, tls: expired }, accept);
  t.after(() => listener.close());
  const { fingerprint256 } = new X509Certificate(expired.cert);
  const asked: string[] = [];
  const dialPinned = (pin: string) =>
    createDial({
      isPinned: (fingerprint) => {
        asked.push(fingerprint);
        return fingerprint === pin;
      },
    });
  const tap = new Tap();
  const transport = dialPinned(fingerprint256)(listener.url, tap);
  await tap.open;
  (await next()).transport.cut();
  transport.cut();
  const other = new Tap();
  dialPinned(new X509Certificate(signed.cert).fingerprint256)(listener.url, other);
  assert.match((await other.ended).reason, /expired|im tests CA/);
  assert.deepEqual(asked, [fingerprint256, fingerprint256]);
});

test("over TLS, the server's own certificate can be given in place of who signed it", async (t) => {
  const { accept, next } = acceptor();
  const listener = await listenWs({ host: '127.0.0.1', port: 0, tls: signed }, accept);
  t.after(() => listener.close());
  const tap = new Tap();
  createDial({ ca: signed.cert })(listener.url.replace('127.0.0.1', 'localhost'), tap);
  await tap.open;
  (await next()).transport.cut();
});

test('a server without TLS is named as such', async (t) => {
  const listener = await listenWs({ host: '127.0.0.1', port: 0 }, () => new Tap());
  t.after(() => listener.close());
  const tap = new Tap();
  dialWs(listener.url.replace('ws:', 'wss:'), tap);
  assert.match((await tap.ended).reason, /^the server does not speak TLS \(EPROTO\)$/);
});

test('a client without TLS cannot connect to a TLS server, which goes on serving others', async (t) => {
  const { accept, next } = acceptor();
  const options = { host: '127.0.0.1', port: 0, tls: certificate, handshakeTimeoutMs: 100 };
  const listener = await listenWs(options, accept);
  t.after(() => listener.close());
  const tap = new Tap();
  dialWs(listener.url.replace('wss:', 'ws:'), tap);
  assert.equal((await tap.ended).code, 1006);
  const silent = await connectRaw(listener.url);
  await silent.everything; // R1: a TLS handshake that never comes has a deadline too.
  const good = new Tap();
  createDial({ ca: certificate.cert })(listener.url, good);
  (await next()).transport.close(1000, '');
  await good.ended;
});
