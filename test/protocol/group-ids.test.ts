/** Grouping message ids by user. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { groupIds } from '../../src/protocol/group-ids.js';
import { WIRE } from '../../src/protocol/limits.js';

const group = (items: readonly { readonly to: string; readonly id: string }[]) =>
  groupIds(
    items,
    ({ to }) => to,
    (user, ids) => ({ user, ids }),
  );

test('ids are grouped by user, in their order', () => {
  assert.deepEqual(group([]), []);
  const items = ['bob 1', 'carol 1', 'bob 2', '__proto__ 3', 'carol 4'].map((text) => {
    const [to = '', id = ''] = text.split(' ');
    return { to, id };
  });
  assert.deepEqual(group(items), [
    { user: 'bob', ids: ['1', '2'] },
    { user: 'carol', ids: ['1', '4'] },
    { user: '__proto__', ids: ['3'] },
  ]);
});

test('more ids than fit into a frame are several groups', () => {
  const ids = Array.from({ length: 2 * WIRE.maxIdsPerFrame + 1 }, (_, index) => `m${index}`);
  const groups = group([...ids.map((id) => ({ to: 'bob', id })), { to: 'carol', id: 'c' }]);
  assert.deepEqual(
    groups.map(({ user, ids }) => [user, ids.length]),
    [
      ['bob', WIRE.maxIdsPerFrame],
      ['bob', WIRE.maxIdsPerFrame],
      ['bob', 1],
      ['carol', 1],
    ],
  );
  assert.deepEqual(
    groups.slice(0, 3).flatMap(({ ids }) => ids),
    ids,
  );
});
