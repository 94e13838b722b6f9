import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Line, NOT_UTF8, readAll, readLines, TOO_LONG } from '../../../src/cli/input/stdin-lines.js';

async function* chunksOf(...chunks: (string | number[])[]): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) yield Buffer.from(chunk as string);
}

const lines = async (chunks: AsyncIterable<Uint8Array>, maxBytes = 100): Promise<Line[]> =>
  (await Readable.from(readLines(chunks, maxBytes)).toArray()).flat();

test('lines end with LF or CRLF, and nowhere else', async () => {
  assert.deepEqual(await lines(chunksOf('a\nb\r\nc\u2028d\u0085e\rf\n')), ['a', 'b', 'c\u2028d\u0085e\rf']);
  assert.deepEqual(await lines(chunksOf('a\r', '\nb\r\r\n', '\r\n')), ['a', 'b\r', '']);
});

test('a line end does not count against the limit', async () => {
  for (const end of ['', '\n', '\r\n']) {
    assert.deepEqual(await lines(chunksOf(`12345${end}`), 5), ['12345'], JSON.stringify(end));
    assert.deepEqual(await lines(chunksOf(`123456${end}`), 5), [TOO_LONG], JSON.stringify(end));
    assert.equal(await readAll(chunksOf(`12345${end}`), 5), '12345', JSON.stringify(end));
    assert.equal(await readAll(chunksOf(`123456${end}`), 5), TOO_LONG, JSON.stringify(end));
  }
});

test('the last line need not end with a newline; empty lines are lines', async () => {
  assert.deepEqual(await lines(chunksOf('a\n\nb')), ['a', '', 'b']);
  assert.deepEqual(await lines(chunksOf('a\n')), ['a']);
  assert.deepEqual(await lines(chunksOf('\n')), ['']);
  assert.deepEqual(await lines(chunksOf()), []);
});

test('lines that are ASCII are the same alone and beside others: line ends, lengths, what follows them', async () => {
  const all = 'one\r\n\n123456\r\n1234567\n\r\na\rb\n\0\n';
  const expected = ['one', '', '123456', TOO_LONG, '', 'a\rb', '\0'];
  assert.deepEqual(await lines(chunksOf(all), 6), expected);
  assert.deepEqual(await lines(chunksOf(...Array.from(all)), 6), expected);
  assert.deepEqual(await lines(chunksOf(`${all}\u00e9\n${all}x`), 6), [...expected, '\u00e9', ...expected, 'x']);
});

test('NUL bytes are kept; a byte order mark at the start is dropped', async () => {
  assert.deepEqual(await lines(chunksOf('\ufeffa\0b\n\ufeffc')), ['a\0b', '\ufeffc']);
});

test('a character split across two chunks is decoded', async () => {
  const bytes = Buffer.from('你好\n👋');
  for (let cut = 0; cut <= bytes.length; cut++) {
    assert.deepEqual(await lines(chunksOf([...bytes.subarray(0, cut)], [...bytes.subarray(cut)])), ['你好', '👋']);
  }
});

test('a line that is not UTF-8 is reported, and the lines after it are read', async () => {
  assert.deepEqual(await lines(chunksOf('a\n', [0xff, 0xfe], '\nb')), ['a', NOT_UTF8, 'b']);
});

test('a line of 10 MB is reported as too long, and dropped', async () => {
  const megabytes = Array.from({ length: 10 }, () => 'x'.repeat(1024 * 1024));
  assert.deepEqual(await lines(chunksOf('a\n', ...megabytes, '\nb\n', ...megabytes)), ['a', TOO_LONG, 'b', TOO_LONG]);
  assert.deepEqual(await lines(chunksOf('12345\n123456\n'), 5), ['12345', TOO_LONG]);
});

test('an endless line is reported as soon as it is too long', async () => {
  async function* endless(): AsyncGenerator<Uint8Array> {
    yield Buffer.from('a\n');
    for (;;) yield Buffer.alloc(64);
  }
  const seen: Line[] = [];
  for await (const portion of readLines(endless(), 100)) {
    seen.push(...portion);
    if (seen.length === 2) break;
  }
  assert.deepEqual(seen, ['a', TOO_LONG]);
});

test('the lines do not depend on how the bytes are split into chunks', async () => {
  const text = fc
    .array(fc.string({ unit: 'grapheme' }).map((line) => line.replaceAll('\n', '')))
    .map((all) => all.join('\n'));
  await fc.assert(
    fc.asyncProperty(text, fc.array(fc.nat({ max: 20 })), async (whole, cuts) => {
      const bytes = Buffer.from(whole);
      const chunks: number[][] = [];
      let from = 0;
      for (const size of cuts) {
        chunks.push([...bytes.subarray(from, from + size)]);
        from += size;
      }
      chunks.push([...bytes.subarray(from)]);
      assert.deepEqual(await lines(chunksOf(...chunks), 10_000), await lines(chunksOf(whole), 10_000));
    }),
  );
});

test('readAll returns one text, without the line end at its end', async () => {
  assert.equal(await readAll(chunksOf('a\r\nb\r\n'), 100), 'a\r\nb');
  assert.equal(await readAll(chunksOf('a\r', '\n'), 100), 'a');
  assert.equal(await readAll(chunksOf('\r\n'), 100), '');
  assert.equal(await readAll(chunksOf('a\n\r\n'), 100), 'a\n');
  assert.equal(await readAll(chunksOf('a\r'), 100), 'a\r', 'a lone CR is no line end');
  assert.equal(await readAll(chunksOf('a\nb\n'), 100), 'a\nb');
  assert.equal(await readAll(chunksOf('a\n\n'), 100), 'a\n');
  assert.equal(await readAll(chunksOf('\n'), 100), '');
  assert.equal(await readAll(chunksOf(), 100), undefined);
  assert.equal(await readAll(chunksOf('12345\n'), 5), '12345');
  assert.equal(await readAll(chunksOf('123456'), 5), TOO_LONG);
  assert.equal(await readAll(chunksOf('1234567'), 5), TOO_LONG);
});
