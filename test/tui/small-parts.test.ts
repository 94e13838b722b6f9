/** The small pure parts: status line, slash commands, times, notifications, rows, what Ink draws. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { NOTIFY_CHOICES, THEME_CHOICES } from '../../src/cli/connect/connect-flags.js';
import { offlineReason } from '../../src/client/offline-reason.js';
import { block, inline, safe } from '../../src/text/safe-text.js';
import { NOTIFICATIONS, notificationOf } from '../../src/tui/app/notify.js';
import { displayPath, expandPath } from '../../src/tui/app/tilde-path.js';
import { CellPlaceholders } from '../../src/tui/render/cell-placeholders.js';
import { parseInkOutput } from '../../src/tui/render/ink-output-parser.js';
import { clip, type Row, shorten, span, spread, widthOf } from '../../src/tui/rows/row.js';
import { UNICODE } from '../../src/tui/rows/symbols.js';
import { THEME_NAMES, themeFor } from '../../src/tui/rows/theme.js';
import { createTimeText, lengthOfTime } from '../../src/tui/rows/time-text.js';
import { GROUPS, nameOfKey } from '../../src/tui/screen/keys.js';
import { type Status, statusRow } from '../../src/tui/view-model/status-row.js';
import { MINUTE, NOW, textWidth } from './fixture.js';

describe('the status line', () => {
  const status: Status = {
    me: 'alice',
    server: safe`127.0.0.1:4690`,
    connection: { state: 'online' },
    heldBy: undefined,
    queued: { count: 0, since: undefined },
    unread: 0,
    failedTo: [],
    notice: undefined,
  };
  const shown = (more: Partial<Status>, columns = 80): string =>
    statusRow({ ...status, ...more }, NOW, columns, UNICODE, textWidth)
      .map(({ text }) => text)
      .join('')
      .trim();

  test('says who, where, and whether connected', () => {
    assert.match(shown({}), /^● online {3}alice at 127\.0\.0\.1:4690 +F1 help$/);
    assert.match(shown({ connection: { state: 'connecting' } }), /^○ connecting/);
    assert.match(shown({ connection: { state: 'ended', why: 'replaced' } }), /^○ ended: replaced/);
    assert.match(shown({ heldBy: 'process 7' }), /^○ taking over from another im, process 7/);
  });

  test('counts down to the next attempt', () => {
    const offline = (ms: number) => shown({ connection: { state: 'offline', why: 'refused', retryAt: NOW + ms } });
    assert.match(offline(12_000), /^○ offline: refused, next try in 12 s/);
    assert.match(offline(-5), /next try in 1 s/, 'never in no time');
  });

  test('says how much is queued, and since when if that is long ago', () => {
    assert.match(shown({ queued: { count: 2, since: NOW - 1_000 } }), /… 2 queued {3}/);
    assert.match(shown({ queued: { count: 2, since: NOW - 3 * MINUTE } }), /… 2 queued for 3 min/);
  });

  test('leads to what is unread', () => {
    assert.match(shown({ unread: 3 }), /^● online {3}alice at 127\.0\.0\.1:4690 +3 unread: Alt\+A {3}F1 help$/);
  });

  test('says to whom something failed', () => {
    assert.match(shown({ failedTo: ['carol'] }), /^● online {3}✗ failed to carol {3}alice at/);
    assert.match(shown({ failedTo: ['carol', 'dave', 'eve'], notice: safe`Ctrl+C again quits` }), /carol and 2 more /);
  });

  test('says less where there is less room, and what matters most to the last', () => {
    const connection = { state: 'offline', why: 'connection refused', retryAt: NOW + 12_000 } as const;
    const waiting = { connection, queued: { count: 2, since: NOW - 3 * MINUTE }, unread: 3 };
    const table: [number, string][] = [
      [130, '○ offline: connection refused, next try in 12 s   … 2 queued for 3 min   alice at 127.0.0.1:4690'],
      [100, '○ offline: connection refused, next try in 12 s   … 2 queued for 3 min      3 unread: Alt+A   F1 help'],
      [90, '○ offline: connection refused, next try in 12 s   … 2 queued    3 unread: Alt+A   F1 help'],
      [59, '○ offline, 12 s   … 2 queued    3 unread: Alt+A   F1 help'],
      [50, '○ offline, 12 s   … 2 queued    3 unread: Alt+A'],
      [40, '○ offline, 12 s   … 2 queued'],
      [20, '○ offline, 12 s   …'],
    ];
    for (const [columns, expected] of table) {
      const row = shown(waiting, columns).replace(/ +/g, ' ');
      assert.ok(row.startsWith(expected.replace(/ +/g, ' ')), `${columns}: ${row}`);
    }
  });

  test('has room for what the user is told, whatever else there is', () => {
    assert.match(shown({ notice: safe`Ctrl+C again quits` }, 40), /Ctrl\+C again quits$/);
    const hostile = inline('\u001b[2J\n'.repeat(9));
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 120 }),
        fc.option(fc.constantFrom(hostile, safe`short`), { nil: undefined }),
        (columns, notice) => {
          const row = statusRow(
            { ...status, notice, queued: { count: 7, since: 0 } },
            NOW,
            columns,
            UNICODE,
            textWidth,
          );
          assert.ok(widthOf(row, textWidth) <= columns);
        },
      ),
    );
  });
});

test('a lost connection is explained in words', () => {
  const table: [string, string][] = [
    ['connect ECONNREFUSED 127.0.0.1:4690', 'connection refused'],
    ['getaddrinfo EAI_AGAIN im.example', 'the name of the host cannot be looked up now'],
    ['read ECONNRESET', 'connection reset'],
    ['something else', 'something else'],
    ['', 'lost'],
  ];
  for (const [detail, expected] of table) assert.equal(offlineReason({ reason: 'lost', detail }), expected);
});

test('a path is taken and named as people write it', () => {
  const places = { home: '/home/alice', here: '/srv/log' };
  const table: [string, string, string][] = [
    ['~/a.jsonl', '/home/alice/a.jsonl', '~/a.jsonl'],
    ['a.jsonl', '/srv/log/a.jsonl', '/srv/log/a.jsonl'],
    ['../../home/alice/b/c', '/home/alice/b/c', '~/b/c'],
    ['~bob/x', '/srv/log/~bob/x', '/srv/log/~bob/x'],
  ];
  for (const [typed, meant, name] of table) {
    assert.equal(expandPath(typed, places), meant);
    assert.equal(displayPath(meant, places), name);
  }
});

test('lengths of time are short and never nothing', () => {
  const table: [number, string][] = [
    [-1, '1 s'],
    [0, '1 s'],
    [59_000, '59 s'],
    [60_000, '1 min'],
    [3_599_000, '59 min'],
    [7_200_000, '2 h'],
    [3 * 86_400_000, '3 d'],
  ];
  for (const [ms, expected] of table) assert.equal(lengthOfTime(ms), expected);
});

test('days are named, with the year where it is another one', () => {
  const time = createTimeText('en-GB');
  assert.match(time.dayName(NOW, NOW), /^Tuesday,? 18 November$/);
  assert.match(time.dayName(NOW, NOW + 100 * 24 * 60 * MINUTE), /^Tuesday,? 18 November 2025$/);
  assert.equal(time.clock(NOW), '09:45');
  assert.ok(time.day(NOW) < time.day(NOW + 24 * 60 * MINUTE));
});

describe('notifications', () => {
  const message = { from: 'bob', body: 'secret\u0007\u001b]0;x\u0007' };
  test('are sent only when asked for, and with text only when that is asked for', () => {
    assert.equal(notificationOf('off', message), '');
    assert.equal(notificationOf('bell', message), '\u0007');
    assert.equal(notificationOf('desktop', message), '\u001b]9;bob\u0007');
    assert.equal(notificationOf('desktop-text', message), '\u001b]9;bob: secret^G^[]0;x^G\u0007');
  });
});

test('the command line offers what the screen knows', () => {
  assert.deepEqual([...THEME_CHOICES], [...THEME_NAMES]);
  assert.deepEqual([...NOTIFY_CHOICES], [...NOTIFICATIONS]);
  for (const name of THEME_NAMES) assert.notEqual(themeFor(name, 24), themeFor(name, 4));
});

test('a key means one thing', () => {
  const keys = GROUPS.flatMap(({ bindings }) => bindings.flatMap((binding) => binding.keys));
  assert.equal(new Set(keys).size, keys.length);
  assert.equal(nameOfKey('ctrl+pageup'), 'Ctrl+PgUp');
  assert.equal(nameOfKey('alt+a'), 'Alt+A');
});

describe('rows', () => {
  const row = (...texts: string[]): Row => texts.map((text) => span(inline(text)));
  const text = (shown: Row): string => shown.map((one) => one.text).join('');
  test('names are cut in the middle: both ends tell them apart', () => {
    const cut = (columns: number): string => shorten(inline('build-server-eu-1'), columns, textWidth, UNICODE.cut);
    assert.deepEqual([17, 16, 9, 2, 1].map(cut), ['build-server-eu-1', 'build-se…er-eu-1', 'buil…eu-1', 'b…', '…']);
  });
  test('are cut between cells, with a sign', () => {
    assert.equal(text(clip(row('你好', '世界'), 6, textWidth, UNICODE.cut)), '你好…');
    assert.equal(text(clip(row('abc'), 3, textWidth, UNICODE.cut)), 'abc');
    assert.equal(text(spread(row('left'), row('right'), 12, textWidth, UNICODE.cut)), 'left   right');
    assert.equal(text(spread(row('a longer one'), row('right'), 12, textWidth, UNICODE.cut)), 'a lon… right');
  });
});

describe('what Ink draws', () => {
  test('comes back cell by cell, with its looks', () => {
    const placeholders = new CellPlaceholders(textWidth);
    const drawing = `\u001b[1m${placeholders.encode(inline('a你'))}\u001b[22m\u001b[38;2;1;2;3mb\u001b[39m\n${placeholders.encode(block('👩‍👩‍👧'))}`;
    const [first, second] = parseInkOutput(drawing, { columns: 5, rows: 2 }, placeholders);
    assert.deepEqual(first?.slice(0, 4), [
      { text: 'a', columns: 1, sgr: '1' },
      { text: '你', columns: 2, sgr: '1' },
      undefined,
      { text: 'b', columns: 1, sgr: '38;2;1;2;3' },
    ]);
    assert.equal(second?.[0]?.text, '👩‍👩‍👧');
  });

  test('is cut at the edge, never in the middle of a cell', () => {
    const placeholders = new CellPlaceholders(textWidth);
    const [row] = parseInkOutput(placeholders.encode(inline('你好吗')), { columns: 5, rows: 1 }, placeholders);
    assert.deepEqual(
      row?.map((cell) => cell?.text),
      ['你', undefined, '好', undefined, ' '],
    );
  });

  test('never sees what others wrote: only ASCII and borrowed characters', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (text) => {
        const encoded = new CellPlaceholders(textWidth).encode(inline(text));
        assert.match(encoded, /^[\x20-\x7e\u{f0000}-\u{100000}]*$/u);
        assert.equal([...encoded].length, textWidth.columns(inline(text)));
      }),
    );
  });
});
