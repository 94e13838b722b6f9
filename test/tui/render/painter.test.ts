/** The painter, checked with a terminal emulator: after any earlier frame the terminal shows the new one. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type * as Headless from '@xterm/headless';
import fc from 'fast-check';
import { blankGrid, type Grid, type StyledCell } from '../../../src/tui/render/grid.js';
import { type Frame, paint } from '../../../src/tui/render/painter.js';
import { Emulator, linkAt } from '../emulator.js';
import { frameOf, fromMe, fromPeer, press, textOf, textWidth, withBob } from '../fixture.js';

const SIZE = { columns: 24, rows: 5 };

function emulator({ columns, rows } = SIZE): Headless.Terminal {
  // Like the screen: no wrapping at the right edge.
  const { terminal } = new Emulator({ columns, rows });
  terminal.write('\u001b[?7l');
  return terminal;
}

const write = (terminal: Headless.Terminal, bytes: string): Promise<void> =>
  new Promise((resolve) => terminal.write(bytes, resolve));

/** All that a terminal shows: characters and colors of each cell, and the cursor. */
function shownBy(terminal: Headless.Terminal): unknown {
  const { active } = terminal.buffer;
  const cells = Array.from({ length: terminal.rows }, (_, y) =>
    Array.from({ length: terminal.cols }, (_, x) => {
      const cell = active.getLine(active.baseY + y)?.getCell(x);
      const isBlank = cell?.getChars() === '' && cell.getWidth() === 1;
      return [
        isBlank ? ' ' : cell?.getChars(),
        cell?.getFgColor(),
        cell?.getBgColor(),
        cell?.isBold(),
        linkAt(terminal, x, y),
      ].join();
    }),
  );
  return { cells, cursor: [active.cursorX, active.cursorY] };
}

function gridOf(lines: readonly (readonly StyledCell[])[]): Grid {
  const grid = blankGrid(SIZE);
  lines.slice(0, SIZE.rows).forEach((cells, y) => {
    const row = grid[y] ?? [];
    let x = 0;
    for (const cell of cells) {
      if (x + cell.columns > SIZE.columns) break;
      row[x] = cell;
      row.fill(undefined, x + 1, x + cell.columns);
      x += cell.columns;
    }
  });
  return grid;
}

const cell = fc
  .tuple(
    fc.constantFrom(' ', ' ', 'a', 'b', 'é', '─', '你', '好', '👩', '👩‍👩‍👧', '🇩🇪', 'e\u0301', 'नि', '\u0301'),
    fc.constantFrom('', '', '1', '31', '1;38;5;12', '48;2;1;2;3'),
    fc.constantFrom(undefined, undefined, 'https://a.example/', 'https://b.example/'),
  )
  .map(([text, sgr, link]): StyledCell => {
    const [{ text: safe = ' ', columns = 1 } = {}] = textWidth.cells(text);
    return { text: safe, columns, sgr, link };
  });
const frame = fc
  .tuple(
    fc.array(fc.array(cell, { maxLength: 26 }), { maxLength: SIZE.rows }),
    fc.option(fc.record({ x: fc.nat(SIZE.columns - 1), y: fc.nat(SIZE.rows - 1) }), { nil: undefined }),
  )
  .map(([lines, cursor]): Frame => ({ grid: gridOf(lines), cursor }));

test('a terminal that gets all frames shows the same as one that gets only the last', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(frame, { minLength: 1, maxLength: 5 }), async (frames) => {
      const stepwise = emulator();
      const atOnce = emulator();
      let before: Frame | undefined;
      for (const next of frames) {
        await write(stepwise, paint(before, next));
        before = next;
      }
      const last = frames.at(-1) as Frame;
      await write(atOnce, paint(undefined, last));
      if (!last.cursor) {
        // The position of a hidden cursor does not matter.
        for (const terminal of [stepwise, atOnce]) await write(terminal, '\u001b[H');
      }
      assert.deepEqual(shownBy(stepwise), shownBy(atOnce));
    }),
    { numRuns: 150 },
  );
});

test('a terminal that draws a character wider than expected has every other cell in its column', async () => {
  // This emulator does not know joined emojis: it draws a family of three over six columns.
  const terminal = emulator();
  const family = { text: '👩‍👩‍👧', columns: 2, sgr: '' };
  const plain = (text: string): StyledCell => ({ text, columns: 1, sgr: '' });
  const one: Frame = { grid: gridOf([[...'before'].map(plain)]), cursor: undefined };
  const two: Frame = { grid: gridOf([[plain('a'), family, ...[...'bcdef'].map(plain)]]), cursor: undefined };
  await write(terminal, paint(undefined, one) + paint(one, two));
  const line = terminal.buffer.active.getLine(0)?.translateToString(true) ?? '';
  assert.match(line, /bcdef$/);
  assert.equal(terminal.buffer.active.getLine(0)?.getCell(3)?.getChars(), 'b');
  assert.equal(terminal.buffer.active.getLine(1)?.translateToString(true), '', 'nothing is wrapped');
});

test('each row of a URL that is wrapped has the whole URL as its target, and nothing beside it', async () => {
  const url = `https://example.com/${'long/'.repeat(20)}end`;
  const screen = withBob([fromPeer(1, { body: `see ${url}, bob` }), fromMe('a1', 'stored', { body: url })]);
  const { terminal } = new Emulator(screen.size);
  const frame = frameOf(screen);
  await write(terminal, `\u001b[?7l${paint(undefined, frame)}`);
  let linked = '';
  for (const [y, row] of frame.grid.entries())
    for (const [x, cell] of row.entries()) {
      const target = linkAt(terminal, x, y);
      assert.ok(target === undefined || target === url);
      if (target !== undefined) linked += cell?.text;
    }
  assert.equal(linked, url + url);
});

test('a URL that scrolls away leaves no link', async () => {
  const screen = withBob([
    fromPeer(1, { body: 'https://example.com/' }),
    ...Array.from({ length: 40 }, (_, seq) => fromPeer(seq + 2)),
  ]);
  press(screen, '\u001b[1;5H');
  const before = frameOf(screen);
  press(screen, '\u001b[27u');
  const { terminal } = new Emulator(screen.size);
  const first = paint(undefined, before);
  assert.match(first, /\]8;id=im;https:/);
  await write(terminal, `\u001b[?7l${first}${paint(before, frameOf(screen))}`);
  for (let y = 0; y < screen.size.rows; y++)
    for (let x = 0; x < screen.size.columns; x++) assert.equal(linkAt(terminal, x, y), undefined);
});

test('only changes are written', () => {
  const grid = gridOf([]);
  assert.equal(paint({ grid, cursor: { x: 1, y: 1 } }, { grid, cursor: { x: 1, y: 1 } }), '');
  const moved = paint({ grid, cursor: { x: 1, y: 1 } }, { grid, cursor: { x: 2, y: 1 } });
  assert.equal(moved, '\u001b[2;3H');
});

test('a key on a quiet screen costs less than 120 bytes', () => {
  const messages = Array.from({ length: 40 }, (_, index) => fromPeer(index + 1, { body: `你好 ${index} 👩‍👩‍👧‍👦` }));
  const screen = withBob([...messages, fromMe('a1')], {}, { columns: 100, rows: 30 });
  press(screen, 'x');
  let before = frameOf(screen);
  for (const key of ['a', '你', '\u007f', '\u001b[D', '👩‍👩‍👧‍👦']) {
    press(screen, key);
    const after = frameOf(screen);
    const bytes = Buffer.byteLength(paint(before, after));
    assert.ok(bytes < 120, `${bytes} for ${JSON.stringify(key)}`);
    before = after;
  }
});
test('the text of a grid has every wide cell once', () => {
  assert.deepEqual(textOf(gridOf([[{ text: '你', columns: 2, sgr: '' }]])), ['你', '', '', '', '']);
});
