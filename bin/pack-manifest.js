#!/usr/bin/env node
// Takes out of package.json, while it is packed, what only developers need: npm warns of `prepare` when a tarball is installed,
// though it does not run it. With --restore: puts the file back.
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Where the whole file waits. */
const WHOLE = 'package.json.whole';

/** package.json as it ships. */
export function packedManifest(text) {
  const {
    scripts: _scripts,
    devDependencies: _devDependencies,
    allowScripts: _allowScripts,
    ...rest
  } = JSON.parse(text);
  return `${JSON.stringify(rest, null, 2)}\n`;
}

export function writePacked(root) {
  const file = join(root, 'package.json');
  writeFileSync(file, packedManifest(readFileSync(file, 'utf8')));
}

function restore(root) {
  if (existsSync(join(root, WHOLE))) renameSync(join(root, WHOLE), join(root, 'package.json'));
}

if (process.argv[1] === import.meta.filename) {
  const root = join(import.meta.dirname, '..');
  restore(root); // Also before packing: an interrupted run did not.
  if (!process.argv.includes('--restore')) {
    writeFileSync(join(root, WHOLE), readFileSync(join(root, 'package.json')));
    writePacked(root);
  }
}
