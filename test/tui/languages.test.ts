/** Text in many languages, on terminals that measure it differently: every letter is on the screen, and everything is in its column. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { inline, type SafeText } from '../../src/text/safe-text.js';
import { type Frame, paint } from '../../src/tui/render/painter.js';
import { clip, clipMiddle, joinText, span } from '../../src/tui/rows/row.js';
import type { Size } from '../../src/tui/rows/screen-regions.js';
import { UNICODE } from '../../src/tui/rows/symbols.js';
import { frameOf, fromMe, fromPeer, press, textWidth, withBob } from './fixture.js';
import { JOINED_EMOJI, LANGUAGES, PREPENDED } from './languages.js';
import { KINDS, TerminalModel } from './terminal-model.js';

const LEFT = '\u001b[D';
const BACK = '\u007f';

const SAMPLES = Object.values(LANGUAGES);

interface Shown {
  readonly kind: string;
  readonly terminal: TerminalModel;
}

/** A terminal of each kind. */
const terminals = (size: Size): Shown[] =>
  KINDS.map((kind) => ({ kind: `${kind.joining}, ${kind.width}`, terminal: new TerminalModel(size, kind) }));

/** Paints a frame; every terminal must show each cell in its columns. Of a joined emoji at least the first code point. */
function assertShown(shown: readonly Shown[], before: Frame | undefined, frame: Frame): void {
  const bytes = paint(before, frame);
  for (const { kind, terminal } of shown) {
    terminal.write(bytes);
    frame.grid.forEach((row, y) => {
      row.forEach((cell, x) => {
        if (cell === undefined) return;
        let columns = '';
        for (let column = x; column < x + cell.columns; column++) columns += terminal.at(column, y) ?? '';
        const text = columns.trim();
        const [first = ''] = cell.text;
        const isShown = cell.unjoinedColumns === undefined ? text === cell.text.trim() : text.startsWith(first);
        if (isShown) return; // The text of an assertion would be made for each cell.
        assert.fail(`${kind}, row ${y}, column ${x}: ${JSON.stringify(text)} instead of ${JSON.stringify(cell)}`);
      });
    });
  }
}

/** The text of the messages: without gutters, blanks and what is around them. */
const bodiesOf = (rows: readonly string[]): string =>
  rows
    .map((row) => /[▎▏](.*)/u.exec(row)?.[1] ?? '')
    .join('')
    .replaceAll(/[\s✓]|delivered/g, '');

describe('messages', () => {
  for (const columns of [10, 13, 24, 40, 80, 200]) {
    test(`every letter is shown at ${columns} columns, in messages of both sides`, () => {
      const size = { columns, rows: 1_000 };
      const messages = SAMPLES.flatMap((body, index) => [
        fromPeer(index + 1, { body }),
        fromMe(`m${index}`, 'delivered', { body }),
      ]);
      const shown = terminals(size);
      assertShown(shown, undefined, frameOf(withBob(messages, {}, size)));
      const expected = SAMPLES.map((body) => body + body).join('');
      for (const { kind, terminal } of shown) assert.ok(bodiesOf(terminal.rows()) === expected, kind);
    });
  }

  test('what follows a text or an emoji is in its column', () => {
    const size = { columns: 100, rows: 400 };
    // tmux 3.5 draws flags that follow each other into one.
    const repeated = JOINED_EMOJI.filter((emoji) => !/\p{Regional_Indicator}/u.test(emoji)).map((emoji) =>
      emoji.repeat(3),
    );
    const samples = [...SAMPLES, ...JOINED_EMOJI, ...repeated];
    const messages = samples.map((body, index) => fromMe(`m${index}`, 'delivered', { body: `${body}#` }));
    assertShown(terminals(size), undefined, frameOf(withBob(messages, {}, size)));
  });
});

test('a letter that some terminals draw over the one before is shown by all', () => {
  const size = { columns: 40, rows: 10 };
  const shown = terminals(size);
  const bytes = paint(undefined, frameOf(withBob([fromPeer(1, { body: PREPENDED })], {}, size)));
  for (const { kind, terminal } of shown) {
    terminal.write(bytes);
    for (const letter of PREPENDED) assert.ok(terminal.rows().join('').includes(letter), `${kind}: ${letter}`);
  }
});

describe('typing', () => {
  const { Thai, Lao, Hindi, Bengali, Khmer, Tibetan, Sinhala, Persian } = LANGUAGES;
  const TYPED = [
    Thai,
    Lao,
    Hindi,
    Bengali,
    Khmer,
    Tibetan,
    Sinhala,
    Persian,
    LANGUAGES['Korean, old'],
    JOINED_EMOJI.slice(0, 5).join(''),
  ];

  for (const columns of [12, 40]) {
    test(`after every key each terminal shows the text at ${columns} columns`, () => {
      const size = { columns, rows: 8 };
      for (const sample of TYPED as readonly string[]) {
        const screen = withBob([], {}, size);
        const shown = terminals(size);
        // Typed, then deleted from its middle.
        const length = Array.from(sample).length;
        const keys = [...sample, ...new Array<string>(length >> 2).fill(LEFT), ...new Array<string>(length).fill(BACK)];
        let before: Frame | undefined;
        for (const key of ['', ...keys]) {
          press(screen, key);
          const frame = frameOf(screen);
          assertShown(shown, before, frame);
          before = frame;
        }
      }
    });
  }

  test('the cursor is at the column where the next letter appears', () => {
    const size = { columns: 100, rows: 8 };
    for (const sample of SAMPLES) {
      const screen = withBob([], {}, size);
      press(screen, sample);
      const { cursor } = frameOf(screen);
      press(screen, '#');
      const { grid } = frameOf(screen);
      assert.equal(grid[cursor?.y ?? 0]?.[cursor?.x ?? 0]?.text, '#', sample);
    }
  });
});

describe('other places', () => {
  test('the search shows the query and the hits; a match is highlighted in whole letters', () => {
    for (const columns of [30, 100]) {
      const size = { columns, rows: 400 };
      const screen = withBob([], {}, size);
      const hits = SAMPLES.map((body, segment) => ({ peer: 'bob', segment, message: fromPeer(segment + 1, { body }) }));
      press(screen, '\u0012ำ|क');
      if (screen.overlay?.type !== 'search') throw new Error('no search');
      screen.addHits(screen.overlay.id, hits, true);
      assertShown(terminals(size), undefined, frameOf(screen));
    }
  });

  test('a text that is cut to fit ends between letters', () => {
    for (const sample of SAMPLES) {
      const text = inline(sample);
      const whole = textWidth.cells(text).map((cell) => cell.text);
      for (let columns = 2; columns < textWidth.columns(text); columns++) {
        const cut: SafeText[] = [
          joinText(clip([span(text)], columns, textWidth, UNICODE.ellipsis)),
          clipMiddle(text, columns, textWidth, UNICODE.ellipsis),
        ];
        for (const one of cut) {
          assert.ok(textWidth.columns(one) <= columns, one);
          const [begin = '', end = ''] = one.split(UNICODE.ellipsis);
          assert.ok(isPrefix(textWidth.cells(begin), whole), one);
          assert.ok(isPrefix(textWidth.cells(end).toReversed(), whole.toReversed()), one);
        }
      }
    }
  });

  const isPrefix = (cells: readonly { readonly text: string }[], of: readonly string[]): boolean =>
    cells.every(({ text }, index) => text === of[index]);
});
