/** Start-up time: which packages a command loads at its start, read from the bundles that ship. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';

const commands = join(import.meta.dirname, '../../../dist/commands');

/** Packages that a file imports statically, itself or through its imports. `import()` does not count. */
function loadedWith(path: string, seen = new Set<string>()): Set<string> {
  const packages = new Set<string>();
  if (seen.has(path)) return packages;
  seen.add(path);
  for (const [, specifier = ''] of readFileSync(path, 'utf8').matchAll(
    /^(?:import|export) (?:[^"';]* from )?"([^"]+)";/gm,
  )) {
    if (specifier.startsWith('.')) {
      for (const name of loadedWith(join(dirname(path), specifier), seen)) packages.add(name);
    } else packages.add(specifier);
  }
  return packages;
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
      [...loadedWith(join(commands, file))].some((name) => name.startsWith('@oclif/')),
      file,
    );
});

for (const [name, allowed] of Object.entries(HEAVY)) {
  test(`${name} is loaded by ${allowed.join(', ') || 'no command'} at its start`, () => {
    const loading = files.filter((file) => loadedWith(join(commands, file)).has(name));
    assert.deepEqual(loading, allowed);
  });
}
