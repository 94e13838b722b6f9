import assert from 'node:assert/strict';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { EXIT_CODES } from '../../src/cli/errors/exit-codes.js';
import { im, makeHome } from '../harness/process.js';
import { serve } from './server.js';

/** Findings by check. */
function findingsOf(stdout: string): Map<string, Record<string, unknown>> {
  const objects = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  return new Map(objects.map((object) => [String(object.check), object]));
}

test('without a problem doctor exits with 0, prints no secret, adds no user and leaves no file', async (t) => {
  const server = await serve(t);
  const before = await readdir(server.data);
  const { code, stdout, stderr } = await server.im(['doctor', '--as', 'bob', '--json']);
  assert.deepEqual([code, stderr], [0, '']);
  const findings = findingsOf(stdout);
  assert.deepEqual(
    [...findings.keys()],
    ['node', 'config', 'state', 'data', 'space', 'durability', 'sharing', 'lock', 'server', 'identity', 'clock'],
  );
  assert.equal(findings.get('lock')?.url, server.url);
  assert.match(String(findings.get('identity')?.message), /bob is added at the first login/);
  assert.deepEqual(await readdir(server.data), before);
  assert.equal((await server.im(['user', 'list'])).stdout.match(/bob/), null);

  const [token] = (await server.im(['user', 'add', 'bob', '--keep'])).stdout.split('\n');
  const listening = server.start(['listen', '--as', 'bob', '--json']);
  await server.im(['send', 'bob', 'hi', '--as', 'alice', '--wait', 'delivered']);
  const known = await server.im(['doctor', '--as', 'bob']);
  assert.equal(known.code, 0);
  assert.match(known.stdout, /^ok {7}identity {4}the server knows bob$/m);
  assert.match(
    known.stdout,
    new RegExp(`^ok {7}client {6}process ${listening.child.pid} is bob \\(listen\\) at `, 'm'),
  );
  assert.ok(token && !known.stdout.includes(token));
  listening.child.kill('SIGTERM');
  assert.equal((await listening.finished).code, EXIT_CODES.terminated.code, 'no session was logged out');
});

test('a refused token ends doctor with 4; a missing one is made at the first login', async (t) => {
  const server = await serve(t);
  await server.im(['user', 'add', 'bob']);
  const missing = await server.im(['doctor', '--as', 'bob']);
  assert.equal(missing.code, EXIT_CODES.done.code);
  assert.match(missing.stdout, /^ok {7}identity {4}bob gets a further token at the first login$/m);
  const refused = await server.im(['doctor', '--as', 'bob'], { env: { IM_TOKEN: 'not-a-token' } });
  assert.equal(refused.code, EXIT_CODES['credential-refused'].code);
  assert.match(refused.stdout, /^ok {7}server /m);
  assert.match(refused.stdout, /^problem {2}identity {4}bob was refused by the server/m);
  assert.doesNotMatch(refused.stdout + refused.stderr, /not-a-token/);
});

test('doctor exits with 3 without a server, and with 8, writing no file, when the data folder is a file', async (t) => {
  const env = await makeHome(t);
  const away = await im(t, ['doctor', '--as', 'bob', '--url', 'ws://127.0.0.1:1'], { env });
  assert.equal(away.code, EXIT_CODES['not-stored'].code);
  assert.match(away.stdout, /^problem {2}server {6}ws:\/\/127\.0\.0\.1:1 cannot be reached: .* - is it running\?/m);
  const file = join(env.HOME as string, 'file');
  await writeFile(file, '');
  const wrong = await im(t, ['doctor', '--as', 'bob', '--data', file], { env });
  assert.equal(wrong.code, EXIT_CODES['data-unusable'].code);
  assert.doesNotMatch(wrong.stdout, /durability/);
  assert.deepEqual(await readdir(env.HOME as string), ['file']);
});
