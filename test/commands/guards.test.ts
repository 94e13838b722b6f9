/** The token is not sent to another machine in clear text, nor to a program that listens in place of the server. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { EXIT_CODES } from '../../src/cli/errors/exit-codes.js';
import { listenWs } from '../../src/io/ws-server.js';
import { im, makeHome } from '../harness/process.js';
import { acceptor } from '../io/tap.js';
import { serve, serveIn } from './server.js';

/** An address that leads nowhere (RFC 6761). */
const ELSEWHERE = 'ws://chat.invalid:4690';

test('without TLS no command sends a token to another machine, unless that is asked for', async (t) => {
  const env = { ...(await makeHome(t)), IM_TOKEN: `im_${'x'.repeat(43)}`, IM_USER: 'alice', IM_URL: ELSEWHERE };
  const refuses = async (line: string): Promise<void> => {
    const { code, stdout, stderr } = await im(t, line.split(' '), { env });
    assert.equal(code, EXIT_CODES.usage.code, `im ${line}\n${stdout}${stderr}`);
    assert.match(stdout + stderr, /chat\.invalid is another machine, and the token would be sent there unencrypted/);
    assert.match(stdout + stderr, /use wss:\/\/; or a tunnel .* --insecure/);
  };
  for (const lines of [
    ['send bob hi', 'listen', 'connect --plain', 'user list', 'block bob'],
    ['user token list alice', 'inspect-queue', 'devices', 'doctor'],
  ]) {
    await Promise.all(lines.map(refuses));
  }
  const words = ['send', 'bob', 'hi', '--timeout', '1s'];
  const asked = await Promise.all([
    im(t, [...words, '--insecure'], { env }),
    im(t, words, { env: { ...env, IM_INSECURE: '1' } }),
  ]);
  for (const { code, stderr } of asked) assert.equal(code, EXIT_CODES['not-stored'].code, stderr);
});

test('a program that listens in place of the own server gets no token; the clients wait for the server', async (t) => {
  const server = await serve(t);
  const port = Number(new URL(server.url).port);
  await server.im(['user', 'add', 'bob', '--keep']);
  const alice = server.start(['connect', 'alice', '--plain']);
  await alice.line('online as alice', 'stderr');
  server.process.child.kill('SIGKILL');
  await server.process.finished;

  const clients = acceptor();
  const other = await listenWs({ host: '127.0.0.1', port }, clients.accept);
  t.after(() => other.close());
  const accepted = [await clients.next()]; // from alice, who tries again and again
  const [sent, heard, checked] = await Promise.all([
    server.im(['send', 'alice', 'hi', '--as', 'bob', '--timeout', '1s']),
    server.im(['listen', '--as', 'bob', '--timeout', '1s', '--count', '1']),
    server.im(['doctor', '--as', 'bob']),
  ]);
  for (const { code, stdout, stderr } of [sent, heard, checked])
    assert.equal(code, EXIT_CODES['not-stored'].code, stdout + stderr);
  assert.match(sent.stderr, /not the server of this data folder.*\n.*im serve; or name another server: --url/);
  assert.match(checked.stdout, /^problem {2}server .*not the server of this data folder.* - .*--url/m);
  accepted.push(...clients.ready);
  assert.ok(accepted.length >= 4);
  for (const { tap } of accepted) {
    await tap.ended;
    assert.deepEqual(tap.texts, [], 'nothing was sent');
  }
  await other.close();

  await serveIn(t, server.env, '--port', String(port));
  assert.equal((await server.im(['send', 'alice', 'after', '--as', 'bob', '--quiet'])).code, 0);
  await alice.line('bob: after');
  alice.child.stdin.end();
  await once(alice.child, 'close');
});
