/**
 * Runs the tests: all of them, or those whose path contains one of the given words. `npm test`, `npm test -- store scenes`.
 * Every test file is a process of its own; the exit code is 1 when anything failed, or when nothing was found to run.
 */
import { readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, relative } from 'node:path';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';

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

// The conformance suite shares the users of a server that it is held against: one file at a time then.
const concurrency = process.env.IM_CONFORMANCE_URL === undefined ? availableParallelism() : 1;

run({ files, concurrency, timeout: 170_000 })
  .on('test:fail', () => {
    process.exitCode = 1;
  })
  .compose(new spec())
  .pipe(process.stdout);
