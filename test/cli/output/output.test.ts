import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createOutput } from '../../../src/cli/output/output.js';
import { safe } from '../../../src/text/safe-text.js';

/** Records writes; their callbacks are called by `take`. */
function fakeStream() {
  const writes: string[] = [];
  const taken: (() => void)[] = [];
  return {
    writes,
    take() {
      for (const written of taken.splice(0)) written();
    },
    write: (text: string, written?: () => void) => {
      writes.push(text);
      if (written) taken.push(written);
    },
  };
}

test('a line on stdout erases the progress line first', async () => {
  const terminal = { ...fakeStream(), isTTY: true };
  const output = createOutput(false, terminal, terminal);
  output.progress(safe`3 of 9`);
  void output.line(safe`done`);
  void output.line(safe`again`);
  await new Promise(process.nextTick);
  assert.deepEqual(terminal.writes, ['3 of 9', '\r      \r', 'done\nagain\n']);
});

test('the lines of one turn are flushed in one write, in order', async () => {
  const stdout = fakeStream();
  const output = createOutput(false, stdout, fakeStream());
  const first = output.line(safe`one`);
  output.object({ two: 2 });
  queueMicrotask(() => output.line(safe`three`));
  assert.deepEqual(stdout.writes, []);
  await new Promise(process.nextTick);
  assert.deepEqual(stdout.writes, ['one\n{"two":2}\nthree\n']);
  stdout.take();
  await first;
});

test('the promise of a line resolves when the operating system has accepted it, not before', async () => {
  const stdout = fakeStream();
  const output = createOutput(false, stdout, fakeStream());
  let isWritten = false;
  const written = output.line(safe`one`).then(() => {
    isWritten = true;
  });
  await new Promise(process.nextTick);
  assert.equal(isWritten, false);
  stdout.take();
  await written;
});

test('notes are written to stderr', () => {
  const stderr = fakeStream();
  createOutput(true, fakeStream(), stderr).note(safe`by the way`);
  assert.deepEqual(stderr.writes, ['by the way\n']);
});
