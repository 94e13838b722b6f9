#!/usr/bin/env node
// Style that the linter has no rule for. Errors end with 1; a long file is only a warning: look whether it is two modules.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const MAX_LINES = 300;

/** What is wrong with a source file: `error: …` or `warning: …`, one a problem. */
export function checkStyle(path, text) {
  const problems = [];
  if (!text.startsWith('/**')) problems.push('error: does not begin with a doc comment that says what the file is');
  if (/(^|\/)(utils?|helpers?|common|types|misc)\.tsx?$/.test(path))
    problems.push('error: the name says nothing of what is in it');
  for (const [word] of text.matchAll(/\b(TODO|FIXME|XXX)\b|not implemented/g)) problems.push(`error: ${word}`);
  for (const [code] of text.matchAll(/catch *(\([^)]*\))? *\{ *\}|\.catch\(\(\) => (\{ *\}|undefined)\)/g))
    problems.push(`error: an error is swallowed: ${code}`);
  const lines = text.split('\n').length - 1;
  if (lines > MAX_LINES) problems.push(`warning: has ${lines} lines`);
  return problems;
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const root = join(import.meta.dirname, '..');
  const files = ['src', 'commands'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.tsx?$/.test(name))
      .map((name) => `${folder}/${name}`),
  );
  const problems = files.flatMap((path) =>
    checkStyle(path, readFileSync(join(root, path), 'utf8')).map((problem) => `${path}: ${problem}`),
  );
  for (const problem of problems) console.error(problem);
  if (problems.some((problem) => problem.includes(': error: '))) process.exitCode = 1;
}
