/** Terminal input, decoded into keys, text and pastes. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { TUI } from '../../../src/tui/limits.js';
import { type Input, KeyDecoder } from '../../../src/tui/screen/key-decoder.js';

/** An input in short: text as `'…'`, keys by name, pastes as `paste '…'`. */
const short = (input: Input): string => {
  if (input.type === 'text') return `'${input.text}'`;
  if (input.type === 'key') return input.key;
  if (input.type === 'background') return input.isLight ? 'light' : 'dark';
  return input.type === 'paste' ? `paste '${input.text}'` : input.hasFocus ? 'focus' : 'blur';
};

const decode = (...chunks: string[]): string[] => {
  const decoder = new KeyDecoder();
  return [...chunks.flatMap((chunk) => decoder.push(chunk, 0)), ...decoder.flush()].map(short);
};

test('keys are decoded to their names', () => {
  const table: [string, string[]][] = [
    ['a', ["'a'"]],
    ['你好', ["'你好'"]],
    ['a\r', ["'a'", 'enter']],
    ['\n', ['ctrl+j']],
    ['\t', ['tab']],
    ['\u001b[Z', ['shift+tab']],
    ['\u007f', ['backspace']],
    ['\u0003\u0012', ['ctrl+c', 'ctrl+r']],
    ['\u001f', ['ctrl+_']],
    ['\u001b', ['escape']],
    ['\u001b\u001b', ['escape', 'escape']],
    ['\u001ba', ['alt+a']],
    ['\u001b\r', ['alt+enter']],
    ['\u001b\u007f', ['alt+backspace']],
    ['\u001b[A\u001bOB', ['up', 'down']],
    ['\u001b[1;5C\u001b[1;3D', ['ctrl+right', 'alt+left']],
    ['\u001b[5~\u001b[6~', ['pageup', 'pagedown']],
    ['\u001b[5;5~', ['ctrl+pageup']],
    ['\u001b[H\u001b[4~\u001bOF', ['home', 'end', 'end']],
    ['\u001bOP\u001b[11~\u001b[[A', ['f1', 'f1', 'f1']],
    ['\u001b[13;2u\u001b[99;5u\u001b[97;3u', ['shift+enter', 'ctrl+c', 'alt+a']],
    ['\u001bOM', ['enter']],
    ['\u001b[I\u001b[O', ['focus', 'blur']],
    ['\u001bO', ['alt+O']],
    ['\u001b_', ['alt+_']],
    ['\u001b]', ['alt+]']],
    ['\u001b ', ['alt+space']],
    ['\u001b\u0007', ['ctrl+alt+g']],
    ['\u001b[15~\u001b[24;2~', ['f5', 'shift+f12']],
    ['\u001b[47;5u', ['ctrl+_']],
  ];
  for (const [bytes, expected] of table) assert.deepEqual(decode(bytes), expected, JSON.stringify(bytes));
});

test('reports and replies of the terminal are not input', () => {
  const reports = [
    '\u001b[?62;22c',
    '\u001b[>0;276;0c',
    '\u001b[24;80R',
    '\u001b[0n',
    '\u001b[8;30;100t',
    '\u001b[?2026;2$y',
    '\u001b]10;rgb:1e1e/1e1e/2e2e\u0007',
    '\u001b]10;rgb:ffff/ffff/ffff\u001b\\',
    '\u001bP>|tmux 3.4\u001b\\',
    '\u001bP1+r524742=38\u001b\\',
    '\u001b[?1u',
    '\u001b_Gi=1;OK\u001b\\',
  ];
  for (const report of reports) {
    assert.deepEqual(decode(`a${report}b`), ["'a'", "'b'"], JSON.stringify(report));
    assert.deepEqual(decode('a', ...report, 'b'), ["'a'", "'b'"], `${JSON.stringify(report)}, byte by byte`);
  }
});

test('an unfinished sequence is dropped', () => {
  assert.deepEqual(decode('\u001b[1;'), []);
  assert.deepEqual(decode('\u001b]11;rgb'), []);
  assert.deepEqual(decode('\u001b]11;rgb\u001b[A'), ['up']);
  assert.deepEqual(decode('\u001b]11;rgb\r'), ['enter'], 'a key after a string without an end');
  assert.deepEqual(decode('\u001b[1;\u001b[A'), ['up']);
  assert.deepEqual(decode('\u001b[1;\r'), ['enter']);
  assert.deepEqual(decode('\u001b[1;你'), ["'你'"]);
  assert.deepEqual(decode('\u001b[ 5x'), ["'5x'"], 'parameters after an intermediate');
  assert.deepEqual(decode('\u001b[M !!a'), ["'a'"], 'a mouse report');
  assert.deepEqual(decode(...'\u001b[M !!a'), ["'a'"]);
  assert.deepEqual(decode('\u001b[M !\r'), ['enter']);
  assert.deepEqual(decode(`\u001b]${'x'.repeat(TUI.maxSequenceLength)}`, 'a'), ["'a'"]);
});

test('a paste is one input, whatever it contains and however it is split into chunks', () => {
  const text = 'one\rtwo\u001b[A\u001b\ttab\u0003';
  const sent = `\u001b[200~${text}\u001b[201~x`;
  assert.deepEqual(decode(sent), [`paste '${text}'`, "'x'"]);
  assert.deepEqual(decode(...sent), [`paste '${text}'`, "'x'"]);
  const decoder = new KeyDecoder();
  decoder.push('\u001b[200~a\u001b', 0);
  assert.equal(decoder.flushAfterMs, TUI.pasteTimeoutMs, 'an ESC in a paste is not the Esc key');
});

test('a paste that is too long is kept just far enough to see that', () => {
  const [paste] = decode('\u001b[200~', ...Array.from({ length: 40 }, () => 'x'.repeat(64 * 1024)), '\u001b[201~');
  assert.ok(paste && paste.length > TUI.maxComposerLength && paste.length < 2 * TUI.maxComposerLength);
});

test('the result does not depend on how the input is split into chunks', () => {
  const part = fc.constantFrom(
    'a',
    '你',
    '👩',
    '\r',
    '\t',
    '\u001b[A',
    '\u001b[1;5C',
    '\u001b[?62c',
    '\u001b[200~',
    '\u001b[201~',
    '\u001bOP',
    '\u001b]0;x\u0007',
    '\u001b[24;80R',
    'paste',
  );
  const flat = (inputs: string[]): string => inputs.join(' ').replaceAll("' '", '');
  fc.assert(
    fc.property(fc.array(part), fc.array(fc.nat(100)), (parts, cuts) => {
      const whole = parts.join('');
      const edges = [0, ...cuts.map((cut) => cut % (whole.length + 1)).sort((a, b) => a - b), whole.length];
      const chunks = edges.slice(1).map((edge, index) => whole.slice(edges[index], edge));
      assert.equal(flat(decode(...chunks)), flat(decode(whole)));
    }),
  );
});

test('any input can be decoded, and no control character becomes text', () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.oneof(fc.string({ unit: 'binary', maxLength: 20 }), fc.constantFrom('\u001b', '[', 'O', ']', '\u009b')),
      ),
      (chunks) => {
        for (const line of decode(...chunks)) {
          if (line.startsWith("'")) assert.doesNotMatch(line, /[\0-\x1f\x7f]/);
        }
      },
    ),
  );
});

test('the terminal says which background it has, however it writes that; another answer is dropped', () => {
  const table: [string, string[]][] = [
    ['\u001b]11;rgb:ffff/ffff/ffff\u001b\\', ['light']],
    ['\u001b]11;rgb:0000/0000/0000\u0007', ['dark']],
    ['\u001b]11;rgb:fd/f6/e3\u0007', ['light']],
    ['\u001b]11;rgba:1e1e/1e1e/1e1e/ffff\u001b\\', ['dark']],
    ['\u001b]11;rgb:0/f/0\u0007', ['light']],
    ['a\u001b]11;rgb:2828/2c2c/3434\u001b\\b', ["'a'", 'dark', "'b'"]],
    ['\u001b]11;#ffffff\u0007', []],
    ['\u001b]11;rgb:fffff/ffff/ffff\u0007', []],
    ['\u001b]10;rgb:ffff/ffff/ffff\u0007', []],
    ['\u001b[?62;22c', []],
  ];
  for (const [bytes, inputs] of table) {
    assert.deepEqual(decode(bytes), inputs, JSON.stringify(bytes));
    assert.deepEqual(decode(...bytes), inputs, `${JSON.stringify(bytes)}, one character at a time`);
  }
});
