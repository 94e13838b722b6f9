/** The commands over TLS, on the server's machine and on another one, with a trusted and an untrusted certificate. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { EXIT_CODES } from '../../src/cli/errors/exit-codes.js';
import { im, makeHome, type Scope, start } from '../harness/process.js';
import { certificate } from '../io/certificate.js';
import { type Served, serveIn } from './server.js';

/** A server with a self-signed certificate, which its own commands trust. */
async function serveTls(t: Scope): Promise<Served & { readonly trust: Record<string, string> }> {
  const home = await makeHome(t);
  const [certPath, keyPath] = [join(home.HOME ?? '', 'cert.pem'), join(home.HOME ?? '', 'key.pem')];
  await writeFile(certPath, certificate.cert);
  await writeFile(keyPath, certificate.key, { mode: 0o600 });
  const trust = { NODE_EXTRA_CA_CERTS: certPath };
  const server = await serveIn(t, { ...home, ...trust }, '--tls-cert', certPath, '--tls-key', keyPath);
  assert.match(server.url, /^wss:\/\/127\.0\.0\.1:\d+$/);
  return { ...server, trust };
}

test('two users chat over TLS, one of them from another machine', async (t) => {
  const server = await serveTls(t);
  const bob = server.start(['connect', 'bob', '--plain']);
  await bob.line('online as bob', 'stderr');

  const elsewhere = await makeHome(t);
  const tokenFile = join(elsewhere.HOME ?? '', 'token');
  await writeFile(tokenFile, (await server.im(['user', 'add', 'alice'])).stdout, { mode: 0o600 });
  const asAlice = ['--as', 'alice', '--url', server.url, '--token-file', tokenFile];
  const env = { ...elsewhere, ...server.trust };
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

test('an untrusted certificate is refused with its reason, before the token is sent', async (t) => {
  const server = await serveTls(t);
  const env = await makeHome(t);
  const words = ['send', 'bob', 'hi', '--as', 'alice', '--url', server.url, '--token-stdin', '--timeout', '1s'];
  const { code, stdout, stderr } = await im(t, words, { env, input: 'im_wrong\n' });
  assert.equal(code, EXIT_CODES['not-stored'].code);
  assert.equal(stdout, '');
  assert.match(stderr, /self-signed certificate/);
});
