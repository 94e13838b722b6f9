#!/usr/bin/env node
// Removes the declarations in dist/ that the library does not lead to: the compiler writes one for every file that it reads.
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';

const dist = join(import.meta.dirname, '../dist');
const needed = new Set();

function visit(path) {
  if (needed.has(path)) return;
  needed.add(path);
  for (const [, name] of readFileSync(path, 'utf8').matchAll(/(?:from |import\()['"](\.[^'"]+)\.js['"]/g))
    visit(join(dirname(path), `${name}.d.ts`));
}

visit(join(dist, 'src/index.d.ts'));
for (const name of readdirSync(dist, { recursive: true }))
  if (name.endsWith('.d.ts') && !needed.has(join(dist, name))) rmSync(join(dist, name));
