/**
 * Runs all tests, or those whose path contains one of the given words: `npm test`, `npm test -- store scenes`. Each test file runs
 * in its own process. Exits with 1 when a test failed, or when no file matches.
 */
import { readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, relative } from 'node:path';
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

/** One more than cores: many tests wait. */
const concurrency = availableParallelism() + 1;

// What ships has the production build of React in it, which is faster, too.
process.env.NODE_ENV = 'production';
// Node reads these certificates at the start of each process, which takes 50 ms. The tests stay on this machine, with their own.
delete process.env.NODE_EXTRA_CA_CERTS;
// Each file's process has the arguments of this one.
process.execArgv.push('--import', pathToFileURL(join(import.meta.dirname, 'lean-hooks.js')).href);
await lendPostgres();

run({ files, concurrency, timeout: 170_000 })
  .on('test:fail', () => {
    process.exitCode = 1;
  })
  .compose(new spec())
  .pipe(process.stdout);
