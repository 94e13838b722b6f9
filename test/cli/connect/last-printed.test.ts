import assert from 'node:assert/strict';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { LastPrinted } from '../../../src/cli/connect/last-printed.js';
import { createOutput, type Stream } from '../../../src/cli/output/output.js';
import { OutputFailure } from '../../../src/cli/output/output-failure.js';
import type { IncomingMessage } from '../../../src/client/events.js';
import { inline, safe } from '../../../src/text/safe-text.js';
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

test('short lines share a write that a pipe takes as a whole, and what an earlier process printed is skipped (R15)', async (t) => {
  const folder = await makeFolder(t);
  await printed(folder, message('e', 2));
  const writes: string[] = [];
  const stream: Stream = {
    write(text, written) {
      writes.push(text);
      written?.();
    },
  };
  const first = new LastPrinted(folder, createOutput(false, stream, stream));
  const messages = Array.from({ length: 100 }, (_, index) => message('e', index + 1));
  const textOf = ({ seq }: IncomingMessage) => inline(`${seq}: ${'你'.repeat(33)}`);
  assert.equal(await first.all(messages, textOf), 98);
  first.close();
  assert.equal(
    writes.join(''),
    messages
      .slice(2)
      .map((one) => `${textOf(one)}\n`)
      .join(''),
  );
  assert.ok(writes.every((text) => Buffer.byteLength(text) <= 4096 && text.endsWith('\n')));
  assert.equal(writes.length, 3);
  assert.deepEqual(await printed(folder, ...messages, message('e', 101)), ['e 101']);
});

test('a line that is longer than a pipe takes at once is a write of its own', async (t) => {
  const output = createFakeOutput();
  const lastPrinted = new LastPrinted(await makeFolder(t), output);
  const long = (seq: number) => message('e', seq, { body: 'x'.repeat(seq === 2 ? 10_000 : 1) });
  assert.equal(await lastPrinted.all([long(1), long(2), long(3)], ({ body }) => inline(body)), 3);
  lastPrinted.close();
  assert.deepEqual(output.lines, ['x', 'x'.repeat(10_000), 'x']);
});

for (const written of [0, 3, 4, 5, 8, 11])
  test(`when the disk is full after ${written} bytes, the next process prints the rest on lines of their own, nothing twice`, async (t) => {
    const folder = await makeFolder(t);
    let file = '';
    const fullAfter = (bytes: number): Stream => ({
      write(text, done) {
        const taken = text.slice(0, bytes);
        file += taken;
        const isCutOff = taken !== '' && !taken.endsWith('\n');
        const full = Object.assign(new Error('ENOSPC: no space'), { code: 'ENOSPC', written: taken.length, isCutOff });
        done?.(taken.length < text.length ? full : null);
      },
    });
    const print = async (bytes: number): Promise<void> => {
      const stream = fullAfter(bytes);
      const lastPrinted = new LastPrinted(folder, createOutput(false, stream, stream));
      const messages = [1, 2, 3].map((seq) => message('e', seq));
      await lastPrinted.all(messages, ({ seq }) => inline(`no${seq}`)).finally(() => lastPrinted.close());
    };
    await assert.rejects(print(written), OutputFailure);
    await print(100);
    const whole = ['no1', 'no2', 'no3'];
    const lines = file.split('\n').slice(0, -1);
    const cut = written % 4 === 0 ? [] : [`no${Math.floor(written / 4) + 1}`.slice(0, written % 4)];
    const before = whole.slice(0, Math.floor(written / 4));
    assert.deepEqual(lines, [...before, ...cut, ...whole.slice(before.length)]);
  });
