/** Hostile text, in every field from others that the screen shows: no byte of it acts on the terminal (R18). */
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { inline, jsonLine } from '../../src/text/safe-text.js';
import { paint } from '../../src/tui/render/painter.js';
import type { Screen } from '../../src/tui/screen/screen.js';
import type { Texts } from '../../src/tui/texts/en.js';
import { ZH_CN } from '../../src/tui/texts/zh-cn.js';
import { Emulator } from './emulator.js';
import { frameOf, fromMe, fromPeer, NOW, page, press, textOf, withBob } from './fixture.js';

const NAUGHTY = createRequire(import.meta.url)('big-list-of-naughty-strings/blns.json') as string[];

/** Escape sequences and other text that could act on a terminal. */
const HOSTILE = [
  '\u001b[2J\u001b[H',
  '\u001b]0;title\u0007',
  '\u001b]52;c;ZWNobw==\u0007',
  '\u001b]8;;http://evil\u001b\\',
  'https://a.example/\u001b\\\u001b]0;title\u0007',
  `https://a.example/${'x'.repeat(70)}\u202e\u200b https://user@b.example`,
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

/** All sequences that the painter writes. */
const OURS =
  /\u001b\[(?:\?2026[hl]|\?25[hl]|\d+;\d+H|[\d;]*m|K|\d*X|\d+G)|\u001b\]8;(?:;|id=im;[Hh][Tt][Tt][Pp][Ss]?:\/\/[!-[\]_a-z~]+)\u001b\\/g;

/** A screen with this text in every place that shows text from others. */
function everywhere(text: string, texts?: Texts): Screen {
  const hit = { peer: 'bob', message: fromPeer(9, { body: text }), segment: 1 };
  const messages = [
    fromPeer(1, { body: text }),
    fromPeer(1, { body: 'again', replay: text.slice(0, 20) }),
    fromPeer(2, { id: text.slice(0, 9), body: text, re: text.slice(0, 20) }),
    fromPeer(3, { re: text.slice(0, 9) }),
    fromMe('a1', 'failed', { body: text, why: text }),
  ];
  const screen = withBob(messages, {}, undefined, texts);
  screen.chat.applyClientEvent({ type: 'offline', reason: text, code: 1006, detail: text, retryInMs: 9 }, NOW);
  screen.chat.applyClientEvent({ type: 'locked', folder: text, holder: text }, NOW);
  press(screen, '\u0012x');
  screen.addHits(1, [hit], false);
  return screen;
}

const bytesOf = (screen: Screen): string[] => {
  const searching = frameOf(screen);
  press(screen, '\u001b[27u');
  return [paint(undefined, searching), paint(searching, frameOf(screen))];
};

function assertHarmless(text: string, texts?: Texts): void {
  for (const bytes of bytesOf(everywhere(text, texts))) {
    assert.doesNotMatch(
      bytes.replace(OURS, ''),
      /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\u202a-\u202e\u2066-\u2069\u00ad\u200b\u2060\ufeff\u{e0001}-\u{e007f}]/u,
      jsonLine({ text }),
    );
  }
}

test('known hostile strings do not act on the terminal (R18)', () => {
  // In groups: one by one they would be hundreds of frames.
  for (let start = 0; start < NAUGHTY.length; start += 12) assertHarmless(NAUGHTY.slice(start, start + 12).join('\n'));
  for (const text of HOSTILE) assertHarmless(text);
});

test('hostile text does not act on the terminal in Chinese either, also as the reason of being offline (R18)', () => {
  for (const text of HOSTILE) {
    assertHarmless(text, ZH_CN);
    for (const detail of [text, `${text} (CERT_HAS_EXPIRED)`, `no answer from the server: ${text}`]) {
      const { reasons } = ZH_CN;
      const shown = [
        reasons.offline({ reason: text, detail }),
        reasons.refusal(detail),
        reasons.delay({ code: text, message: text }, text),
      ];
      for (const one of shown) assert.equal(inline(one), one);
    }
  }
});

test('random hostile text does not act on the terminal (R18)', () => {
  const text = fc
    .array(fc.oneof(fc.constantFrom(...HOSTILE), fc.string({ unit: 'binary', maxLength: 10 })), { maxLength: 8 })
    .map((parts) => parts.join(''));
  fc.assert(
    fc.property(text, (one) => assertHarmless(one)),
    { numRuns: 40 },
  );
});

describe('in a terminal', () => {
  /** The screen without the area of the messages: no text from others is in it. */
  async function screenAround(text: string): Promise<string[]> {
    const screen = withBob([]);
    screen.pageLoaded('bob', undefined, page([fromPeer(1, { body: text }), fromPeer(2, { body: text })]), NOW);
    const emulator = new Emulator(screen.size);
    await emulator.write(`\u001b[?7l${paint(undefined, frameOf(screen))}`);
    const rows = emulator.rows();
    return rows.map((row, y) => (y > 0 && y < 21 ? row.slice(0, 20) : row));
  }

  test('in an emulator, hostile messages change nothing outside of their area (R18)', async () => {
    const calm = await screenAround('calm');
    for (const text of [...HOSTILE, NAUGHTY.join('\n'), HOSTILE.join('\n')]) {
      assert.deepEqual(await screenAround(text), calm, jsonLine({ text: text.slice(0, 80) }));
    }
  });

  test('every row of a hostile message has its gutter, and none looks like a heading (R18)', () => {
    const screen = withBob([fromPeer(1, { body: HOSTILE.join('\n') })]);
    const rows = textOf(frameOf(screen).grid)
      .slice(1, 21)
      .map((row) => row.slice(21));
    assert.ok(rows.filter((row) => row !== '').every((row) => /^[▎▏]/.test(row)));
  });
});
