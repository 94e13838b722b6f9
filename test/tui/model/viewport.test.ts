/** The viewport, compared with a simple implementation: all rows in one list. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Anchor, type Blocks, scroll, showBlock, visibleRows } from '../../../src/tui/model/viewport.js';

function blocksOf(heights: readonly number[], onHeight: () => void = () => undefined): Blocks {
  return {
    count: heights.length,
    height: (index) => {
      onHeight();
      return heights[index] ?? 0;
    },
    key: (index) => `k${index}`,
    indexOf: (key) => (Number(key.slice(1)) < heights.length ? Number(key.slice(1)) : -1),
  };
}

const rowsOf = (heights: readonly number[]): string[] =>
  heights.flatMap((height, index) => Array.from({ length: height }, (_, row) => `${index}.${row}`));

const seen = (blocks: Blocks, anchor: Anchor, height: number): string[] =>
  visibleRows(blocks, anchor, height).parts.flatMap(({ index, from, to }) =>
    Array.from({ length: to - from }, (_, row) => `${index}.${from + row}`),
  );

test('at the end it shows the last rows, and cuts the first block at its top', () => {
  const blocks = blocksOf([2, 3, 1]);
  assert.deepEqual(seen(blocks, 'end', 3), ['1.1', '1.2', '2.0']);
  assert.deepEqual(seen(blocks, 'end', 100), rowsOf([2, 3, 1]));
  assert.deepEqual(seen(blocksOf([]), 'end', 3), []);
});

test('away from the end it stays where it is when blocks are added', () => {
  const anchor = scroll(blocksOf([2, 3, 1]), 'end', 3, -1);
  assert.deepEqual(seen(blocksOf([2, 3, 1]), anchor, 3), ['1.0', '1.1', '1.2']);
  assert.deepEqual(seen(blocksOf([2, 3, 1, 5, 5]), anchor, 3), ['1.0', '1.1', '1.2']);
  assert.equal(scroll(blocksOf([2, 3, 1]), anchor, 3, 1), 'end');
});

test('without the block of its anchor it shows the end', () => {
  assert.deepEqual(seen(blocksOf([1, 1]), { key: 'k7', row: 0 }, 1), ['1.0']);
});

test('showBlock puts a block below the wanted number of rows, as far as there are rows', () => {
  const blocks = blocksOf([1, 1, 4, 1, 1, 1]);
  assert.deepEqual(seen(blocks, showBlock(blocks, 2, 4, 1), 4), ['1.0', '2.0', '2.1', '2.2']);
  assert.deepEqual(seen(blocks, showBlock(blocks, 0, 4, 3), 4), ['0.0', '1.0', '2.0', '2.1']);
  assert.deepEqual(seen(blocks, showBlock(blocks, 5, 4, 0), 4), ['2.3', '3.0', '4.0', '5.0']);
});

test('after any scrolling it shows a full range of the rows', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 30 }),
      fc.integer({ min: 1, max: 20 }),
      fc.array(fc.integer({ min: -30, max: 30 })),
      (heights, height, moves) => {
        const blocks = blocksOf(heights);
        const rows = rowsOf(heights);
        let anchor: Anchor = 'end';
        let bottom = rows.length;
        for (const by of moves) {
          anchor = scroll(blocks, anchor, height, by);
          bottom = Math.min(rows.length, Math.max(bottom + by, Math.min(height, rows.length)));
          assert.deepEqual(seen(blocks, anchor, height), rows.slice(Math.max(0, bottom - height), bottom));
          const { isAtEnd } = visibleRows(blocks, anchor, height);
          assert.equal(isAtEnd, bottom === rows.length);
          assert.equal(anchor === 'end', isAtEnd);
        }
      },
    ),
  );
});

test('its cost does not grow with the number of blocks', () => {
  const costOf = (count: number): number => {
    let asked = 0;
    const blocks = blocksOf(new Array(count).fill(2), () => {
      asked += 1;
    });
    const anchor = scroll(blocks, 'end', 40, -20);
    visibleRows(blocks, anchor, 40);
    return asked;
  };
  assert.equal(costOf(100_000), costOf(1_000));
});
