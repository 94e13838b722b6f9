/** The style check: what it finds, and what it leaves alone. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

const { checkStyle } = (await import('../../bin/check-style.js' as string)) as {
  checkStyle: (path: string, text: string) => string[];
};

const DOC = '/** A file. */\n';

test('a file with a doc comment has no problem', () => {
  assert.deepEqual(checkStyle('src/a.ts', `${DOC}export const a = 1;\n`), []);
});

test('a file begins with a doc comment', () => {
  assert.match(checkStyle('src/a.ts', 'export const a = 1;\n').join(), /^error: does not begin/);
});

test('a file is named for what is in it', () => {
  for (const name of ['utils', 'helper', 'common', 'types', 'misc']) {
    assert.match(checkStyle(`src/${name}.ts`, DOC).join(), /^error: the name/, name);
  }
  assert.deepEqual(checkStyle('src/fields.ts', DOC), []);
});

test('nothing is left for later', () => {
  assert.deepEqual(checkStyle('src/a.ts', `${DOC}// ${'TO'}DO: more\n`), ['error: TODO']);
});

test('no error is swallowed', () => {
  for (const code of ['try { a() } catch {}', 'a().catch(() => {})', 'a().catch(() => undefined)']) {
    assert.match(checkStyle('src/a.ts', `${DOC}${code}\n`).join(), /^error: an error is swallowed/, code);
  }
});

test('a long file is a warning', () => {
  assert.match(checkStyle('src/a.ts', `${DOC}${'\n'.repeat(400)}`).join(), /^warning: has 401 lines$/);
});
