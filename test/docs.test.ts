/** The generated parts of the docs are up to date. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { serveFlags } from '../src/cli/serve/serve-options.js';
import { generatedFiles, PAGES, PARTS, renew } from './docs.js';
import { readManifest } from './manifest.js';

test('the generated parts of docs/ match the code (npm run docs writes them)', () => {
  for (const page of PAGES) {
    const text = readFileSync(page, 'utf8');
    assert.equal(text, renew(text));
  }
});

test('the man page and the completion scripts match the commands (npm run docs writes them)', async () => {
  for (const [path, text] of await generatedFiles()) assert.equal(readFileSync(path, 'utf8'), text);
});

test('every generated part is used in a page of docs/', () => {
  const all = PAGES.map((page) => readFileSync(page, 'utf8')).join('\n');
  for (const name of Object.keys(PARTS)) assert.match(all, new RegExp(`<!-- generated: ${name} -->\n\\|`));
});

test('docs/operations.md lists every limit of im serve', () => {
  const limits = Object.entries(serveFlags).filter(([, flag]) => flag.helpGroup === 'limit');
  const rows = readFileSync('docs/operations.md', 'utf8').match(/^\| `--.*$/gm) ?? [];
  const listed = rows.flatMap((row) => (row.split('|')[1] ?? '').match(/--[a-z-]+/g) ?? []);
  assert.deepEqual([...new Set(listed)].sort(), limits.map(([name]) => `--${name}`).sort());
});

test("README's table has each command", () => {
  const rows = readFileSync('README.md', 'utf8').match(/^\| `im .*$/gm) ?? [];
  const listed = rows.flatMap((row) => [...row.matchAll(/`im ([a-z-]+)/g)].map(([, name = '']) => name));
  const commands = readManifest('.').commands.map(({ words }) => words.split(' ')[0] ?? words);
  assert.deepEqual([...new Set(listed)].sort(), [...new Set(commands)].sort());
});

/** What a README has besides its prose: its examples without comments, the names in its tables, its links and what it says of them. */
function factsOf(path: string) {
  const text = readFileSync(path, 'utf8');
  const fences = [...text.matchAll(/(?:<!-- ([^\n]*) -->\n)?```(\w+)\n(.*?)```/gs)];
  return {
    examples: fences.map(([, note, language, lines = '']) => [note, language, lines.replaceAll(/ *# .*$/gm, '')]),
    rows: [...text.matchAll(/^\| (`.*?`(?:, `.*?`)*) \|/gm)].map(([, names]) => names),
    cited: [...new Set(text.match(/`test\/[^`]*`|\bR\d+\b/g))].sort(),
    links: [...text.matchAll(/\]\(([^)]+)\)/g)]
      .map(([, link = '']) => link)
      .filter((link) => !/^README|\.svg$/.test(link))
      .sort(),
    headings: text.match(/^#+ /gm),
  };
}

test('README.zh-CN.md has the commands, the output, the tables and the links of README.md, which the tests run', () => {
  const facts = factsOf('README.md');
  assert.ok(facts.examples.length >= 5 && facts.rows.length > 20 && facts.links.length > 20);
  assert.deepEqual(factsOf('README.zh-CN.md'), facts);
});
