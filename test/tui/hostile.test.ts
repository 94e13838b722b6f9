/** Whatever others write, in whatever field of theirs that the screen shows: no byte of it acts on the terminal (R18). */
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { jsonLine } from '../../src/text/safe-text.js';
import { paint } from '../../src/tui/render/painter.js';
import type { Screen } from '../../src/tui/screen/screen.js';
import { Emulator } from './emulator.js';
import { frameOf, fromPeer, mine, NOW, page, textOf, type, withBob } from './fixture.js';

const NAUGHTY = createRequire(import.meta.url)('big-list-of-naughty-strings/blns.json') as string[];

/** What acts on a terminal, in pieces and whole. */
const ACTING = [
  '\u001b[2J\u001b[H',
  '\u001b]0;title\u0007',
  '\u001b]52;c;ZWNobw==\u0007',
  '\u001b]8;;http://evil\u001b\\',
  '\u001bP+q\u001b\\',
  '\u001b[?1049l',
  '\u001bc',
  '\u009b31m',
  '\u0090q\u009c',
  '\u000e\u000f',
  '\r\nbob  09:15\n▎ ',
  '\u202e\u2066\u2028',
  '\ud800',
  '\u{e0041}\ufeff\u200b',
  '👩‍'.repeat(40),
  'e\u0301'.padEnd(60, '\u0301'),
  '\u{f0000}\u{100000}\ue000',
  'ﷺ꧅𒈙',
];

/** Everything that the painter may write besides text. */
const OURS = /\u001b\[(?:\?2026[hl]|\?25[hl]|\d+;\d+H|[\d;]*m|K|\d+X|\d+G)/g;

/** A screen on which a stranger's text stands in every place that takes any. */
function everywhere(text: string): Screen {
  const found = { peer: 'bob', message: fromPeer(9, { body: text }), segment: 1 };
  const screen = withBob([
    fromPeer(1, { body: text }),
    fromPeer(1, { body: 'again', replay: text.slice(0, 20) }),
    mine('a1', 'failed', { body: text, why: text }),
  ]);
  screen.chat.happened({ type: 'offline', reason: text, code: 1006, detail: text, retryInMs: 9 }, NOW);
  screen.chat.happened({ type: 'locked', folder: text, holder: text }, NOW);
  type(screen, '\u0012x');
  screen.searched(1, [found], false);
  return screen;
}

const bytesOf = (screen: Screen): string[] => {
  const searching = frameOf(screen);
  type(screen, '\u001b[27u');
  return [paint(undefined, searching), paint(searching, frameOf(screen))];
};

function isHarmless(text: string): void {
  for (const bytes of bytesOf(everywhere(text))) {
    assert.doesNotMatch(
      bytes.replace(OURS, ''),
      /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\u202a-\u202e\u2066-\u2069]/u,
      jsonLine({ text }),
    );
  }
}

test('nothing of it acts on the terminal: what is known to be naughty', () => {
  // Together they are a few screens full; one by one, hundreds of drawings.
  for (let start = 0; start < NAUGHTY.length; start += 12) isHarmless(NAUGHTY.slice(start, start + 12).join('\n'));
  for (const text of ACTING) isHarmless(text);
});

test('nothing of it acts on the terminal: whatever else', () => {
  const text = fc
    .array(fc.oneof(fc.constantFrom(...ACTING), fc.string({ unit: 'binary', maxLength: 10 })), { maxLength: 8 })
    .map((parts) => parts.join(''));
  fc.assert(fc.property(text, isHarmless), { numRuns: 40 });
});

describe('in a terminal', () => {
  /** The columns of the list, the rule and the header; and the rows of composer and status: a stranger writes none of them. */
  async function frameAround(text: string): Promise<string[]> {
    const screen = withBob([]);
    screen.loaded('bob', undefined, page([fromPeer(1, { body: text }), fromPeer(2, { body: text })]), NOW);
    const emulator = new Emulator(screen.size);
    await emulator.write(`\u001b[?7l${paint(undefined, frameOf(screen))}`);
    const rows = emulator.rows();
    return rows.map((row, y) => (y > 0 && y < 21 ? row.slice(0, 20) : row));
  }

  test('everything around the messages is what it would be without them', async () => {
    const calm = await frameAround('calm');
    for (const text of [...ACTING, NAUGHTY.join('\n'), ACTING.join('\n')]) {
      assert.deepEqual(await frameAround(text), calm, jsonLine({ text: text.slice(0, 80) }));
    }
  });

  test('and no row of a message is where a sender stands', () => {
    const screen = withBob([fromPeer(1, { body: ACTING.join('\n') })]);
    const rows = textOf(frameOf(screen).grid)
      .slice(1, 21)
      .map((row) => row.slice(21));
    assert.ok(rows.filter((row) => row !== '').every((row) => /^[▎▏]/.test(row)));
  });
});
