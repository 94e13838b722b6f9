/** The commands over TLS: on the server's machine and on another one, with certificates that are trusted and that are not. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdir, stat, writeFile } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { EXIT_CODES } from '../../src/cli/errors/exit-codes.js';
import { im, makeHome, type Scope, start } from '../harness/process.js';
import { certificate, signed } from '../io/certificate.js';
import { asOperator, type Served, serveIn } from './server.js';

interface Pair {
  readonly cert: string;
  readonly key: string;
}

/** A server with this certificate, which is not among those that the system trusts. */
async function serveTls(
  t: Scope,
  pair: Pair,
  ...flags: readonly string[]
): Promise<Served & { readonly cert: string }> {
  const home = await makeHome(t);
  const cert = join(home.HOME ?? '', 'cert.pem');
  const words = await pairIn(home.HOME ?? '', pair);
  return { ...(await serveIn(t, home, ...words, ...flags)), cert };
}

/** Writes the files; returns the flags that name them. */
async function pairIn(folder: string, pair: Pair): Promise<string[]> {
  const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  await writeFile(cert, pair.cert);
  await writeFile(key, pair.key, { mode: 0o600 });
  return ['--tls-cert', cert, '--tls-key', key];
}

test('two users chat over TLS, one of them from another machine', async (t) => {
  const server = await serveTls(t, certificate);
  assert.match(server.url, /^wss:\/\/127\.0\.0\.1:\d+$/);
  const bob = server.start(['connect', 'bob', '--plain']);
  await bob.line('online as bob', 'stderr');

  const elsewhere = await makeHome(t);
  const tokenFile = join(elsewhere.HOME ?? '', 'token');
  await writeFile(tokenFile, (await server.im(['user', 'add', 'alice'])).stdout, { mode: 0o600 });
  const asAlice = ['--as', 'alice', '--url', server.url, '--token-file', tokenFile];
  const env = { ...elsewhere, IM_CA: server.cert };
  const alice = start(t, ['connect', '--plain', '--to', 'bob', ...asAlice], { env });
  await alice.line('online as alice', 'stderr');
  alice.child.stdin.write('hello from afar\n');
  await alice.line('delivered 1 to bob');
  await bob.line('alice: hello from afar');
  bob.child.stdin.write('alice: hello 你好\n/quit\n');
  await alice.line('bob: hello 你好');
  assert.equal((await bob.finished).code, 0);
  alice.child.stdin.end();
  assert.equal((await alice.finished).code, 0);

  const sent = await im(t, ['send', 'bob', 'for later', ...asAlice], { env });
  assert.equal(sent.code, 0, sent.stderr);
  const { stdout } = await server.im(['listen', '--as', 'bob', '--count', '1']);
  assert.equal(stdout, 'alice: for later\n');
});

const hasIpv6 = Object.values(networkInterfaces()).some((all) => all?.some(({ family }) => family === 'IPv6'));
/** All addresses of the machine, and one that no certificate here names. */
const HOSTS = ['0.0.0.0', '::', '127.0.0.2'];

for (const host of HOSTS) {
  const skip = host === '::' && !hasIpv6;
  test(`on its machine and account a server on ${host} is reached, though its certificate has expired and another name`, {
    skip,
  }, async (t) => {
    const pair = { cert: signed.expired, key: signed.key };
    const server = await serveTls(t, pair, '--host', host);
    await server.process.line('clients refuse the certificate', 'stderr');
    for (const words of [
      ['user', 'add', 'bob', '--keep'],
      ['send', 'bob', 'one', '--as', 'alice', '--quiet'],
      ['user', 'list'],
      ['inspect-queue', 'bob'],
      ['replay', 'bob', '--timeout', '0s'],
      ['user', 'list', '--url', server.url],
      ['doctor', '--as', 'alice'],
      ['purge', 'bob', '--yes', '--export', join(server.data, '../purged.jsonl')],
      ['replay', '--file', join(server.data, '../purged.jsonl')],
    ]) {
      const { code, stdout, stderr } = await server.im(words);
      const wanted = words[0] === 'replay' && words[1] === 'bob' ? EXIT_CODES['not-delivered'].code : 0;
      assert.equal(code, wanted, `im ${words.join(' ')}\n${stdout}${stderr}`);
    }
    const heard = await server.im(['listen', '--as', 'bob', '--count', '1', '--timeout', '30s']);
    assert.equal(heard.stdout, 'alice: one\n', heard.stderr);
    assert.equal((await stat(join(server.data, 'lock'))).mode & 0o777, 0o600);
  });
}

test('a client on the machine of the server follows it when it restarts with another certificate', async (t) => {
  const server = await serveTls(t, certificate);
  await server.im(['user', 'add', 'alice', '--keep']);
  const bob = server.start(['connect', 'bob', '--plain']);
  await bob.line('online as bob', 'stderr');
  server.process.child.kill('SIGTERM');
  await server.process.finished;
  const words = await pairIn(server.env.HOME ?? '', signed);
  await serveIn(t, server.env, ...words, '--port', new URL(server.url).port);
  assert.equal((await server.im(['send', 'bob', 'after', '--as', 'alice', '--quiet'])).code, 0);
  await bob.line('alice: after');
});

/** From the server's metrics. */
async function sampleOf(ops: string, name: string): Promise<number> {
  const text = await (await fetch(`${ops}/metrics`)).text();
  return Number(
    text
      .split('\n')
      .find((line) => line.startsWith(`${name} `))
      ?.split(' ')[1],
  );
}

test('SIGHUP renews the certificate under traffic: no session ends, no message is lost, and a wrong pair changes nothing', async (t) => {
  const MESSAGES = 300;
  const RENEWALS = 6;
  const server = await serveTls(t, certificate, '--ops-port', '0');
  const { ops } = JSON.parse(await server.process.line('listening')) as { ops: string };
  const folder = server.env.HOME ?? '';
  const log: string[] = [];
  const lines = createInterface({ input: server.process.child.stderr }).on('line', (line) => log.push(line));
  const logged = (event: RegExp): number => log.filter((line) => event.test(line)).length;
  const hangUp = async (event: RegExp): Promise<void> => {
    const before = logged(event);
    server.process.child.kill('SIGHUP');
    while (logged(event) === before) await once(lines, 'line');
  };
  await server.im(['user', 'add', 'alice', '--keep']);
  const bob = server.start(['listen', '--as', 'bob', '--count', String(MESSAGES), '--format', '{body}']);
  await bob.line('added bob', 'stderr');
  const alice = server.start(['send', 'bob', '--as', 'alice', '--stdin', 'lines', '--quiet']);
  for (let renewal = 1; renewal <= RENEWALS; renewal++) {
    for (let sent = 0; sent < MESSAGES / RENEWALS; sent++) alice.child.stdin.write(`${renewal}.${sent}\n`);
    await pairIn(folder, renewal % 2 === 1 ? signed : certificate);
    await hangUp(/certificate loaded/);
  }
  await pairIn(folder, { cert: signed.cert, key: certificate.key });
  await hangUp(/key\.pem is not the key of the certificate in .*"certificate refused"/);
  alice.child.stdin.end();
  assert.equal((await alice.finished).code, 0);
  const { stdout, code } = await bob.finished;
  assert.equal(code, 0);
  assert.equal(new Set(stdout.trim().split('\n')).size, MESSAGES);
  assert.equal((await server.im(['user', 'list'])).code, 0, 'the certificate in use is still that of the folder');
  assert.equal(logged(/"user":"alice","mode":"send".*"event":"logged in"/), 1);
  assert.equal(logged(/"user":"bob".*"event":"logged in"/), 1);
  assert.ok((await sampleOf(ops, 'im_certificate_days_left')) > 365);
  assert.match(
    (await server.im(['doctor', '--as', 'alice'])).stdout,
    /^ok {7}certificate the server's is valid until 2126-/m,
  );
});

test('--ca on the machine of the server: only that file is trusted, so that it can be tried before others get it', async (t) => {
  const server = await serveTls(t, certificate);
  const other = await serveTls(t, signed);
  assert.equal((await server.im(['user', 'list'])).code, 0);
  const wrong = await server.im(['user', 'list', '--ca', other.cert]);
  assert.equal(wrong.code, EXIT_CODES['not-stored'].code, wrong.stderr);
});

test('another server at the address of the own one is not trusted: it does not get the token', async (t) => {
  const server = await serveTls(t, certificate);
  await server.im(['user', 'add', 'alice', '--keep']);
  const { HOME = '' } = server.env;
  server.process.child.kill('SIGKILL');
  await server.process.finished;
  const other = join(HOME, 'other');
  const port = new URL(server.url).port;
  const words = ['--data', other, ...(await pairIn(HOME, signed)), '--port', port];
  await serveIn(t, { ...server.env }, ...words);
  const sent = await server.im(['send', 'alice', 'hi', '--as', 'alice', '--timeout', '500ms']);
  assert.equal(sent.code, EXIT_CODES['not-stored'].code);
  assert.match(sent.stderr, /signed by im tests CA, who is not trusted here/);
});

test('an untrusted certificate is refused in words, with what to do, before the token is sent', async (t) => {
  const server = await serveTls(t, certificate);
  const named = await serveTls(t, { cert: signed.expired, key: signed.key });
  const env = await makeHome(t);
  const operator = ['--url', server.url, ...asOperator(server)];
  const SELF_SIGNED = /the server's certificate is self-signed, and not trusted here/;
  const CA = /trust it, or who signed it: --ca FILE/;
  for (const [words, what, next] of [
    [['send', 'bob', 'hi', '--as', 'alice', '--token-stdin', '--timeout', '1s', '--url', server.url], SELF_SIGNED, CA],
    [['user', 'list', ...operator], SELF_SIGNED, CA],
    [['inspect-queue', ...operator], SELF_SIGNED, CA],
    [['doctor', ...operator], SELF_SIGNED, CA],
    [['replay', 'bob', ...operator, '--ca', named.cert], SELF_SIGNED, CA],
    [
      ['user', 'list', '--url', named.url, ...asOperator(named), '--ca', named.cert],
      /expired on 2021-01-31/,
      /renew it/,
    ],
  ] as const) {
    const { code, stdout, stderr } = await im(t, words, { env, input: 'im_wrong\n' });
    const text = stdout + stderr;
    assert.equal(code, EXIT_CODES['not-stored'].code, text);
    assert.match(text, what);
    assert.match(text, next);
  }
  const plain = start(t, ['connect', '--plain', ...operator], { env });
  assert.match(
    await plain.line('offline', 'stderr'),
    /^offline: the server's certificate is self-signed.*--ca FILE; next/,
  );
});

test('--ca, its variable and its profile key name a file with certificates; anything else is wrong usage', async (t) => {
  const server = await serveTls(t, certificate);
  const env = await makeHome(t);
  const list = ['user', 'list', '--url', server.url, ...asOperator(server)];
  const config = join(env.HOME ?? '', 'config');
  await mkdir(join(config, 'im'), { recursive: true });
  await writeFile(join(config, 'im', 'profile.json'), JSON.stringify({ ca: server.cert }));
  for (const more of [{ IM_CA: server.cert }, { XDG_CONFIG_HOME: config }, { NODE_EXTRA_CA_CERTS: server.cert }]) {
    assert.equal((await im(t, list, { env: { ...env, ...more } })).code, 0);
  }
  const key = join(server.env.HOME ?? '', 'key.pem');
  for (const [ca, what] of [
    [key, /there is no certificate in .*key\.pem\n.*it is a private key/],
    ['/nowhere', /\/nowhere cannot be read\n.*ENOENT/],
    ['-', /- is not possible here: name a file/],
  ] as const) {
    const { code, stderr } = await im(t, [...list, '--ca', ca], { env });
    assert.equal(code, EXIT_CODES.usage.code, stderr);
    assert.match(stderr, what);
  }
  for (const [cert, privateKey, what] of [
    [server.cert, server.cert, /there is no private key without a passphrase in/],
    [key, key, /there is no certificate in/],
    [server.cert, await otherKey(t), /is not the key of the certificate in/],
  ] as const) {
    const { code, stderr } = await im(t, ['serve', '--tls-cert', cert, '--tls-key', privateKey], { env });
    assert.equal(code, EXIT_CODES.usage.code, stderr);
    assert.match(stderr, what);
  }
});

async function otherKey(t: Scope): Promise<string> {
  const { HOME = '' } = await makeHome(t);
  await pairIn(HOME, signed);
  return join(HOME, 'key.pem');
}
