#!/usr/bin/env node
// Writes what ships into dist/: each program and each command, with what they share in chunks, and the packages that only they
// use. Loading a file costs a third of a millisecond, and `im send` would load hundreds.
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { rolldown } from 'rolldown';
import { thirdParty } from './third-party.js';

const root = join(import.meta.dirname, '..');

/** What package.json and bin/run.js name, besides the commands. */
const ENTRIES = [
  'src/index.ts',
  'src/cli/app/compile-cache.ts',
  'src/cli/app/main.ts',
  'src/cli/app/help.ts',
  'src/cli/app/command-not-found.ts',
];

/**
 * Loaded by a dependency only for its own developers: Ink's browser tools when DEV is set, oclif's compiler of commands. The
 * native part of `pg`, which has to be asked for. And what oclif searches files with where there is no manifest, or plugins: they
 * took a tenth of the start of each command.
 */
const NEVER = /^(\.\/devtools\.js|typescript|pg-native|minimatch|tinyglobby|lilconfig)$/;

/** oclif sorts the commands with it at every start: loading the rules of all languages takes 7 ms. Their ids are ASCII. */
const COMPARE = 'a.id.localeCompare(b.id)';

let hasSorted = false;

/** A plugin's `transform`. @throws Error when oclif has changed. */
function sortAsAscii(code) {
  const parts = code.split(COMPARE);
  if (parts.length !== 2) throw new Error(`${COMPARE} is there ${parts.length - 1} times: see bin/bundle.js`);
  hasSorted = true;
  return parts.join('(a.id < b.id ? -1 : 1)');
}

const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const commands = readdirSync(join(root, 'commands'), { recursive: true }).map((path) => join('commands', path));
const inputs = [...ENTRIES, ...commands.filter((path) => path.endsWith('.ts'))];

rmSync(join(root, 'dist'), { recursive: true, force: true });
const bundle = await rolldown({
  cwd: root,
  platform: 'node',
  input: Object.fromEntries(inputs.map((path) => [path.replace(/\.ts$/, ''), path])),
  external: Object.keys(dependencies),
  // React's development build is slower, and records data without limit.
  transform: { define: { 'process.env.NODE_ENV': '"production"' } },
  plugins: [
    { name: 'never', resolveId: { filter: { id: NEVER }, handler: () => '\0never' } },
    { name: 'ascii', transform: { filter: { id: /@oclif.core.lib.config.plugin\.js$/ }, handler: sortAsAscii } },
    { name: 'nothing', load: { filter: { id: /^\0never$/ }, handler: () => 'export {};' } },
    { name: 'third-party', generateBundle: thirdParty(root) },
  ],
  onLog(_level, log) {
    throw new Error(log.message);
  },
});
await bundle.write({
  dir: 'dist',
  entryFileNames: '[name].js',
  chunkFileNames: 'chunks/[name].js',
  comments: { jsdoc: false },
  // Named for most of what is in it: nearly everything needs all of it, and a file of its own would cost more than its few lines.
  codeSplitting: {
    groups: [
      { name: 'protocol', test: /\/src\/(protocol\/|store\/limits|io\/(clock|loopback)|cli\/input\/typed-path)/ },
      { name: 'profile', test: /\/src\/cli\/login\/(profile|folders)\.ts$/ },
    ],
  },
});
if (!hasSorted) throw new Error('oclif sorts its commands elsewhere: see bin/bundle.js');
await bundle.close();
