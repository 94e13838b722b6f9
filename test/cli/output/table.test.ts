/** Lists on stdout: rows for people, objects for programs. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { printList } from '../../../src/cli/output/table.js';
import { inline } from '../../../src/text/safe-text.js';
import { createFakeOutput } from '../fake-output.js';

const print = (output: ReturnType<typeof createFakeOutput>, names: readonly string[]) =>
  printList(output, [{ heading: 'NAME' }, { heading: 'SIZE' }], names, {
    toObject: (name) => ({ name }),
    toRow: (name) => [inline(name), inline(`${name.length}`)],
  });

test('a list is rows under headings, or with --json an object per line', async () => {
  const [table, json, empty] = [createFakeOutput(), createFakeOutput(true), createFakeOutput()];
  await print(table, ['alice', 'bob']);
  await print(json, ['alice', 'bob']);
  await print(empty, []);
  assert.deepEqual(table.lines, ['NAME   SIZE', 'alice  5', 'bob    3']);
  assert.deepEqual(json.lines, ['{"name":"alice"}', '{"name":"bob"}']);
  assert.deepEqual(empty.lines, [], 'no headings without a row');
});
