/** README names every command. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';

const root = join(import.meta.dirname, '../../..');

test('each command is in the table of the README', async () => {
  const [readme, manifest] = await Promise.all(
    ['README.md', 'oclif.manifest.json'].map((name) => readFile(join(root, name), 'utf8')),
  );
  const rows = (readme ?? '').split('\n').filter((line) => line.startsWith('| `im '));
  const { commands } = JSON.parse(manifest ?? '') as { commands: Record<string, { hidden?: boolean }> };
  const names = new Set(Object.keys(commands).map((id) => id.split(':')[0] as string));
  for (const about of ['help', 'completion']) assert.ok(names.delete(about), about); // the first two of any program
  const isNamed = (name: string): boolean => rows.some((row) => new RegExp(`\`im ${name}[ \`]`).test(row));
  assert.deepEqual(
    [...names].filter((name) => !isNamed(name)),
    [],
  );
});
