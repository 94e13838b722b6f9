/** The file `printed` (LastPrinted) is closed by the commands that open it. Needs /proc: skipped where there is none. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { fileScope } from '../harness/process.js';
import { serve } from './server.js';

const server = await serve(fileScope());

/** Loaded into the process under test: reports on stderr when the file is still open at exit. */
const REPORT_OPEN_FILE = `
  import { readdirSync, readlinkSync } from 'node:fs';
  process.on('exit', () => {
    for (const fd of readdirSync('/proc/self/fd')) {
      try {
        if (readlinkSync('/proc/self/fd/' + fd).endsWith('/printed')) console.error('open at exit: printed');
      } catch (error) {
        if (error.code !== 'ENOENT') throw error; // the file descriptor of readdirSync itself
      }
    }
  });`;
const env = { NODE_OPTIONS: `--import "data:text/javascript,${encodeURIComponent(REPORT_OPEN_FILE)}"` };

for (const words of [
  ['listen', '--as', 'alice', '--count', '1'],
  ['connect', 'bob', '--json'],
  ['connect', 'carol', '--plain'],
]) {
  test(`im ${words.join(' ')} closes the file printed`, { skip: !existsSync('/proc/self/fd') }, async () => {
    const user = words.find((word) => ['alice', 'bob', 'carol'].includes(word)) as string;
    await server.im(['user', 'add', user, '--keep']);
    await server.im(['send', user, 'hello', '--as', user]);
    const running = server.start(words, { env });
    await running.line('hello');
    running.child.stdin.end();
    const { code, stderr } = await running.finished;
    assert.equal(code, 0, stderr);
    assert.doesNotMatch(stderr, /open at exit/);
  });
}
