/** Messages, rendered as rows. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { HistoryMessage } from '../../../src/history/history.js';
import { ERRORS } from '../../../src/protocol/error-codes.js';
import { createTextWidth, type TextWidth } from '../../../src/text/text-width.js';
import { Conversation, messageKey } from '../../../src/tui/model/conversation.js';
import { type Highlight, MessageBlocks, RowCache } from '../../../src/tui/rows/message-blocks.js';
import { firstHighlightedRow, type RowContext } from '../../../src/tui/rows/message-rows.js';
import { joinText, type Row } from '../../../src/tui/rows/row.js';
import { ASCII, type Symbols, UNICODE } from '../../../src/tui/rows/symbols.js';
import { EN } from '../../../src/tui/texts/en.js';
import { fromMe, fromPeer, MINUTE, NOW, page, textWidth, time } from '../fixture.js';

const context = (columns: number, width: TextWidth = textWidth, symbols: Symbols = UNICODE): RowContext => ({
  me: 'alice',
  columns,
  hasSpacing: false,
  hasLinks: true,
  texts: EN,
  textWidth: width,
  symbols,
  time,
  now: NOW,
});

function rowsOf(
  messages: readonly HistoryMessage[],
  columns = 40,
  more: { unread?: number; highlight?: Highlight; context?: RowContext } = {},
): Row[] {
  const conversation = new Conversation('bob');
  conversation.load(page(messages, { unread: more.unread ?? 0 }));
  const blocks = new MessageBlocks(conversation, more.context ?? context(columns), new RowCache(), more.highlight);
  return Array.from({ length: blocks.count }, (_, index) => blocks.rows(index)).flat();
}

const textOf = (row: Row): string => joinText(row).trimEnd();
const shown = (...args: Parameters<typeof rowsOf>): string[] => rowsOf(...args).map(textOf);

describe('an answer', () => {
  test('it has the beginning of what it is about above it: of the own message, or of the other one', () => {
    const messages = [
      fromMe('q1', 'delivered', { body: '\n  shall we deploy?\nnow?', at: NOW - 29 * MINUTE }),
      fromPeer(1, { body: 'yes\nre alice: no', re: 'q1', at: NOW - 28 * MINUTE }),
      fromMe('a1', 'stored', { body: 'done', re: 'b1', at: NOW - 27 * MINUTE }),
    ];
    assert.deepEqual(shown(messages), [
      '── Tuesday 18 November ─────────────────',
      'alice  09:16',
      '▎',
      '▏   shall we deploy?',
      '▏ now?                      ✓✓ delivered',
      'bob  09:17',
      '┌ re alice: shall we deploy?',
      '▏ yes',
      '▏ re alice: no',
      'alice  09:18',
      '┌ re bob: yes',
      '▏ done                          ✓ stored',
    ]);
  });

  test('an id that no loaded message has is shown as such, and what is long is cut to one row', () => {
    const long = fromPeer(1, { body: '好'.repeat(60_000) });
    const rows = shown([
      long,
      fromPeer(2, { re: 'b1' }),
      fromPeer(3, { re: 'x'.repeat(128) }),
      fromPeer(4, { re: 'q' }),
    ]);
    assert.deepEqual(rows.slice(-6), [
      `┌ re bob: ${'好'.repeat(14)}…`,
      '▏ text 2',
      `┌ re ${'x'.repeat(34)}…`,
      '▏ text 3',
      '┌ re q: not among the messages here',
      '▏ text 4',
    ]);
  });

  test('a quote comes as soon as its message is loaded', () => {
    const conversation = new Conversation('bob');
    conversation.load(page([fromPeer(2, { re: 'b1' })], { number: 2, older: 1 }));
    const cache = new RowCache();
    const rows = () => {
      const blocks = new MessageBlocks(conversation, context(40), cache, undefined);
      return blocks.rows(blocks.count - 1).map(textOf);
    };
    assert.ok(rows().includes('┌ re b1: not among the messages here'));
    conversation.loadMore(page([fromPeer(1)]));
    assert.ok(rows().includes('┌ re bob: text 1'));
  });
});

describe('groups', () => {
  test('a day has one date line, and consecutive messages of a sender have one heading', () => {
    assert.deepEqual(shown([fromPeer(1), fromPeer(2), fromMe('a1', 'delivered')]), [
      '── Tuesday 18 November ─────────────────',
      'bob  09:15',
      '▎ text 1',
      '▎ text 2',
      'alice  09:25',
      '▎ mine a1                   ✓✓ delivered',
    ]);
  });

  test('a message some minutes later, or on another day, has a heading of its own', () => {
    const messages = [
      fromPeer(1, { at: NOW - 24 * 60 * MINUTE }),
      fromPeer(2, { at: NOW - 20 * MINUTE }),
      fromPeer(3, { at: NOW - 10 * MINUTE }),
    ];
    assert.deepEqual(shown(messages), [
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

  test('the new divider is above the first unread message', () => {
    assert.deepEqual(shown([fromPeer(1), fromPeer(2)], 40, { unread: 1 }).slice(2), [
      '▎ text 1',
      '── new ─────────────────────────────────',
      'bob  09:15',
      '▎ text 2',
    ]);
  });

  test('late messages and replays are marked, with their day if it is another one', () => {
    const late = fromPeer(1, { at: NOW - 24 * 60 * MINUTE });
    const rows = shown(
      [fromMe('a1', 'queued', { at: NOW }), fromPeer(3, { at: NOW }), late, fromPeer(2, { replay: 'r1', at: NOW })],
      60,
    );
    assert.ok(rows.includes('bob  Monday 17 November 09:45  arrived late'));
    assert.ok(rows.includes('bob  09:45  replay: shown before'));
  });
});

describe('state marks', () => {
  test('every state has a symbol; its word is shown where the state changes', () => {
    const messages = [
      fromMe('a1', 'delivered'),
      fromMe('a2', 'delivered'),
      fromMe('a3', 'stored'),
      fromMe('a4', 'queued'),
      fromMe('a5', 'failed', { why: 'there is no such user' }),
    ];
    assert.deepEqual(shown(messages, 44).slice(2), [
      '▎ mine a1                                 ✓✓',
      '▎ mine a2                       ✓✓ delivered',
      '▎ mine a3                           ✓ stored',
      '▎ mine a4                    … queued 20 min',
      '▎ mine a5                           ✗ failed',
      '▏ failed: there is no such user. /resend',
      '▏ tries again',
    ]);
  });

  test('the word of a state is left out if there is no room for it', () => {
    const body = 'x'.repeat(30);
    assert.deepEqual(shown([fromMe('a1', 'delivered', { body })], 36).slice(2), [`▎ ${body}  ✓✓`]);
  });

  test('with ASCII symbols all rows are ASCII', () => {
    const messages = [fromPeer(1), fromMe('a1', 'delivered'), fromMe('a2'), fromMe('a3', 'failed', { why: 'no' })];
    for (const row of shown(messages, 40, { unread: 1, context: context(40, textWidth, ASCII) })) {
      assert.match(row, /^[\x20-\x7e]*$/);
    }
  });
});

test('only a message that can be sent again has that advice', () => {
  const failed = (why: string): string => shown([fromMe('a1', 'failed', { why })], 99).at(-1) ?? '';
  assert.equal(failed('there is no such user'), '▏ failed: there is no such user. /resend tries again');
  assert.equal(failed(ERRORS.purged.description), `▏ failed: ${ERRORS.purged.description}`);
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

  test('every row of a hostile body has its gutter, and none is wider than the screen (R18)', () => {
    fc.assert(
      fc.property(hostile, fc.integer({ min: 12, max: 60 }), fc.boolean(), (body, columns, isOwnMessage) => {
        const message = isOwnMessage ? fromMe('a1', 'failed', { body, why: body }) : fromPeer(1, { body });
        const [day, heading, ...rows] = rowsOf([message], columns);
        assert.ok(day && heading);
        assert.match(textOf(heading), isOwnMessage ? /^alice {2}/ : /^bob {2}/);
        rows.forEach((row, index) => {
          assert.equal(row[0]?.text, index === 0 ? '▎' : '▏', 'only the first row has the gutter of a new message');
          assert.doesNotMatch(textOf(row), /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\u202a-\u202e\u2066-\u2069]/u);
          assert.ok(textWidth.columns(textOf(row)) <= columns, textOf(row));
        });
      }),
      { numRuns: 150 },
    );
  });

  test('wide ambiguous characters are measured as wide', () => {
    const wide = createTextWidth(2);
    for (const row of rowsOf([fromMe('a1', 'queued', { body: '…Ω'.repeat(30) })], 30, { context: context(30, wide) })) {
      assert.ok(wide.columns(textOf(row)) <= 30, textOf(row));
    }
  });

  test('all lines of a long body have rows', () => {
    const body = Array.from({ length: 500 }, (_, line) => `line ${line}`).join('\n');
    assert.equal(shown([fromPeer(1, { body })]).length, 502);
  });
});

test('matches of a search are highlighted, also across rows, without changing the rows', () => {
  const body = `${'hay '.repeat(9)}a long Needle in the hay, needles`;
  const item = fromPeer(1, { body });
  const rows = rowsOf([item], 24, { highlight: { key: messageKey(item), query: 'in the hay, needles' } });
  const found = rows.flatMap((row) => row.slice(2).filter(({ style }) => style === 'match'));
  assert.deepEqual(
    found.map(({ text }) => text),
    ['in the hay,', 'needles'],
  );
  assert.deepEqual(rows.map(textOf), shown([item], 24));
  assert.ok(firstHighlightedRow(rows) > 2);
});

test('a message is highlighted without a query, too', () => {
  const conversation = new Conversation('bob');
  conversation.load(page([fromPeer(1)]));
  const cache = new RowCache();
  const gutterOf = (highlight?: Highlight) =>
    new MessageBlocks(conversation, context(40), cache, highlight).rows(0).at(-1)?.[0]?.style;
  assert.notEqual(gutterOf(), 'match');
  assert.equal(gutterOf({ key: messageKey(fromPeer(1)), query: '' }), 'match');
});

test('rows are cached until the message changes', () => {
  const conversation = new Conversation('bob');
  conversation.load(page([fromMe('a1', 'stored')]));
  const cache = new RowCache();
  const blocks = () => new MessageBlocks(conversation, context(40), cache, undefined);
  assert.equal(blocks().rows(0), blocks().rows(0));
  const before = blocks().rows(0);
  conversation.stateChanged('a1', 'delivered');
  assert.notEqual(blocks().rows(0), before);
  assert.match(textOf(blocks().rows(0).at(-1) ?? []), /delivered$/);
});
