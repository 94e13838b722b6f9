import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EXIT_CODES, exitCodeLines } from '../../../src/cli/errors/exit-codes.js';

test('the exit codes are frozen: scripts rely on them', () => {
  assert.deepEqual(Object.fromEntries(Object.entries(EXIT_CODES).map(([exit, { code }]) => [exit, code])), {
    done: 0,
    unexpected: 1,
    usage: 2,
    'not-stored': 3,
    'credential-refused': 4,
    'not-delivered': 5,
    refused: 6,
    replaced: 7,
    'data-unusable': 8,
    interrupted: 130,
    terminated: 143,
  });
});

test('im help exit-codes has one line for each exit code', () => {
  assert.equal(exitCodeLines().length, Object.keys(EXIT_CODES).length);
  assert.ok(exitCodeLines().every((line) => /^ *\d+ {2}\S/.test(line)));
});
