/** `im serve` as a process: start, signals, refused starts, the operations port and the log. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { im, makeHome, PROGRAM, start } from '../harness/process.js';
import { Pty } from '../tui/pty.js';
import { serve } from './server.js';

test('im serve prints its address first; SIGTERM ends it with 0', async (t) => {
  const env = await makeHome(t);
  const server = start(t, ['serve', '--port', '0'], { env });
  const data = `${env.HOME}/.local/share/im`;
  const line = await server.line('listening');
  assert.match(line, /^listening on ws:\/\/127\.0\.0\.1:\d+, data in /);
  assert.ok(line.endsWith(data));
  assert.equal((await stat(data)).mode & 0o777, 0o700);
  server.child.kill('SIGTERM');
  const { code, stdout } = await server.finished;
  assert.equal(code, 0);
  assert.equal(stdout, `${line}\n`);
});

test('im serve --json prints its address as an object; Ctrl+C ends it with 0', async (t) => {
  const { process, url, data } = await serve(t);
  assert.match(url, /^ws:\/\/127\.0\.0\.1:[1-9]\d*$/);
  assert.match(data, /^\//);
  process.child.kill('SIGINT');
  assert.equal((await process.finished).code, 0);
});

test('a second im serve on the same folder ends with 8 and names the first', async (t) => {
  const first = await serve(t);
  const second = await first.im(['serve', '--port', '0']);
  assert.equal(second.code, 8);
  assert.match(second.stderr, new RegExp(`in use by process ${first.process.child.pid} .*\n.*${first.url}`));
  assert.equal(second.stderr.trim().split('\n').length, 3);
});

test('im serve on a folder that is damaged, incomplete, or of a newer version ends with 8 and changes nothing; im doctor says the same', async (t) => {
  const first = await serve(t);
  await first.im(['user', 'add', 'bob', '--keep']);
  first.process.child.kill('SIGTERM');
  await first.process.finished;
  const { data } = first;
  const whole = await first.im(['doctor', '--data', data, '--timeout', '1ms']);
  assert.match(whole.stdout, /^ok {7}store {7}im serve can start on /m);
  const path = (name: string): string => join(data, name);
  const text = await readFile(path('store.json'), 'utf8');
  const journal = JSON.parse(text).segments[0].toString().padStart(6, '0');
  for (const [name, change, what] of [
    ['store.json', (good: string) => good.replace('epoch', 'epock'), /store\.json is damaged/],
    ['store.json', (good: string) => good.replace(/"format": \d+/, '"format": 99'), /newer version/],
    ['users.json', (good: string) => good.replace('bob', 'eve'), /users\.json is damaged/],
    ['users.json', undefined, /users\.json is damaged: it is missing, but there is a store/],
    ['operator.token', () => 'nonsense', /operator\.token is not a token/],
    [`journal/${journal}.ndjson`, (good: string) => good.replace('"crc":"', '"crc":"0'), /ndjson is damaged at byte 0/],
    [`journal/${journal}.ndjson`, undefined, /ndjson is missing/],
  ] as const) {
    const good = await readFile(path(name), 'utf8');
    if (change) await writeFile(path(name), change(good));
    else await rm(path(name));
    const before = await contentsOf(data);
    const served = await first.im(['serve', '--port', '0']);
    const doctor = await first.im(['doctor', '--data', data, '--timeout', '1ms']);
    assert.equal(served.code, 8, name);
    assert.match(served.stderr, what);
    assert.equal(doctor.code, 8, name);
    assert.match(/^problem {2}store .*$/m.exec(doctor.stdout)?.[0] ?? '', what);
    assert.deepEqual(await contentsOf(data), before, name);
    await writeFile(path(name), good, { mode: 0o600 });
  }
});

/** The files below a folder, without the lock. */
async function contentsOf(folder: string): Promise<ReadonlyMap<string, string>> {
  const found = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = found.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
  const texts = await Promise.all(files.map(async (file) => [file, await readFile(file, 'utf8')] as const));
  return new Map(texts.sort());
}

test('im serve beyond loopback needs TLS or --insecure (R20)', async (t) => {
  const env = await makeHome(t);
  const refused = await im(t, ['serve', '--port', '0', '--host', '0.0.0.0'], { env });
  assert.equal(refused.code, 2);
  assert.match(refused.stderr, /--tls-cert.*--insecure/);
  await assert.rejects(stat(`${env.HOME}/.local/share/im`), 'no folder was created');
  const halfTls = await im(t, ['serve', '--port', '0', '--tls-cert', 'x.pem'], { env });
  assert.equal(halfTls.code, 2);
  const insecure = start(t, ['serve', '--port', '0', '--host', '0.0.0.0', '--insecure'], { env });
  await insecure.line('listening on ws://0.0.0.0:');
});

test('im serve on a port in use ends with 2 and suggests --port', async (t) => {
  const squatter = createServer().listen(0, '127.0.0.1');
  t.after(() => squatter.close());
  await new Promise((resolve) => squatter.once('listening', resolve));
  const { port } = squatter.address() as AddressInfo;
  const { code, stderr } = await im(t, ['serve', '--port', String(port)], { env: await makeHome(t) });
  assert.equal(code, 2);
  assert.match(stderr, /EADDRINUSE.*\n.*--port/);
});

test('im serve --ops-port serves /readyz and /metrics', async (t) => {
  const env = await makeHome(t);
  const server = start(t, ['serve', '--port', '0', '--ops-port', '0', '--json'], { env });
  const { ops } = JSON.parse(await server.line('listening')) as { ops: string };
  const ready = await fetch(`${ops}/readyz`);
  assert.equal(ready.status, 200);
  assert.match(await (await fetch(`${ops}/metrics`)).text(), /^im_/m);
});

test('the log of im serve has the agent of a client, but no token and no body', async (t) => {
  const { im: run, process, env } = await serve(t, '--log-level', 'debug');
  await run(['user', 'add', 'bob']);
  const { code } = await run(['send', 'bob', 'a secret word', '--as', 'alice']);
  assert.equal(code, 0);
  process.child.kill('SIGTERM');
  const { stderr } = await process.finished;
  assert.match(stderr, /"user":"alice","mode":"send",.*"agent":"im-toolkit\//, 'the login is logged');
  assert.doesNotMatch(stderr, /im_[A-Za-z0-9_-]{43}|a secret word/);
  assert.ok(env.HOME);
});

test('SIGHUP ends no server without a terminal; it is logged', async (t) => {
  const { process, im: run } = await serve(t);
  process.child.kill('SIGHUP');
  await process.line('"event":"hangup"', 'stderr');
  assert.equal((await run(['user', 'add', 'alice'])).code, 0);
  process.child.kill('SIGTERM');
  assert.equal((await process.finished).code, 0);
});

test('a closed terminal ends its server cleanly; SIGHUP alone does not', async (t) => {
  const env = await makeHome(t);
  const terminal = new Pty(t, ['serve', '--port', '0'], { env });
  await terminal.sees('listening on');
  terminal.kill('SIGHUP');
  await terminal.sees('hangup');
  terminal.hangUp();
  assert.deepEqual(await terminal.ended, { exitCode: 0, signal: 0 });
  const store = JSON.parse(await readFile(join(env.HOME ?? '', '.local/share/im/store.json'), 'utf8'));
  assert.ok(store.cleanEnd);
});

/** Lines of the log that were lost, from /metrics. */
async function linesLost(ops: string): Promise<number> {
  const text = await (await fetch(`${ops}/metrics`)).text();
  return Number(/^im_log_lines_lost_total (\d+)$/m.exec(text)?.[1]);
}

/** Sends a message, which makes the server log a login and its end. */
const send = (t: TestContext, env: Readonly<Record<string, string>>) =>
  im(t, ['send', 'alice', 'hi', '--as', 'alice', '--quiet'], { env });

test('im serve goes on without a reader of its log or of its stdout, and counts what was not logged', async (t) => {
  const env = await makeHome(t);
  const server = start(t, ['serve', '--port', '0', '--ops-port', '0', '--json'], { env });
  const { ops } = JSON.parse(await server.line('listening')) as { ops: string };
  server.child.stdout.destroy();
  server.child.stderr.destroy();
  assert.equal((await send(t, env)).code, 0);
  assert.ok((await linesLost(ops)) > 0);
  server.child.kill('SIGTERM');
  assert.equal((await server.finished).code, 0);
});

test('im serve goes on when stdout and its log are on a full disk', { skip: !existsSync('/dev/full') }, async (t) => {
  const env = await makeHome(t);
  const script = 'exec "$NODE" "$IM" serve --port 0 > /dev/full 2> /dev/full';
  const options = { program: 'sh', env: { ...env, NODE: process.execPath, IM: PROGRAM } };
  const server = start(t, ['-c', script], options);
  // Only the data folder tells where the server is, once it listens.
  while ((await im(t, ['doctor', '--json'], { env })).code !== 0) assert.equal(server.child.exitCode, null);
  assert.equal((await send(t, env)).code, 0);
  server.child.kill('SIGTERM');
  assert.equal((await server.finished).code, 0);
});

test('a new reader of the log learns how many lines were lost', async (t) => {
  const env = await makeHome(t);
  const script = 'mkfifo "$HOME/log"; echo made; exec "$NODE" "$IM" serve --port 0 --ops-port 0 --json 2> "$HOME/log"';
  const options = { program: 'sh', env: { ...env, NODE: process.execPath, IM: PROGRAM } };
  const server = start(t, ['-c', script], options);
  await server.line('made');
  const reader = () => start(t, [`${env.HOME}/log`], { program: 'cat' });
  const first = reader();
  const { ops } = JSON.parse(await server.line('listening')) as { ops: string };
  first.child.kill('SIGKILL');
  await first.finished;
  assert.equal((await send(t, env)).code, 0);
  assert.ok((await linesLost(ops)) > 0);
  const report = reader().line(/"lines":\d+,"event":"log lines lost"/);
  let isReported = false;
  report.finally(() => {
    isReported = true;
  });
  while (!isReported) await send(t, env); // until it has opened the pipe
  await report;
});
