/** A message as rows. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { HistoryMessage } from '../../../src/history/history.js';
import { createTextWidth, type TextWidth } from '../../../src/text/text-width.js';
import { Conversation, keyOf } from '../../../src/tui/model/conversation.js';
import { type FoundMessage, MessageBlocks, RowCache } from '../../../src/tui/rows/message-row-cache.js';
import { type RowContext, rowFound } from '../../../src/tui/rows/message-rows.js';
import type { Row } from '../../../src/tui/rows/row.js';
import { ASCII, type Symbols, UNICODE } from '../../../src/tui/rows/symbols.js';
import { fromPeer, MINUTE, mine, NOW, page, textWidth, time } from '../fixture.js';

const setting = (columns: number, ruled: TextWidth = textWidth, symbols: Symbols = UNICODE): RowContext => ({
  me: 'alice',
  columns,
  isRoomy: false,
  textWidth: ruled,
  symbols,
  time,
  now: NOW,
});

function rowsOf(
  said: readonly HistoryMessage[],
  columns = 40,
  more: { unread?: number; found?: FoundMessage; setting?: RowContext } = {},
): Row[] {
  const conversation = new Conversation('bob');
  conversation.load(page(said, { unread: more.unread ?? 0 }));
  const blocks = new MessageBlocks(conversation, more.setting ?? setting(columns), new RowCache(), more.found);
  return Array.from({ length: blocks.count }, (_, index) => blocks.rows(index)).flat();
}

const textOf = (row: Row): string =>
  row
    .map(({ text }) => text)
    .join('')
    .trimEnd();
const shown = (...args: Parameters<typeof rowsOf>): string[] => rowsOf(...args).map(textOf);

describe('groups', () => {
  test('a day is announced once, a sender once for what he says in a row', () => {
    assert.deepEqual(shown([fromPeer(1), fromPeer(2), mine('a1', 'delivered')]), [
      '── Tuesday 18 November ─────────────────',
      'bob  09:15',
      '▎ text 1',
      '▎ text 2',
      'alice  09:25',
      '▎ mine a1                   ✓✓ delivered',
    ]);
  });

  test('after some minutes the sender is named again, and so is a new day', () => {
    const said = [
      fromPeer(1, { at: NOW - 24 * 60 * MINUTE }),
      fromPeer(2, { at: NOW - 20 * MINUTE }),
      fromPeer(3, { at: NOW - 10 * MINUTE }),
    ];
    assert.deepEqual(shown(said), [
      '── Monday 17 November ──────────────────',
      'bob  09:45',
      '▎ text 1',
      '── Tuesday 18 November ─────────────────',
      'bob  09:25',
      '▎ text 2',
      'bob  09:35',
      '▎ text 3',
    ]);
  });

  test('a line says where unread begins', () => {
    assert.deepEqual(shown([fromPeer(1), fromPeer(2)], 40, { unread: 1 }).slice(2), [
      '▎ text 1',
      '── new ─────────────────────────────────',
      'bob  09:15',
      '▎ text 2',
    ]);
  });

  test('what came late says so, with its own day; a replay says so, too', () => {
    const late = fromPeer(1, { at: NOW - 24 * 60 * MINUTE });
    const rows = shown([mine('a1', 'queued', { at: NOW }), late, fromPeer(2, { replay: 'r1', at: NOW })], 60);
    assert.ok(rows.includes('bob  Monday 17 November 09:45  came late'));
    assert.ok(rows.includes('bob  09:45  replay: it was shown before'));
  });
});

describe('marks', () => {
  test('each state has a sign and a word; the word stands where the state changes', () => {
    const said = [
      mine('a1', 'delivered'),
      mine('a2', 'delivered'),
      mine('a3', 'stored'),
      mine('a4', 'queued'),
      mine('a5', 'failed', { why: 'there is no such user' }),
    ];
    assert.deepEqual(shown(said, 44).slice(2), [
      '▎ mine a1                                 ✓✓',
      '▎ mine a2                       ✓✓ delivered',
      '▎ mine a3                           ✓ stored',
      '▎ mine a4                    … queued 20 min',
      '▎ mine a5                           ✗ failed',
      '▏ failed: there is no such user. /resend',
      '▏ tries again',
    ]);
  });

  test('where the text leaves no room for the word, the sign stands alone', () => {
    const body = 'x'.repeat(30);
    assert.deepEqual(shown([mine('a1', 'delivered', { body })], 36).slice(2), [`▎ ${body}  ✓✓`]);
  });

  test('in ASCII nothing else is drawn', () => {
    const said = [fromPeer(1), mine('a1', 'delivered'), mine('a2'), mine('a3', 'failed', { why: 'no' })];
    for (const row of shown(said, 40, { unread: 1, setting: setting(40, textWidth, ASCII) })) {
      assert.match(row, /^[\x20-\x7e]*$/);
    }
  });
});

describe('hostile text', () => {
  const hostile = fc
    .array(
      fc.oneof(
        fc.string({ unit: 'binary', maxLength: 20 }),
        fc.constantFrom(
          '\n',
          '\r',
          '\t',
          '\u001b[2J',
          '── new ──',
          'bob  09:15',
          '▎ ',
          '\u202e',
          '👩‍👩‍👧‍👦',
          '你好',
          '\u0301',
          ' '.repeat(50),
        ),
      ),
    )
    .map((parts) => parts.join(''));

  test('every row of a body stands under its gutter, and none is wider than the screen (R18)', () => {
    fc.assert(
      fc.property(hostile, fc.integer({ min: 12, max: 60 }), fc.boolean(), (body, columns, isMine) => {
        const said = isMine ? mine('a1', 'failed', { body, why: body }) : fromPeer(1, { body });
        const [day, heading, ...rows] = rowsOf([said], columns);
        assert.ok(day && heading);
        assert.match(textOf(heading), isMine ? /^alice {2}/ : /^bob {2}/);
        rows.forEach((row, index) => {
          assert.equal(row[0]?.text, index === 0 ? '▎' : '▏', 'only its first row begins a message');
          assert.doesNotMatch(textOf(row), /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\u202a-\u202e\u2066-\u2069]/u);
          assert.ok(textWidth.columns(textOf(row)) <= columns, textOf(row));
        });
      }),
      { numRuns: 150 },
    );
  });

  test('where ambiguous characters are wide, rows are measured so', () => {
    const wide = createTextWidth(2);
    for (const row of rowsOf([mine('a1', 'queued', { body: '…Ω'.repeat(30) })], 30, { setting: setting(30, wide) })) {
      assert.ok(wide.columns(textOf(row)) <= 30, textOf(row));
    }
  });

  test('a body of many lines is shown whole', () => {
    const body = Array.from({ length: 500 }, (_, line) => `line ${line}`).join('\n');
    assert.equal(shown([fromPeer(1, { body })]).length, 502);
  });
});

test('the words that were searched for stand out, also over the end of a row, and change no row', () => {
  const body = `${'hay '.repeat(9)}a long Needle in the hay, needles`;
  const item = fromPeer(1, { body });
  const rows = rowsOf([item], 24, { found: { key: keyOf(item), words: 'in the hay, needles' } });
  const found = rows.flatMap((row) => row.slice(2).filter(({ style }) => style === 'found'));
  assert.deepEqual(
    found.map(({ text }) => text),
    ['in the hay,', 'needles'],
  );
  assert.deepEqual(rows.map(textOf), shown([item], 24));
  assert.ok(rowFound(rows) > 2);
});

test('a message whose place was wanted stands out, without words', () => {
  const conversation = new Conversation('bob');
  conversation.load(page([fromPeer(1)]));
  const cache = new RowCache();
  const gutterOf = (found?: FoundMessage) =>
    new MessageBlocks(conversation, setting(40), cache, found).rows(0).at(-1)?.[0]?.style;
  assert.notEqual(gutterOf(), 'found');
  assert.equal(gutterOf({ key: keyOf(fromPeer(1)), words: '' }), 'found');
});

test('rows are made once, until what they show changes', () => {
  const conversation = new Conversation('bob');
  conversation.load(page([mine('a1', 'stored')]));
  const cache = new RowCache();
  const blocks = () => new MessageBlocks(conversation, setting(40), cache, undefined);
  assert.equal(blocks().rows(0), blocks().rows(0));
  const before = blocks().rows(0);
  conversation.changed('a1', 'delivered');
  assert.notEqual(blocks().rows(0), before);
  assert.match(textOf(blocks().rows(0).at(-1) ?? []), /delivered$/);
});
