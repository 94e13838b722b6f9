/**
 * A window on blocks of rows, such as the messages of a conversation. Pure; its cost depends on the window's height and on
 * how far it moves, not on how many blocks there are.
 */

/** What the window looks at. Every block has at least one row. */
export interface Blocks {
  readonly count: number;
  height(index: number): number;
  key(index: number): string;
  /** -1 when there is no such block (any more). */
  indexOf(key: string): number;
}

/** Where the window is: at the end, whatever comes; or with this row of this block as its lowest. */
export type Anchor = 'end' | { readonly key: string; readonly row: number };

/** Rows of a block that are seen: from `from` up to, not including, `to`. */
interface Part {
  readonly index: number;
  readonly from: number;
  readonly to: number;
}

interface Window {
  /** From top to bottom. */
  readonly parts: readonly Part[];
  readonly isAtStart: boolean;
  readonly isAtEnd: boolean;
}

interface Place {
  readonly index: number;
  readonly row: number;
}

export function visibleRows(blocks: Blocks, anchor: Anchor, height: number): Window {
  if (blocks.count === 0 || height <= 0) return { parts: [], isAtStart: true, isAtEnd: true };
  const { top, bottom } = edges(blocks, placeOf(blocks, anchor), height);
  const parts: Part[] = [];
  for (let index = top.index; index <= bottom.index; index++) {
    const from = index === top.index ? top.row : 0;
    const to = index === bottom.index ? bottom.row + 1 : blocks.height(index);
    parts.push({ index, from, to });
  }
  return { parts, isAtStart: top.index === 0 && top.row === 0, isAtEnd: isEnd(blocks, bottom) };
}

/** The window, moved by so many rows: up when negative. At the end it stays at the end. */
export function scroll(blocks: Blocks, anchor: Anchor, height: number, by: number): Anchor {
  if (blocks.count === 0 || height <= 0) return 'end';
  const { bottom } = edges(blocks, placeOf(blocks, anchor), height);
  return anchorAt(blocks, edges(blocks, step(blocks, bottom, by), height).bottom);
}

/** The window with this block in it: its first row so many rows below the top. */
export function showBlock(blocks: Blocks, index: number, height: number, below: number): Anchor {
  if (index < 0 || index >= blocks.count) return 'end';
  const top = step(blocks, { index, row: 0 }, -below);
  return anchorAt(blocks, edges(blocks, step(blocks, top, height - 1), height).bottom);
}

/** The first and the last row of the window; it is full as long as there are rows enough. */
function edges(blocks: Blocks, lowest: Place, height: number): { top: Place; bottom: Place } {
  const top = step(blocks, lowest, 1 - height);
  return { top, bottom: step(blocks, top, height - 1) };
}

function step(blocks: Blocks, { index, row }: Place, by: number): Place {
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

function placeOf(blocks: Blocks, anchor: Anchor): Place {
  const index = anchor === 'end' ? -1 : blocks.indexOf(anchor.key);
  if (anchor === 'end' || index === -1) return lastPlace(blocks);
  return { index, row: Math.min(anchor.row, blocks.height(index) - 1) };
}

const lastPlace = (blocks: Blocks): Place => ({
  index: blocks.count - 1,
  row: blocks.height(blocks.count - 1) - 1,
});

function isEnd(blocks: Blocks, { index, row }: Place): boolean {
  const last = lastPlace(blocks);
  return index === last.index && row === last.row;
}

const anchorAt = (blocks: Blocks, place: Place): Anchor =>
  isEnd(blocks, place) ? 'end' : { key: blocks.key(place.index), row: place.row };
