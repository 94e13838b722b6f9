/** Start-up time: which packages a command loads at its start, read from the bundles that ship. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';

const commands = join(import.meta.dirname, '../../../dist/commands');

/** Packages whose code is in a file, or in what it imports statically. `import()` does not count. */
function loadedWith(path: string, seen = new Set<string>()): Set<string> {
  if (seen.has(path)) return new Set();
  seen.add(path);
  const text = readFileSync(path, 'utf8');
  const bundled = text.matchAll(/^\/\/ node_modules\/((?:@[^/]+\/)?[^/]+)\//gm);
  const imported = text.matchAll(/^(?:import|export) (?:[^"';]* from )?"(\.[^"]+)";/gm);
  return new Set([
    ...[...bundled].map((match) => match[1] as string),
    ...[...imported].flatMap((match) => [...loadedWith(join(dirname(path), match[1] as string), seen)]),
  ]);
}

/** Package → the commands that may load it at their start. */
const HEAVY: Readonly<Record<string, readonly string[]>> = {
  ink: [],
  react: [],
  'string-width': [],
  pino: ['serve.js'],
  'prom-client': [],
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
