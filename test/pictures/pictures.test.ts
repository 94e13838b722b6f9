/** The pictures in docs/ show the current screen. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { PICTURES, pathOf } from './pictures.js';

test('the pictures in docs/ are up to date (npm run pictures)', () => {
  // In a process of its own: the libraries detect colors once, when they are loaded.
  const folder = mkdtempSync(join(tmpdir(), 'im-pictures-'));
  try {
    const script = join(import.meta.dirname, 'pictures.js');
    execFileSync(process.execPath, [script, folder], {
      env: { PATH: process.env.PATH, FORCE_COLOR: '3', TERM: 'xterm-direct', COLORTERM: 'truecolor' },
    });
    for (const name of Object.keys(PICTURES)) {
      const isUpToDate = readFileSync(join(folder, name), 'utf8') === readFileSync(pathOf(name), 'utf8');
      assert.ok(isUpToDate, name);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});
