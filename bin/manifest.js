#!/usr/bin/env node
// Writes oclif.manifest.json, from which `im` knows its commands without loading them. With --check: fails when it is stale.
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { Plugin } from '@oclif/core';

const root = new URL('..', import.meta.url);
const file = new URL('oclif.manifest.json', root);

const plugin = new Plugin({
  root: fileURLToPath(root),
  type: 'core',
  ignoreManifest: true,
  errorOnManifestCreate: true,
});
await plugin.load();
const fresh = `${JSON.stringify(plugin.manifest, sorted, 2)}\n`;

if (!process.argv.includes('--check')) await writeFile(file, fresh);
else if ((await readFile(file, 'utf8')) !== fresh) {
  console.error('oclif.manifest.json is stale: run `npm run manifest`.');
  process.exitCode = 1;
}

/** Keys in one order, whatever the file system and the Node version; arguments and flags stay in theirs: help shows them so. */
function sorted(key, value) {
  if (key === 'args' || key === 'flags' || value === null || typeof value !== 'object' || Array.isArray(value))
    return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
