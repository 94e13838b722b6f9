import assert from 'node:assert/strict';
import { test } from 'node:test';
import { spawn } from '@lydell/node-pty';
import { im, makeHome, PROGRAM } from '../harness/process.js';

/** The output of `im` on a real terminal. */
async function onTerminal(words: readonly string[], env: Record<string, string>): Promise<string> {
  const terminal = spawn(process.execPath, [PROGRAM, ...words], {
    env: { TERM: 'xterm-256color', ...env },
    cols: 80,
    rows: 24,
  });
  let text = '';
  terminal.onData((data) => {
    text += data;
  });
  await new Promise<void>((resolve) => {
    terminal.onExit(() => resolve());
  });
  return text;
}

test('help on a terminal is coloured, except with NO_COLOR, --no-color or TERM=dumb', async (t) => {
  const env = await makeHome(t);
  assert.match(await onTerminal(['help', 'send'], env), /\u001b\[/);
  for (const [words, more] of [
    [['help', 'send'], { NO_COLOR: '1' }],
    [['send', '--help', '--no-color'], {}],
    [['help', 'send'], { TERM: 'dumb' }],
    [['help', 'send'], { TERM: 'dumb', FORCE_COLOR: '1' }],
    [['serve', '--host', '0.0.0.0'], { NO_COLOR: '1' }],
  ] as const) {
    const text = await onTerminal(words, { ...env, ...more });
    assert.ok(text.length > 100);
    assert.doesNotMatch(text, /\u001b/, `${words.join(' ')} with ${JSON.stringify(more)}`);
  }
});

test('without a terminal no escape sequence is written, not even with FORCE_COLOR', async (t) => {
  const env = { ...(await makeHome(t)), FORCE_COLOR: '3', TERM: 'xterm-256color' };
  for (const words of [['help'], ['help', 'send'], ['snd'], ['send', 'bob', 'hi', '--url', 'x']]) {
    const { stdout, stderr } = await im(t, words, { env });
    assert.doesNotMatch(stdout + stderr, /\u001b/);
  }
});
