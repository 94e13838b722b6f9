/** Paths that users type and read. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { displayPath, expandPath } from '../../../src/tui/app/tilde-path.js';

test('~ is the home folder; other relative paths are below the working folder', () => {
  const paths = { home: '/home/alice', cwd: '/srv/log' };
  const table: [string, string, string][] = [
    ['~/a.jsonl', '/home/alice/a.jsonl', '~/a.jsonl'],
    ['a.jsonl', '/srv/log/a.jsonl', '/srv/log/a.jsonl'],
    ['../../home/alice/b/c', '/home/alice/b/c', '~/b/c'],
    ['~bob/x', '/srv/log/~bob/x', '/srv/log/~bob/x'],
  ];
  for (const [typed, absolute, displayed] of table) {
    assert.equal(expandPath(typed, paths), absolute);
    assert.equal(displayPath(absolute, paths), displayed);
  }
});
