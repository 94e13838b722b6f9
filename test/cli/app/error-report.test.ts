import assert from 'node:assert/strict';
import { test } from 'node:test';
import { failureLines, toFailure } from '../../../src/cli/app/error-report.js';
import { unknownCommand, usageFailure } from '../../../src/cli/app/usage-errors.js';
import { Failure } from '../../../src/cli/errors/failure.js';

test('a failure is printed as what happened, why, and what to do next', () => {
  const failure = new Failure('refused', 'it was refused', { why: 'because', next: 'do that' });
  assert.equal(toFailure(failure), failure);
  assert.deepEqual(failureLines(failure), ['im: it was refused', '    because', '    do that']);
  assert.deepEqual(failureLines(new Failure('refused', 'it was refused')), ['im: it was refused']);
});

test('any other thrown value is an unexpected failure of three lines', () => {
  for (const thrown of [new TypeError('x is not a function'), 'a string', undefined]) {
    const failure = toFailure(thrown);
    assert.equal(failure.exit, 'unexpected');
    assert.equal(failureLines(failure).length, 3);
  }
});

test('control characters in an error are escaped (R18)', () => {
  assert.deepEqual(failureLines(new Failure('refused', 'said \u001b[2J\nim: fine')), ['im: said ^[[2J^Jim: fine']);
});

test('DEBUG=im adds the stack, that of the cause if there is one', () => {
  const cause = new Error('deep');
  const failure = new Failure('refused', 'it was refused', { cause });
  for (const debug of ['im', '*', 'oclif,im', 'oclif im'])
    assert.match(failureLines(failure, debug).join('\n'), /Error: deep/);
  for (const debug of ['', 'imap', 'oclif']) assert.equal(failureLines(failure, debug).length, 1);
});

test('words after the message of im send: it has to be quoted', () => {
  const error = new Error('Unexpected arguments: two, words\nSee more help with --help');
  const quote = "quote a message of several words: im send bob 'two words'";
  assert.equal(usageFailure(error, 'send').next, quote);
  assert.equal(usageFailure(new Error('Nonexistent flag: --jsn'), 'send').next, 'see im send --help');
  assert.equal(usageFailure(error, 'trace').next, 'see im trace --help');
});

test('an unknown command gets the nearest command as a suggestion, if one is near', () => {
  const known = ['send', 'listen', 'user:add', 'user:list'];
  const table: [string, string, string][] = [
    ['sned', 'there is no command sned', 'did you mean: im send'],
    ['user:ad:alice', 'there is no command user ad', 'did you mean: im user add'],
    ['usr:lst', 'there is no command usr lst', 'did you mean: im user list'],
    ['user:del:bob', 'there is no command user del', 'there are: im user add, im user list'],
    ['user:list:bob', 'im user list takes no argument', 'see im user list --help'],
    ['listen:bob', 'im listen takes no argument', 'see im listen --help'],
    ['frobnicate:bob', 'there is no command frobnicate', 'im help shows the commands'],
  ];
  for (const [id, what, next] of table) {
    const failure = unknownCommand(id, known);
    assert.deepEqual([failure.message, failure.next], [what, next]);
  }
});
