/**
 * A viewport on a list of blocks of rows, such as the messages of a conversation. Pure. Its cost depends on its height and
 * on how far it scrolls, not on the number of blocks.
 */

/** The list. Every block has at least one row. */
export interface Blocks {
  readonly count: number;
  height(index: number): number;
  key(index: number): string;
  /** -1 when there is no such block, or no longer. */
  indexOf(key: string): number;
}

/** Where the viewport is: at the end, following new blocks; or with this row of this block as its lowest row. */
export type Anchor = 'end' | { readonly key: string; readonly row: number };

/** Rows of a block: from `from` up to, not including, `to`. */
interface VisiblePart {
  readonly index: number;
  readonly from: number;
  readonly to: number;
}

interface VisibleRows {
  /** From top to bottom. */
  readonly parts: readonly VisiblePart[];
  readonly isAtEnd: boolean;
}

interface Position {
  readonly index: number;
  readonly row: number;
}

/** The rows in a viewport of `height` rows. */
export function visibleRows(blocks: Blocks, anchor: Anchor, height: number): VisibleRows {
  if (blocks.count === 0 || height <= 0) return { parts: [], isAtEnd: true };
  const { top, bottom } = edges(blocks, positionOf(blocks, anchor), height);
  const parts: VisiblePart[] = [];
  for (let index = top.index; index <= bottom.index; index++) {
    const from = index === top.index ? top.row : 0;
    const to = index === bottom.index ? bottom.row + 1 : blocks.height(index);
    parts.push({ index, from, to });
  }
  return { parts, isAtEnd: isEnd(blocks, bottom) };
}

/** The anchor after scrolling `by` rows; negative is up. */
export function scroll(blocks: Blocks, anchor: Anchor, height: number, by: number): Anchor {
  if (blocks.count === 0 || height <= 0) return 'end';
  const { bottom } = edges(blocks, positionOf(blocks, anchor), height);
  return anchorAt(blocks, edges(blocks, step(blocks, bottom, by), height).bottom);
}

/** The anchor that shows the start of a block with `rowsAbove` rows above it; negative cuts the block at its top. */
export function showBlock(blocks: Blocks, index: number, height: number, rowsAbove: number): Anchor {
  if (index < 0 || index >= blocks.count) return 'end';
  const top = step(blocks, { index, row: 0 }, -rowsAbove);
  return anchorAt(blocks, edges(blocks, step(blocks, top, height - 1), height).bottom);
}

/** The first and the last visible row. The viewport is full if there are enough rows. */
function edges(blocks: Blocks, lowest: Position, height: number): { top: Position; bottom: Position } {
  const top = step(blocks, lowest, 1 - height);
  return { top, bottom: step(blocks, top, height - 1) };
}

/** The position `by` rows further down, at most the first or the last row. */
function step(blocks: Blocks, { index, row }: Position, by: number): Position {
  let at = index;
  let left = row + by;
  while (left < 0 && at > 0) {
    at -= 1;
    left += blocks.height(at);
  }
  while (at < blocks.count - 1 && left >= blocks.height(at)) {
    left -= blocks.height(at);
    at += 1;
  }
  return { index: at, row: Math.max(0, Math.min(left, blocks.height(at) - 1)) };
}

function positionOf(blocks: Blocks, anchor: Anchor): Position {
  const index = anchor === 'end' ? -1 : blocks.indexOf(anchor.key);
  if (anchor === 'end' || index === -1) return lastPosition(blocks);
  return { index, row: Math.min(anchor.row, blocks.height(index) - 1) };
}

const lastPosition = (blocks: Blocks): Position => ({
  index: blocks.count - 1,
  row: blocks.height(blocks.count - 1) - 1,
});

function isEnd(blocks: Blocks, { index, row }: Position): boolean {
  const last = lastPosition(blocks);
  return index === last.index && row === last.row;
}

const anchorAt = (blocks: Blocks, position: Position): Anchor =>
  isEnd(blocks, position) ? 'end' : { key: blocks.key(position.index), row: position.row };
