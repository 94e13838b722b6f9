/** `im ask`: questions and answers between real processes. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { EXIT_CODES } from '../../src/cli/errors/exit-codes.js';
import { fileScope, PROGRAM } from '../harness/process.js';
import { jsonLines, serve } from './server.js';

const server = await serve(fileScope());
await server.im(['user', 'add', 'alice', 'bot', 'bob', 'carol', 'dora', '--keep']);
const bot = join(server.data, '..', 'answer');
await writeFile(
  bot,
  `#!/bin/sh
"$NODE" "$IM" send "$IM_FROM" --re "$IM_ID" "you said:
	$IM_BODY" --as bot --quiet
`,
  { mode: 0o700 },
);
server.start(['listen', '--as', 'bot', '--exec', bot], { env: { NODE: process.execPath, IM: PROGRAM } });

const ask = (who: string, more: readonly string[], input?: string) =>
  server.im(['ask', who, ...more], input === undefined ? {} : { input });

test('the answer of a bot is printed, its control characters escaped; --json has it exactly', async () => {
  const { code, stdout, stderr } = await ask('bot', ['a \u001b[31mred\u202e one', '--as', 'carol']);
  assert.deepEqual([code, stdout, stderr], [0, 'you said:\n    a ^[[31mred\\u{202e} one\n', '']);
  const json = await ask('bot', ['-', '--as', 'carol', '--id', 'q"1', '--json'], 'from\nstdin');
  const [answer] = jsonLines(json.stdout);
  assert.deepEqual([answer?.from, answer?.re, answer?.body], ['bot', 'q"1', 'you said:\n\tfrom\nstdin']);
});

test('an answer is delivered, and nothing waits after it; no device is left', async () => {
  await ask('bot', ['x', '--as', 'carol']);
  assert.equal((await server.im(['inspect-queue', 'carol'])).stdout, '');
  assert.equal((await server.im(['devices', 'carol'])).stdout, '');
});

test('questions at the same time get their own answers', async () => {
  const words = ['one', 'two', 'three'];
  const answers = await Promise.all(words.map((word) => ask('bot', [word, '--as', 'dora'])));
  assert.deepEqual(
    answers.map(({ stdout }) => stdout),
    words.map((word) => `you said:\n    ${word}\n`),
  );
});

test('what others write, or the same user about something else, is not taken: it still waits', async () => {
  const send = (from: string, ...words: string[]) => server.im(['send', 'alice', '--as', from, '--quiet', ...words]);
  await send('bob', 'before');
  await send('bot', 'no answer');
  await send('bob', 'not from whom I asked', '--re', 'q7');
  const { stdout } = await ask('bot', ['x', '--as', 'alice', '--id', 'q7']);
  assert.equal(stdout, 'you said:\n    x\n');
  const listened = await server.im(['listen', '--as', 'alice', '--count', '4', '--format', '{from} {re} {line}']);
  assert.deepEqual(listened.stdout.split('\n').slice(0, -1), [
    'bob  before',
    'bot  no answer',
    'bob q7 not from whom I asked',
    'bot q7 you said:^J    x',
  ]);
});

test('without an answer: 5; with the same id it is asked once, and an answer that came meanwhile is found', async () => {
  const words = ['are you there?', '--as', 'carol', '--id', 'there'];
  const late = await ask('bob', [...words, '--timeout', '500ms']);
  assert.deepEqual([late.code, late.stdout], [EXIT_CODES['not-delivered'].code, '']);
  assert.match(late.stderr, /bob has not answered within 500ms\n.*bob has not got it\n.*--id there/);
  const got = await server.im(['listen', '--as', 'bob', '--count', '1', '--format', '{id}']);
  await server.im(['send', 'carol', 'now I am', '--as', 'bob', '--re', got.stdout.trim(), '--quiet']);
  await server.im(['listen', '--as', 'carol', '--count', '1']); // another device has it already
  assert.equal((await ask('bob', words)).stdout, 'now I am\n');
  const another = await ask('bob', ['are you gone?', ...words.slice(1)]);
  assert.deepEqual([another.code, another.stdout], [EXIT_CODES.refused.code, ''], 'the id is that of another question');
  assert.equal((await server.im(['inspect-queue', 'bob'])).stdout, '');
});

test('a refused question: 6; no server: 3; no question: 2', async () => {
  const refused = await ask('nobody', ['x', '--as', 'carol']);
  assert.equal(refused.code, EXIT_CODES.refused.code);
  assert.match(refused.stderr, /the question to nobody was refused: there is no such user/);
  const gone = await server.im(
    ['ask', 'bob', 'x', '--as', 'carol', '--url', 'ws://127.0.0.1:9', '--timeout', '300ms'],
    {
      env: { IM_TOKEN: 'im_x' },
    },
  );
  assert.equal(gone.code, EXIT_CODES['not-stored'].code);
  assert.match(gone.stderr, /was not stored within 300ms/);
  assert.equal((await ask('bob', ['--as', 'carol'], '')).code, EXIT_CODES.usage.code);
  assert.equal((await ask('bob', ['x', '--as', 'carol', '--id', 'a b'])).code, EXIT_CODES.usage.code);
});
