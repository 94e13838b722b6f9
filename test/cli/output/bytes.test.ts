import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatBytes } from '../../../src/cli/output/bytes.js';

test('a size is a short number with a decimal unit', () => {
  const sizes = [0, 999, 1_000, 1_249, 9_940, 9_960, 999_499, 999_500, 1e9, 1e13];
  assert.deepEqual(sizes.map(formatBytes), [
    '0 B',
    '999 B',
    '1.0 kB',
    '1.2 kB',
    '9.9 kB',
    '10 kB',
    '999 kB',
    '1.0 MB',
    '1.0 GB',
    '10000 GB',
  ]);
});
