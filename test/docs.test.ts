import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { madeFiles, PAGES, PARTS, renew } from './docs.js';

test('the generated parts of docs/ are as the code says; if not, run `npm run docs`', () => {
  for (const page of PAGES) {
    const text = readFileSync(page, 'utf8');
    assert.equal(text, renew(text));
  }
});

test('the manual page and the completion of fish are as the commands say; if not, run `npm run docs`', () => {
  for (const [path, text] of madeFiles()) assert.equal(readFileSync(path, 'utf8'), text);
});

test('every generated part stands somewhere', () => {
  const all = PAGES.map((page) => readFileSync(page, 'utf8')).join('\n');
  for (const name of Object.keys(PARTS)) assert.match(all, new RegExp(`<!-- generated: ${name} -->\n\\|`));
});
