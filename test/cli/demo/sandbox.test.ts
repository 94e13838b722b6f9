/** What the sandbox of `im demo` passes on, and what its bot says. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { commandLine, quoted } from '../../../src/cli/demo/command-line.js';
import { reasonIn, sandboxEnvironment } from '../../../src/cli/demo/sandbox.js';
import { backAgain, Tour } from '../../../src/cli/demo/tour.js';

test('nothing that names a server, a user or a folder of this account gets into the sandbox', () => {
  const ours = { IM_URL: 'ws://x', IM_TOKEN: 'secret', IM_SERVE_PORT: '1', XDG_DATA_HOME: '/d', XDG_STATE_HOME: '/s' };
  const kept = { PATH: '/bin', TERM: 'xterm', IM_CONNECT_THEME: 'light', NO_COLOR: '1', XDG_RUNTIME_DIR: '/run' };
  const environment = { ...ours, ...kept, HOME: '/home/you', XDG_CONFIG_HOME: '/c' };
  assert.deepEqual(sandboxEnvironment(environment, '/tmp/demo'), { ...kept, HOME: '/tmp/demo' });
});

test('why a command has ended is what it told people, not its log', () => {
  const log = '{"level":"info","event":"operator token set"}\n';
  assert.equal(reasonIn(`${log}im: the disk of /srv failed\n    EIO: write\n`), 'im: the disk of /srv failed');
  assert.equal(reasonIn(log), undefined);
  assert.equal(reasonIn(''), undefined);
});

test('printed command lines mean the same in a shell', () => {
  const words = ['send', 'bob', "it's 5 o'clock", '你好 👋', '$HOME `x` "y" \\', '--as', 'alice', ''];
  const shell = ['-c', `im() { printf '%s\\0' "$@"; }; ${commandLine(words)}`];
  assert.deepEqual(execFileSync('sh', shell, { encoding: 'utf8' }).split('\0').slice(0, -1), words);
  assert.equal(quoted('--token-file=/tmp/a.b'), '--token-file=/tmp/a.b');
});

test('the bot goes away, then kills the server; after the tour it repeats, and does each again on request', () => {
  const tour = new Tour();
  const acts = ['hello', 'hi', 'more', 'away', ' CRASH\n', 'away with you'].map((body) => tour.answer(body).act);
  assert.deepEqual(acts, ['away', 'crash', undefined, 'away', 'crash', undefined]);
  assert.equal(tour.answer('one\ntwo').text, 'You wrote: one\ntwo');
});

test('if nothing was written while the bot was away, it says so, shows no queue, and goes away again', () => {
  const tour = new Tour();
  assert.equal(tour.answer('hello').act, 'away');
  tour.repeatStep();
  assert.deepEqual([tour.answer('away').act, tour.answer('next').act], ['away', 'crash']);
  tour.answer('away');
  tour.repeatStep();
  assert.equal(tour.answer('after the tour').act, undefined);
  assert.match(backAgain('away', []), /^I am back. You wrote nothing .*\nWrite "away" and I go offline again/);
  assert.match(backAgain('away', ['bob 2']), /waited here:\n\$ im inspect-queue .*\nbob 2\nNow they are ✓✓/);
});
