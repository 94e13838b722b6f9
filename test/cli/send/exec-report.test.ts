import assert from 'node:assert/strict';
import { test } from 'node:test';
import { execReport } from '../../../src/cli/send/exec-report.js';
import type { ExecRun } from '../../../src/cli/send/exec-run.js';
import { OutputTail } from '../../../src/cli/send/exec-tail.js';
import { EXEC_REPORT } from '../../../src/cli/send/send-limits.js';
import { WIRE } from '../../../src/protocol/limits.js';

function report(printed: string, more: Partial<ExecRun> = {}): string {
  const output = new OutputTail(EXEC_REPORT.maxOutputBytes);
  output.add(Buffer.from(printed));
  const run = { command: 'make test', exitCode: 0, signal: undefined, tookMs: 63_400, output, unwritten: undefined };
  return execReport({ ...run, ...more });
}

test('it names the exit code or signal, the time and the command, followed by the output', () => {
  assert.equal(report(''), 'exit code 0 after 1m 3s: make test');
  assert.equal(report('one\ntwo\n', { exitCode: 2 }), 'exit code 2 after 1m 3s: make test\none\ntwo');
  const killed = { exitCode: 137, signal: 'SIGKILL' as const, tookMs: 12 };
  assert.equal(report('', killed), 'ended by SIGKILL after 12ms: make test');
});

test('of a long output it has the last lines, and says how many there were', () => {
  const lines = Array.from({ length: 100 }, (_, index) => `line ${index + 1}`);
  assert.deepEqual(
    report(`${lines.join('\n')}\n`)
      .split('\n')
      .slice(1),
    ['(the last 20 of 100 lines)', ...lines.slice(-20)],
  );
});

test('colors are removed, and of a progress bar the final text is kept', () => {
  assert.equal(report('\u001b[31mred\u001b[0m\r\n10 %\r100 %\n').split('\n').slice(1).join(), 'red,100 %');
});

test('the report on any command and output is small enough to be sent', () => {
  const body = report(`${'\0'.repeat(100_000)}\n`.repeat(3), { command: '👋'.repeat(10_000) });
  assert.ok(body.isWellFormed() && Buffer.byteLength(JSON.stringify(body)) < WIRE.maxBodyBytes);
});
