import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Failure } from '../../../src/cli/errors/failure.js';
import { checkUtf8, removeLineEnds } from '../../../src/cli/input/process-text.js';

test('line ends behind a value are removed; spaces and other variables stay', () => {
  const environment = { A: 'a\n', B: 'b\r\n', C: 'c\r', D: 'd \r\n\n', E: 'e\nf', F: '\n', OTHER: 'x\n' };
  removeLineEnds(environment, ['A', 'B', 'C', 'D', 'E', 'F', 'MISSING']);
  assert.deepEqual(environment, { A: 'a', B: 'b', C: 'c', D: 'd ', E: 'e\nf', F: '', OTHER: 'x\n' });
});

/** Checks a command line and the variables A and B, given as bytes; `isKnown`: on a system that shows the bytes. */
function check(argv: readonly Buffer[], variables: Readonly<Record<string, Buffer>> = {}, isKnown = true): void {
  const join = (items: readonly Buffer[]) => Buffer.concat(items.flatMap((item) => [item, Buffer.from([0])]));
  const environ = Object.entries(variables).map(([name, value]) => Buffer.concat([Buffer.from(`${name}=`), value]));
  const bytes = {
    cmdline: join([Buffer.from('/usr/bin/node'), Buffer.from('run.js'), ...argv]),
    environ: join(environ),
  };
  checkUtf8(['A', 'B'], {
    argv: argv.map(String),
    env: Object.fromEntries(Object.entries(variables).map(([name, value]) => [name, String(value)])),
    readBytes: (name) => (isKnown ? bytes[name] : undefined),
  });
}

const refuses = (what: RegExp) => (error: unknown) =>
  error instanceof Failure &&
  error.exit === 'usage' &&
  what.test(error.message) &&
  /standard input/.test(error.next ?? '');

const good = Buffer.from('café 你好 👋');
const latin1 = Buffer.from('caf\xe9', 'latin1');
const half = Buffer.from('\xf0\x9f', 'latin1');
const real = Buffer.from('\ufffd');

test('arguments that are UTF-8 are accepted, also with U+FFFD itself', () => {
  check([]);
  check([Buffer.from('send'), good, real, Buffer.alloc(0), Buffer.from('a\ufffdb')]);
});

test('an argument that is not UTF-8 is refused, and quoted if it is short', () => {
  for (const bytes of [latin1, half, Buffer.from('\xed\xa0\x80', 'latin1'), Buffer.concat([real, latin1])]) {
    assert.throws(() => check([good, real, bytes, Buffer.from('--json')]), refuses(/^the argument .*is not UTF-8$/));
  }
  assert.throws(
    () => check([Buffer.concat([good, Buffer.alloc(1000, 'x'), latin1])]),
    refuses(/^the argument café 你好 👋x{11}… /),
  );
});

test('where the bytes cannot be known, U+FFFD is refused', () => {
  check([good], { A: good }, false);
  assert.throws(() => check([real], {}, false), refuses(/^the argument \ufffd is/));
  assert.throws(() => check([], { A: real }, false), refuses(/^the variable A is/));
});

test('a variable that is not UTF-8 is refused, without its value; others do not matter', () => {
  check([], { A: good, B: real, C: latin1 });
  assert.throws(() => check([], { A: good, B: latin1 }), refuses(/^the variable B is not UTF-8$/));
});
