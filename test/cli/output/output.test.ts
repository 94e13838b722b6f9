import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createOutput } from '../../../src/cli/output/output.js';
import { isClosedOutput, OutputFailure, unlessClosed } from '../../../src/cli/output/output-failure.js';
import { safe } from '../../../src/text/safe-text.js';

/** Records writes; their callbacks are called by `take`. */
function fakeStream() {
  const writes: string[] = [];
  const taken: ((error?: Error) => void)[] = [];
  return {
    writes,
    take(error?: Error) {
      for (const written of taken.splice(0)) written(error);
    },
    write: (text: string, written?: (error?: Error | null) => void) => {
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

const diskFull = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
const noReader = Object.assign(new Error('write EPIPE'), { code: 'EPIPE' });

test('a write that fails rejects the lines of its turn, and nothing is written after them', async () => {
  const stdout = fakeStream();
  const output = createOutput(false, stdout, fakeStream());
  const lines = [output.line(safe`one`), output.line(safe`two`)];
  await new Promise(process.nextTick);
  stdout.take(diskFull);
  lines.push(output.object({ three: 3 }), output.screen([safe`four`]));
  for (const line of lines) {
    await assert.rejects(line, (error) => error instanceof OutputFailure && error.exit === 'unexpected');
  }
  assert.deepEqual(stdout.writes, ['one\ntwo\n']);
});

test('the promise of a failed write may be ignored', async () => {
  const stdout = fakeStream();
  createOutput(false, stdout, fakeStream()).line(safe`one`);
  await new Promise(process.nextTick);
  stdout.take(noReader);
  await new Promise(setImmediate); // an unhandled rejection would fail this test
});

test('a full disk is named, with advice; a reader that is gone is no error', async () => {
  const full = new OutputFailure(diskFull);
  assert.deepEqual([full.exit, full.why, full.next], ['unexpected', diskFull.message, 'free some disk space']);
  const gone = new OutputFailure(noReader);
  assert.deepEqual([gone.exit, gone.why, isClosedOutput(gone)], ['done', 'nobody reads it any more', true]);
  await unlessClosed(Promise.reject(gone));
  await assert.rejects(unlessClosed(Promise.reject(full)), full);
});
