import assert from 'node:assert/strict';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { LastPrinted } from '../../../src/cli/connect/last-printed.js';
import { OutputFailure } from '../../../src/cli/output/output-failure.js';
import type { IncomingMessage } from '../../../src/client/events.js';
import { safe } from '../../../src/text/safe-text.js';
import { createFakeOutput } from '../fake-output.js';

async function makeFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'im-test-'));
  t.after(() => rm(folder, { recursive: true }));
  return folder;
}

const message = (epoch: string, seq: number, more: Partial<IncomingMessage> = {}): IncomingMessage => ({
  ...{ epoch, seq, id: `x${seq}`, from: 'bob', body: 'hello', at: 0, attempt: 1 },
  ...more,
});

/** Passes messages to a LastPrinted, as a process does that is killed afterwards. Resolves with those that were printed. */
async function printed(folder: string, ...messages: IncomingMessage[]): Promise<string[]> {
  const lines: string[] = [];
  const lastPrinted = new LastPrinted(folder, createFakeOutput());
  for (const one of messages) {
    await lastPrinted.once(one, async () => {
      lines.push(`${one.epoch} ${one.seq}`);
    });
  }
  lastPrinted.close();
  return lines;
}

test('a message that an earlier process printed is not printed again (R15)', async (t) => {
  const folder = await makeFolder(t);
  assert.deepEqual(await printed(folder, message('e', 9), message('e', 10)), ['e 9', 'e 10']);
  assert.deepEqual(await printed(folder, message('e', 9), message('e', 10), message('e', 11)), ['e 11']);
  assert.equal((await stat(join(folder, 'printed'))).mode & 0o777, 0o600);
});

test('the seqs of another epoch count for themselves, also when its name needs many escapes', async (t) => {
  const folder = await makeFolder(t);
  const odd = '"\u0001\u2028'.repeat(21);
  assert.equal((await printed(folder, message('e', 5), message(odd, 1))).length, 2);
  assert.deepEqual(await printed(folder, message(odd, 1), message(odd, 2)), [`${odd} 2`]);
});

test('a replay is printed each time, and does not move the position', async (t) => {
  const folder = await makeFolder(t);
  const replay = message('e', 2, { replay: 'r1' });
  assert.deepEqual(await printed(folder, message('e', 5), replay, replay), ['e 5', 'e 2', 'e 2']);
  assert.deepEqual(await printed(folder, message('e', 3), message('e', 6)), ['e 6']);
});

test('a message that could not be printed is printed by the next process', async (t) => {
  const folder = await makeFolder(t);
  const lastPrinted = new LastPrinted(folder, createFakeOutput());
  await assert.rejects(lastPrinted.once(message('e', 1), () => Promise.reject(new Error('no space'))));
  lastPrinted.close();
  assert.deepEqual(await printed(folder, message('e', 1)), ['e 1']);
});

test('a file that a power cut has damaged counts as empty', async (t) => {
  const folder = await makeFolder(t);
  for (const damaged of ['', '\0\0\0', '{"epoch":"e"', '{"epoch":"e","seq":"7"}', 'null']) {
    await writeFile(join(folder, 'printed'), damaged);
    assert.deepEqual(await printed(folder, message('e', 1)), ['e 1'], JSON.stringify(damaged));
  }
});

test('a message whose printing ends after close() is recorded all the same', async (t) => {
  const folder = await makeFolder(t);
  const lastPrinted = new LastPrinted(folder, createFakeOutput());
  await lastPrinted.once(message('e', 1), async () => lastPrinted.close());
  lastPrinted.close();
  assert.deepEqual(await printed(folder, message('e', 1)), []);
});

test('after a line that was cut off, the next process begins a line of its own, once', async (t) => {
  const folder = await makeFolder(t);
  assert.deepEqual(await printed(folder, message('e', 1)), ['e 1']);
  const first = new LastPrinted(folder, createFakeOutput());
  const cause = Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC', isCutOff: true });
  await assert.rejects(first.once(message('e', 2), () => Promise.reject(new OutputFailure(cause))));
  first.close();
  for (const lines of [['', 'e 2'], ['e 3']]) {
    const output = createFakeOutput();
    const next = new LastPrinted(folder, output);
    for (const seq of [1, 2, 3]) {
      await next.once(message('e', seq), () => output.line(safe`e ${seq}`));
      if (seq === 2 && lines.length === 2) break;
    }
    next.close();
    assert.deepEqual(output.lines, lines);
  }
});
