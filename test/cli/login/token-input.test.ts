import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { Failure } from '../../../src/cli/errors/failure.js';
import { readFirstLine, readTokenFile, tokenIn } from '../../../src/cli/login/token-input.js';
import { createFakeOutput } from '../fake-output.js';

const TOKEN = 'im_x-Y_9';
const refused = (error: unknown) => error instanceof Failure && error.exit === 'credential-refused';

const GOOD = ['', '\n', '\r\n', '\r', ' ', ' \t\r\n', '\n\n', '\nmore', '\r\nmore\r\n'].map((end) => TOKEN + end);
const WITH_MARK = [...GOOD, `\ufeff${TOKEN}\r\n`, ` ${TOKEN}`];
const BAD = ['', '\n', '\r\n', ' \n', `\n${TOKEN}`, `${TOKEN} x`, 'im_\ufffd', 'im_\0x'];

test('a token is the first line of a variable, a file and standard input, without line ends and spaces', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'im-test-'));
  t.after(() => rm(folder, { recursive: true }));
  const path = join(folder, 'token');
  const doors = {
    variable: async (text: string) => tokenIn(text, 'IM_TOKEN'),
    input: async (text: string) => readFirstLine(Readable.from([Buffer.from(text)]), 'standard input'),
    file: async (text: string) => {
      await writeFile(path, text, { mode: 0o600 });
      return readTokenFile(path, createFakeOutput());
    },
  };
  for (const [name, read] of Object.entries(doors)) {
    for (const text of WITH_MARK) assert.equal(await read(text), TOKEN, `${name}: ${JSON.stringify(text)}`);
    for (const text of BAD) await assert.rejects(read(text), refused, `${name}: ${JSON.stringify(text)}`);
  }
});

test('a file in another encoding is refused here, not by the server', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'im-test-'));
  t.after(() => rm(folder, { recursive: true }));
  const path = join(folder, 'token');
  await writeFile(path, `\ufeff${TOKEN}\r\n`, { encoding: 'utf16le', mode: 0o600 });
  await assert.rejects(
    readTokenFile(path, createFakeOutput()),
    (error) => refused(error) && /UTF-8/.test((error as Failure).why ?? ''),
  );
});
