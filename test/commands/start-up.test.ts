/** Start-up time: which packages a command loads at its start, read from the bundles that ship. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';

const commands = join(import.meta.dirname, '../../../dist/commands');

/** A bundle, and those that it imports statically. `import()` does not count. */
function filesLoadedWith(path: string, seen = new Set<string>()): Set<string> {
  if (seen.has(path)) return seen;
  seen.add(path);
  const imported = readFileSync(path, 'utf8').matchAll(/^(?:import|export) (?:[^"';]* from )?"(\.[^"]+)";/gm);
  for (const match of imported) filesLoadedWith(join(dirname(path), match[1] as string), seen);
  return seen;
}

/** What comments of these bundles name as the origin of their code. */
const originsIn = (path: string, origin: RegExp): Set<string> =>
  new Set(
    [...filesLoadedWith(path)].flatMap((file) =>
      [...readFileSync(file, 'utf8').matchAll(origin)].map((match) => match[1] as string),
    ),
  );

/** Packages whose code is loaded with a bundle. */
const loadedWith = (path: string): Set<string> => originsIn(path, /^\/\/ node_modules\/((?:@[^/]+\/)?[^/]+)\//gm);

/** Package → the commands that may load it at their start. */
const HEAVY: Readonly<Record<string, readonly string[]>> = {
  ink: [],
  react: [],
  'string-width': [],
  pino: ['serve.js'],
  'prom-client': [],
  pg: [],
  minimatch: [],
  tinyglobby: [],
};

const files = readdirSync(commands, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.js'));

test('every command loads oclif: the bundles are parsed correctly', () => {
  assert.ok(files.length > 10);
  for (const file of files)
    assert.ok(
      [...loadedWith(join(commands, file))].some((name) => name === '@oclif/core'),
      file,
    );
});

for (const [name, allowed] of Object.entries(HEAVY)) {
  test(`${name} is loaded by ${allowed.join(', ') || 'no command'} at its start`, () => {
    const loading = files.filter((file) => loadedWith(join(commands, file)).has(name));
    assert.deepEqual(loading, allowed);
  });
}

/** Our own code that `im send` needs; only parts of the accounts, the disk and the stores are in it. */
const OF_SEND = [
  ...[
    'accounts',
    'cli/accounts',
    'cli/app',
    'cli/async',
    'cli/errors',
    'cli/input',
    'cli/login',
    'cli/output',
    'cli/send',
  ],
  ...['client', 'disk', 'file-store', 'io', 'protocol', 'store', 'text'],
];

test('im send loads only what it needs of our own code', () => {
  const path = join(commands, 'send.js');
  assert.deepEqual([...originsIn(path, /^\/\/ src\/((?:cli\/)?[^/]+)\/[^/\n]+/gm)].sort(), OF_SEND);
  assert.ok(filesLoadedWith(path).size <= MAX_FILES, 'a file takes a third of a millisecond');
});

/** Bundles of `im send`. */
const MAX_FILES = 41;

test('only im bench loads the benchmark', () => {
  const loading = files.filter((file) => originsIn(join(commands, file), /^\/\/ (src\/cli\/bench)\//gm).size > 0);
  assert.deepEqual(loading, [], 'not even im bench, before its flags are read');
});

test('no command loads the Chinese texts at its start; im connect loads only those of its language', () => {
  const loading = (origin: RegExp) => files.filter((file) => originsIn(join(commands, file), origin).size > 0);
  assert.deepEqual(loading(/^\/\/ (src\/tui\/texts\/zh-cn)\.ts/gm), []);
  assert.ok(!loading(/^\/\/ (src\/tui\/texts\/en)\.ts/gm).includes('connect.js'));
});
