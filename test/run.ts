/**
 * Runs all tests, or those whose path contains one of the given words: `npm test`, `npm test -- store scenes`. A test file runs in
 * its own process, or in one with others of its folder. Exits with 1 when a test failed, or when no file matches.
 */
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, relative, sep } from 'node:path';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { pathToFileURL } from 'node:url';
import { lendPostgres } from './harness/postgres/shared.js';

const root = join(import.meta.dirname, '../..');
const words = process.argv.slice(2);
const files = readdirSync(join(root, 'test'), { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.test.ts') || path.endsWith('.test.tsx'))
  .filter((path) => words.length === 0 || words.some((word) => path.includes(word)))
  .map((path) => join(import.meta.dirname, path.replace(/\.tsx?$/, '.js')))
  .sort();

if (files.length === 0) {
  console.error(
    `No test file matches ${words.join(', ')} below ${relative(process.cwd(), join(root, 'test')) || 'test'}.`,
  );
  process.exit(1);
}

/** Loading the code that these test takes longer than the tests: those of a folder share a process, and begin first. */
const TOGETHER = [
  'accounts',
  'bench',
  'cli',
  'client',
  'disk',
  'file-store',
  'protocol',
  'queue-admin',
  'server',
  'text',
  'tui',
];
/** But these take seconds, start processes, or change what belongs to their process. */
const ALONE =
  /(state-crash|examples|foreign-folder|compile-cache|watch|file-store|power-loss|copy-stories|fuzz|connect|chat-app|languages|hostile|widths)\.test\.js$/;

/** Writes a file that loads these, into a folder for such files; a single one is taken as it is. */
function together(name: string, paths: readonly string[]): string {
  if (paths.length === 1) return paths[0] as string;
  const path = join(import.meta.dirname, 'together', `${name}.js`);
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, paths.map((one) => `await import(${JSON.stringify(pathToFileURL(one))});\n`).join(''));
  return path;
}

const folderOf = (path: string): string => relative(import.meta.dirname, path).split(sep)[0] as string;
const shared = files.filter((path) => TOGETHER.includes(folderOf(path)) && !ALONE.test(path));
const groups = TOGETHER.map((name) => [name, shared.filter((path) => folderOf(path) === name)] as const)
  .filter(([, paths]) => paths.length > 0)
  .map(([name, paths]) => together(name, paths));

/** One more than cores: many tests wait. */
const concurrency = availableParallelism() + 1;

// What ships has the production build of React in it, which is faster, too.
process.env.NODE_ENV = 'production';
// Node reads these certificates at the start of each process, which takes 50 ms. The tests stay on this machine, with their own.
delete process.env.NODE_EXTRA_CA_CERTS;
// Each file's process has the arguments of this one.
process.execArgv.push('--import', pathToFileURL(join(import.meta.dirname, 'lean-hooks.js')).href);
await lendPostgres();

run({ files: [...groups, ...files.filter((path) => !shared.includes(path))], concurrency, timeout: 170_000 })
  .on('test:fail', () => {
    process.exitCode = 1;
  })
  .compose(new spec())
  .pipe(process.stdout);
