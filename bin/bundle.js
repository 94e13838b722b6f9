#!/usr/bin/env node
// Writes what ships into dist/: each program and each command, with what they share in chunks. Loading a file costs a third of
// a millisecond, and `im send` would load ninety.
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { rolldown } from 'rolldown';

const root = join(import.meta.dirname, '..');

/** What package.json and bin/run.js name, besides the commands. */
const ENTRIES = ['src/index.ts', 'src/cli/app/main.ts', 'src/cli/app/help.ts', 'src/cli/app/command-not-found.ts'];

const commands = readdirSync(join(root, 'commands'), { recursive: true }).map((path) => join('commands', path));
const inputs = [...ENTRIES, ...commands.filter((path) => path.endsWith('.ts'))];

rmSync(join(root, 'dist'), { recursive: true, force: true });
const bundle = await rolldown({
  cwd: root,
  platform: 'node',
  input: Object.fromEntries(inputs.map((path) => [path.replace(/\.ts$/, ''), path])),
  external: /^[^./]/,
});
await bundle.write({
  dir: 'dist',
  entryFileNames: '[name].js',
  chunkFileNames: 'chunks/[name].js',
  comments: { jsdoc: false },
  // Named for what is in it: nearly everything needs all of it.
  codeSplitting: { groups: [{ name: 'protocol', test: /\/src\/protocol\// }] },
});
await bundle.close();
