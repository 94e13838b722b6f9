/** `npm run demo:cluster` as a process: its checks pass, and nothing of it goes on, however it ends. */
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { EXIT_CODES } from '../../src/cli/errors/exit-codes.js';
import { makeHome, start } from '../harness/process.js';

const DEMO = join(import.meta.dirname, 'cluster.js');

/** Fails if something listens at an address in this text. */
async function nothingListens(text: string): Promise<void> {
  const ports = new Set([...text.matchAll(/127\.0\.0\.1:(\d+)/g)].map(([, port]) => Number(port)));
  assert.ok(ports.size >= 2, text);
  for (const port of ports) {
    const socket = connect(port, '127.0.0.1');
    const code = await new Promise((resolve) => {
      socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code)).once('connect', resolve);
    });
    socket.destroy();
    assert.equal(code, 'ECONNREFUSED', `${port}`);
  }
}

test('the demo of a cluster: every check passes', async (t) => {
  const env = await makeHome(t);
  const { code, stdout, stderr } = await start(t, [DEMO], { program: process.execPath, env }).finished;
  assert.deepEqual([code, stderr], [EXIT_CODES.done.code, ''], stdout);
  assert.match(stdout, /^ {2}\$ kill -9 \d+$/m);
  assert.match(stdout, /\nEvery check passed: .*\n$/);
  await nothingListens(stdout);
});

test('Ctrl+C ends the demo, its servers and its PostgreSQL', async (t) => {
  const demo = start(t, [DEMO], { program: process.execPath, env: await makeHome(t) });
  await demo.line('listening on');
  demo.child.kill('SIGINT');
  const { code, stdout, stderr } = await demo.finished;
  assert.deepEqual([code, stderr], [EXIT_CODES.interrupted.code, '']);
  await nothingListens(stdout);
});
