/** The pictures in docs/ are what the screen looks like. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { PICTURES, pathOf } from './pictures.js';

test('the pictures are fresh: npm run pictures', () => {
  // Colours are decided when the libraries are loaded: in a process of its own, with all of them.
  const folder = mkdtempSync(join(tmpdir(), 'im-pictures-'));
  try {
    const script = join(import.meta.dirname, 'pictures.js');
    execFileSync(process.execPath, [script, folder], {
      env: { PATH: process.env.PATH, FORCE_COLOR: '3', TERM: 'xterm-direct', COLORTERM: 'truecolor' },
    });
    for (const name of Object.keys(PICTURES)) {
      const isFresh = readFileSync(join(folder, name), 'utf8') === readFileSync(pathOf(name), 'utf8');
      assert.ok(isFresh, name);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});
