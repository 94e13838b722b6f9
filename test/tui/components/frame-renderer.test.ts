/** The whole screen, at usual and at extreme sizes. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { inline, type SafeText } from '../../../src/text/safe-text.js';
import { createTextWidth } from '../../../src/text/text-width.js';
import { FrameRenderer } from '../../../src/tui/components/frame-renderer.js';
import { Chat } from '../../../src/tui/model/chat.js';
import { layOutScreen } from '../../../src/tui/rows/screen-regions.js';
import { ASCII, symbolsFor, UNICODE } from '../../../src/tui/rows/symbols.js';
import { BASIC } from '../../../src/tui/rows/theme.js';
import { toKeymap } from '../../../src/tui/screen/keymap.js';
import { Screen } from '../../../src/tui/screen/screen.js';
import { EN } from '../../../src/tui/texts/en.js';
import { ZH_CN } from '../../../src/tui/texts/zh-cn.js';
import { helpRows } from '../../../src/tui/view-model/help-rows.js';
import { toViewModel } from '../../../src/tui/view-model/view-model.js';
import {
  frameOf,
  fromMe,
  fromPeer,
  makeScreen,
  NOW,
  page,
  press,
  screenText,
  textOf,
  textWidth,
  time,
  withBob,
} from '../fixture.js';

const SIZES = [
  { columns: 80, rows: 24 },
  { columns: 100, rows: 30 },
  { columns: 59, rows: 20 },
  { columns: 40, rows: 10 },
  { columns: 10, rows: 3 },
  { columns: 2, rows: 2 },
  { columns: 1, rows: 1 },
  { columns: 200, rows: 60 },
];

function busyScreen(size: { columns: number; rows: number }): Screen {
  const messages = [fromPeer(1), fromMe('a1', 'delivered'), fromPeer(2, { body: '你好 👩‍👩‍👧‍👦' }), fromMe('a2')];
  const screen = withBob(messages, { unread: 1 }, size);
  screen.chat.conversationWith('carol').unread = 12;
  screen.chat.conversationWith('a-very-long-name-of-a-user-of-im').unread = 2;
  screen.chat.applyClientEvent(
    { type: 'offline', reason: 'lost', code: 1006, detail: 'connection refused', retryInMs: 12_000 },
    NOW,
  );
  return screen;
}

test('at 80×24 all parts of the screen are shown', () => {
  assert.deepEqual(screenText(busyScreen({ columns: 80, rows: 24 })).split('\n'), [
    ' Conversations       bob  last heard 09:15             1 unread  Esc: mark read',
    ' ▸ bob           1 │',
    '   carol        12 │',
    '   a-very…-of-im 2 │',
    '                   │',
    '                   │',
    '                   │',
    '                   │',
    '                   │ ── Tuesday 18 November ───────────────────────────────────',
    '                   │ bob  09:15',
    '                   │ ▎ text 1',
    '                   │',
    '                   │ alice  09:25',
    '                   │ ▎ mine a1                                     ✓✓ delivered',
    '                   │',
    '                   │ ── new ───────────────────────────────────────────────────',
    '                   │ bob  09:15',
    '                   │ ▎ 你好 👩‍👩‍👧‍👦',
    '                   │',
    '                   │ alice  09:25',
    '                   │ ▎ mine a2                                  … queued 20 min',
    '                   │ ──────────────────────────────────────────────────────────',
    '                   │ › Write to bob; Enter sends',
    ' ○ offline: connection refused, next try in 12 s     15 unread: Alt+A   F1 help',
  ]);
});

test('a word that fills its row is drawn whole, without the space after it', () => {
  const screen = withBob([], {}, { columns: 100, rows: 30 });
  press(screen, `${'a'.repeat(64)} englis words`);
  assert.match(screenText(screen), /› a{64} englis\n[^\n]*│ {3}words\n/);
});

test('the rows of a scrolled composer are aligned, with arrows at both ends', () => {
  const screen = withBob();
  press(screen, `\u001b[200~${Array.from({ length: 30 }, (_, line) => `line ${line}`).join('\r')}\u001b[201~`);
  press(screen, '\u001b[A'.repeat(6));
  assert.match(screenText(screen), / ↑ line 19\n.* {3}line 20\n.*\n.*\n.* ↓ line 23\n/);
});

test('the sidebar counts unread conversations above and below the visible ones', () => {
  const screen = makeScreen({ columns: 80, rows: 10 });
  for (let index = 0; index < 30; index++) screen.chat.conversationWith(`user${index}`).unread = index % 2;
  screen.select('user15', NOW);
  const rows = screenText(screen).split('\n');
  assert.match(rows[0] ?? '', /^ ↑ 6 more unread /);
  assert.match(rows[8] ?? '', /^ ↓ 6 more unread /);
  screen.select('user0', NOW);
  assert.match(screenText(screen), /^ Conversations /);
});

describe('the help', () => {
  for (const [columns, texts] of [80, 50, 40].flatMap((columns) => [
    [columns, EN] as const,
    [columns, ZH_CN] as const,
  ])) {
    test(`the help is not cut at ${columns} columns: ${texts.help.writing}`, () => {
      const rows = helpRows(columns, toKeymap().keymap, UNICODE, texts, textWidth).map((row) =>
        row.map(({ text }) => text).join(''),
      );
      assert.ok(
        rows.every((row) => !/\S…/.test(row) && textWidth.columns(row as SafeText) <= columns),
        rows.join('\n'),
      );
      const { conversations, writing } = texts.help;
      const beside = rows.filter((row) => row.includes(conversations) && row.includes(writing));
      assert.equal(beside.length, columns === 80 ? 1 : 0);
    });
  }
});

test('the list of settings is cut where it does not fit, and scrolls', () => {
  const settings = Array.from({ length: 20 }, (_, index) => ({
    key: `setting${index}`,
    value: index === 3 ? '你好\u001b[31m'.repeat(20) : index === 0 ? '' : 'dark',
    source: index === 1 ? 'IM_CONNECT_THEME' : 'default',
    meaning: 'colors of the chat',
  }));
  for (const size of SIZES) {
    const screen = busyScreen(size);
    screen.overlay = { type: 'settings', top: 0, settings };
    assert.equal(frameOf(screen).grid.length, size.rows);
  }
  const screen = busyScreen({ columns: 80, rows: 10 });
  screen.overlay = { type: 'settings', top: 0, settings };
  assert.match(
    screenText(screen),
    /^ Settings\n {2}setting0 +- +colors of the chat\n {2}setting1 +dark +colors of the chat \(IM_CONN/,
  );
  press(screen, '\u001b[6~\u001b[6~\u001b[6~');
  assert.match(screenText(screen), /setting19 .*\n\n \/set NAME VALUE changes one\n/);
  press(screen, '\u001b');
});

test('below 60 columns there is no sidebar; 40×10 has header, composer and status', () => {
  assert.doesNotMatch(screenText(busyScreen({ columns: 59, rows: 20 })), /Conversations/);
  const rows = screenText(busyScreen({ columns: 40, rows: 10 })).split('\n');
  assert.equal(rows.length, 10);
  assert.match(rows[0] ?? '', /bob +1 unread/);
  assert.match(rows[8] ?? '', /› Write to bob/);
  assert.match(rows[9] ?? '', /^ ○ offline, 12 s +15 unread: Alt\+A$/);
});

test('at 10×3 there is still a composer', () => {
  const screen = busyScreen({ columns: 10, rows: 3 });
  press(screen, 'hello there');
  assert.equal(screenText(screen).split('\n')[1], '↑ there');
});

describe('all sizes', () => {
  for (const size of SIZES) {
    test(`at ${size.columns}×${size.rows} the frame has the size of the screen, and contains the cursor`, () => {
      const screen = busyScreen(size);
      const scenes = [
        '',
        'some text 你好',
        '\u001bOP',
        '\u001b',
        '\u0012tex',
        '\u001b',
        '/\t',
        '\u0015/who\r',
        '\u001b',
        '\u001b[5~',
      ];
      for (const keys of scenes) {
        press(screen, keys === '\u001b' ? '\u001b[27u' : keys);
        const { grid, cursor } = frameOf(screen);
        assert.equal(grid.length, size.rows);
        for (const row of grid) assert.equal(row.length, size.columns);
        for (const row of grid) {
          let x = 0;
          while (x < row.length) {
            const columns = row[x]?.columns ?? Number.NaN;
            assert.ok(columns >= 1, `a cell at ${x}`);
            x += columns;
          }
          assert.equal(x, size.columns);
        }
        if (cursor) assert.ok(cursor.x >= 0 && cursor.x < size.columns && cursor.y >= 0 && cursor.y < size.rows);
      }
    });
  }

  test('regions do not overlap, and there is always a row for the composer', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 200 }),
        fc.integer({ min: 1, max: 80 }),
        fc.integer({ min: 1, max: 5 }),
        (columns, rows, written) => {
          const taken = new Set<string>();
          for (const region of Object.values(layOutScreen({ columns, rows }, written))) {
            for (let y = region.y; y < region.y + region.rows; y++) {
              for (let x = region.x; x < region.x + region.columns; x++) {
                assert.ok(x < columns && y < rows && !taken.has(`${x} ${y}`));
                taken.add(`${x} ${y}`);
              }
            }
          }
          assert.ok(layOutScreen({ columns, rows }, written).composer.rows >= 1);
        },
      ),
    );
  });
});

test('a hostile body changes no cell outside of the messages (R18)', () => {
  const evil = '\u001b[2J\u001b[1;1Hgone\u009b31m\u202e\r\b\u0301\u0301👩‍👩‍👧‍👦'.repeat(30);
  const calm = textOf(frameOf(withBob([fromPeer(1), fromPeer(2)])).grid);
  const hostile = textOf(frameOf(withBob([fromPeer(1, { body: evil }), fromPeer(2)])).grid);
  calm.forEach((row, y) => {
    // Sidebar, header, composer and status line do not change.
    const isMessageRow = y > 0 && y < 21;
    if (isMessageRow) assert.equal(hostile[y]?.slice(0, 20), row.slice(0, 20));
    else assert.equal(hostile[y], row);
  });
});

test('without a conversation the screen shows how to open one', () => {
  assert.match(screenText(makeScreen()), /\/to NAME opens a conversation/);
});

test('with ASCII symbols, wide ambiguous characters and few colors everything is aligned', () => {
  const textWidth = createTextWidth(2);
  const size = { columns: 80, rows: 24 };
  const screen = new Screen({
    chat: new Chat('alice'),
    server: inline('x'),
    textWidth,
    symbols: ASCII,
    texts: EN,
    time,
    size,
    hasClipboard: true,
    hasLinks: false,
  });
  screen.select('bob', NOW);
  screen.pageLoaded('bob', undefined, page([fromPeer(1, { body: '…ΩЯ' }), fromMe('a1', 'delivered')]), NOW);
  const { grid } = new FrameRenderer({ textWidth, symbols: ASCII, texts: EN, theme: BASIC }).render(
    toViewModel(screen, NOW),
    size,
  );
  const rows = textOf(grid);
  assert.ok(rows.some((row) => row.endsWith('| mine a1                                     vv delivered')));
  const body = grid.find((row) => row.some((cell) => cell?.text === 'Ω'));
  assert.equal(body?.find((cell) => cell?.text === 'Ω')?.columns, 2);
});

test('with wide ambiguous characters lines are one column wide, and no cell is cut off', () => {
  const textWidth = createTextWidth(2);
  const size = { columns: 80, rows: 24 };
  const symbols = symbolsFor(false, 2);
  const screen = new Screen({
    chat: new Chat('alice'),
    server: inline('x'),
    textWidth,
    symbols,
    texts: EN,
    time,
    size,
    hasClipboard: true,
    hasLinks: false,
  });
  screen.select('bob', NOW);
  screen.pageLoaded('bob', undefined, page([fromPeer(1, { body: 'hello' })]), NOW);
  const { grid } = new FrameRenderer({ textWidth, symbols, texts: EN, theme: BASIC }).render(
    toViewModel(screen, NOW),
    size,
  );
  const rows = textOf(grid);
  const borders = grid.slice(1, 20).map((row) => row.findIndex((cell) => cell?.text === '|'));
  assert.deepEqual([...new Set(borders)], [19]);
  assert.ok(!rows.some((row) => row.includes('…')), rows.join('\n'));
});
