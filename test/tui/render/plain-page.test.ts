/** Messages as plain text: what a selection of the terminal copies, and that text from others acts on nothing. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { plainPage } from '../../../src/tui/render/plain-page.js';
import type { Screen } from '../../../src/tui/screen/screen.js';
import { toViewModel } from '../../../src/tui/view-model/view-model.js';
import { Emulator } from '../emulator.js';
import { fromMe, fromPeer, NOW, press, withBob } from '../fixture.js';

const F2 = '\u001bOQ';

function bytesOf(screen: Screen): string {
  const { plain } = toViewModel(screen, NOW);
  assert.ok(plain);
  return plainPage(plain, screen.size);
}

/** The lines as the terminal copies them: rows that it wrapped itself are one line. */
async function copied(screen: Screen): Promise<string[]> {
  const emulator = new Emulator(screen.size);
  await emulator.write(`\u001b[?7l${bytesOf(screen)}`);
  const { active } = emulator.terminal.buffer;
  const lines: string[] = [];
  for (let y = 0; y < screen.size.rows - 1; y++) {
    const line = active.getLine(active.baseY + y);
    const text = line?.translateToString(true) ?? '';
    if (line?.isWrapped) lines.push(`${lines.pop()}${text}`);
    else lines.push(text);
  }
  return lines.filter((line) => line !== '');
}

const URL_OF_200 = `https://host.example/${'path/'.repeat(36)}`;

test('a long URL is copied as one line, without list, marks and indents', async () => {
  const screen = withBob([
    fromPeer(1, { body: `look:\n${URL_OF_200}\nand 你好` }),
    fromMe('a1', 'stored', { body: 'ok' }),
  ]);
  press(screen, F2);
  assert.deepEqual(await copied(screen), ['bob  09:15', 'look:', URL_OF_200, 'and 你好', 'alice  09:25', 'ok']);
});

test('lines of every width are copied as they are', async () => {
  const line = fc.stringMatching(/^[a-z你]([a-z 你]{0,100}[a-z你])?$/);
  await fc.assert(
    fc.asyncProperty(
      fc.array(line, { minLength: 1, maxLength: 4 }),
      fc.integer({ min: 20, max: 90 }),
      async (lines, columns) => {
        const screen = withBob([fromPeer(1, { body: lines.join('\n') })], {}, { columns, rows: 40 });
        press(screen, F2);
        assert.deepEqual((await copied(screen)).slice(1), lines);
      },
    ),
  );
});

test('it scrolls, and does not follow new messages; Esc, F2 and typed text close it', () => {
  const screen = withBob(Array.from({ length: 40 }, (_, index) => fromPeer(index + 1)));
  press(screen, F2);
  const before = bytesOf(screen);
  assert.match(before, /text 40\r\n/);
  screen.chat.received(fromPeer(41), 1, NOW);
  assert.equal(bytesOf(screen), before);
  assert.equal(screen.open?.unread, 1, 'it is not seen');
  press(screen, '\u001b[5~');
  assert.doesNotMatch(bytesOf(screen), /text 40\r\n/);
  press(screen, '\u001b[6~');
  assert.match(bytesOf(screen), /text 40\r\n/);
  for (const key of [F2, '\u001b[27u', 'x']) {
    press(screen, key);
    assert.equal(toViewModel(screen, NOW).plain, undefined);
    press(screen, F2);
  }
  assert.equal(screen.composer.text, 'x');
});

test('text of a message sends no control to the terminal, and cannot look like a heading (R18)', () => {
  for (const body of ['\u001b[7mbob\u001b[m', '\u009b7m\u0007\r\u0085', '\u202ebob']) {
    const screen = withBob([fromPeer(1, { body })]);
    press(screen, F2);
    const inverse = bytesOf(screen).split('\u001b[7m');
    assert.equal(inverse.length, 2, 'one heading');
    const rest = bytesOf(screen).replace(/\u001b\[[?\d;]*[A-Za-z]|\r\n/g, '');
    assert.doesNotMatch(rest, /[\u0000-\u001f\u007f-\u009f\u202a-\u202e]/);
  }
});

test('without messages there is nothing to copy', () => {
  const screen = withBob();
  press(screen, F2);
  assert.equal(toViewModel(screen, NOW).plain, undefined);
  assert.equal(screen.notices.text, 'there are no messages to copy');
});
