import assert from 'node:assert/strict';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { LastPrinted } from '../../../src/cli/connect/last-printed.js';
import type { IncomingMessage } from '../../../src/client/events.js';

async function makeFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'im-test-'));
  t.after(() => rm(folder, { recursive: true }));
  return folder;
}

const message = (epoch: string, seq: number, more: Partial<IncomingMessage> = {}): IncomingMessage => ({
  ...{ epoch, seq, id: `x${seq}`, from: 'bob', body: 'hello', at: 0, attempt: 1 },
  ...more,
});

/** A process that prints these, as far as it lets them through, and dies without a word. */
async function printed(folder: string, ...messages: IncomingMessage[]): Promise<string[]> {
  const lines: string[] = [];
  const mark = new LastPrinted(folder);
  for (const one of messages) {
    await mark.once(one, async () => {
      lines.push(`${one.epoch} ${one.seq}`);
    });
  }
  mark.close();
  return lines;
}

test('what an earlier process has printed is not printed again (R15)', async (t) => {
  const folder = await makeFolder(t);
  assert.deepEqual(await printed(folder, message('e', 9), message('e', 10)), ['e 9', 'e 10']);
  assert.deepEqual(await printed(folder, message('e', 9), message('e', 10), message('e', 11)), ['e 11']);
  assert.equal((await stat(join(folder, 'printed'))).mode & 0o777, 0o600);
});

test('another life of the store begins anew, however its name is written', async (t) => {
  const folder = await makeFolder(t);
  const odd = '"\u0001\u2028'.repeat(21);
  assert.equal((await printed(folder, message('e', 5), message(odd, 1))).length, 2);
  assert.deepEqual(await printed(folder, message(odd, 1), message(odd, 2)), [`${odd} 2`]);
});

test('a replay is printed each time, and marks nothing', async (t) => {
  const folder = await makeFolder(t);
  const replay = message('e', 2, { replay: 'r1' });
  assert.deepEqual(await printed(folder, message('e', 5), replay, replay), ['e 5', 'e 2', 'e 2']);
  assert.deepEqual(await printed(folder, message('e', 3), message('e', 6)), ['e 6']);
});

test('what could not be printed is not marked', async (t) => {
  const folder = await makeFolder(t);
  const mark = new LastPrinted(folder);
  await assert.rejects(mark.once(message('e', 1), () => Promise.reject(new Error('no space'))));
  mark.close();
  assert.deepEqual(await printed(folder, message('e', 1)), ['e 1']);
});

test('a mark that a power cut has spoilt is none', async (t) => {
  const folder = await makeFolder(t);
  for (const spoilt of ['', '\0\0\0', '{"epoch":"e"', '{"epoch":"e","seq":"7"}', 'null']) {
    await writeFile(join(folder, 'printed'), spoilt);
    assert.deepEqual(await printed(folder, message('e', 1)), ['e 1'], JSON.stringify(spoilt));
  }
});
