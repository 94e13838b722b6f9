/** Input from a terminal, in time: what is unfinished ends by itself, and Ctrl+C twice always leaves. */
import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { describe, test } from 'node:test';
import type { ReadStream, WriteStream } from 'node:tty';
import fc from 'fast-check';
import { TUI } from '../../../src/tui/limits.js';
import { MOUSE_OFF, MOUSE_ON, type TerminalOptions, TtyTerminal } from '../../../src/tui/render/terminal.js';
import { handleInput } from '../../../src/tui/screen/input-handler.js';
import type { Screen } from '../../../src/tui/screen/screen.js';
import { createFakeClock, type FakeClock } from '../../harness/fake-clock.js';
import { NOW, withBob } from '../fixture.js';

const PASTE_BEGIN = '\u001b[200~';
const PASTE_END = '\u001b[201~';
const CTRL_C = '\u0003';

/** A person does not press two keys within this. */
const PAUSE_MS = TUI.sequenceTimeoutMs;

/** A terminal in front of a screen with an open conversation. */
class Session {
  readonly screen: Screen = withBob();
  readonly terminal: TtyTerminal;
  /** Effects other than saving. */
  readonly effects: string[] = [];
  readonly #stdin = Object.assign(new EventEmitter(), {
    setRawMode: () => undefined,
    resume: () => undefined,
    pause: () => undefined,
  });
  readonly written: string[] = [];
  readonly #stdout = Object.assign(new EventEmitter(), {
    write: (bytes: string) => this.written.push(bytes) > 0,
    columns: 80,
    rows: 24,
  });

  constructor(readonly clock: FakeClock = createFakeClock()) {
    const stdin = this.#stdin as unknown as ReadStream;
    const stdout = this.#stdout as unknown as WriteStream;
    this.terminal = new TtyTerminal({ stdin, stdout, clock });
    this.terminal.enter({
      input: (input) => {
        const effects = handleInput(this.screen, input, NOW).map(({ type }) => type);
        this.effects.push(...effects.filter((type) => type !== 'save' && type !== 'mark-read'));
      },
      invalidated: () => undefined,
      drained: () => undefined,
    });
  }

  /** One read from the terminal. */
  read(bytes: string | Buffer): void {
    this.#stdin.emit('data', Buffer.from(bytes));
  }

  /** One read after a pause. */
  async press(bytes: string | Buffer): Promise<void> {
    await this.clock.advance(PAUSE_MS);
    this.read(bytes);
    await this.clock.settle();
  }

  get text(): string {
    return this.screen.composer.text;
  }
}

/** Leaves the terminal at the end: it has listeners on the process. */
function begin(t: { after(run: () => void): void }): Session {
  const session = new Session();
  t.after(() => session.terminal.leave());
  return session;
}

describe('a paste without an end', () => {
  test('is shown as it came when nothing more has come for a time, and later keys are keys again', async (t) => {
    const session = begin(t);
    session.read(`${PASTE_BEGIN}half\ta 你`);
    await session.clock.advance(TUI.pasteTimeoutMs - 1);
    assert.equal(session.text, '');
    await session.clock.advance(1);
    assert.equal(session.text, 'half\ta 你');
    for (const key of [' ', 'x', '\u007f', 'y']) await session.press(key);
    assert.equal(session.text, 'half\ta 你 y');
    await session.press('\r');
    await session.clock.advance(PAUSE_MS);
    assert.deepEqual(session.effects, ['send']);
    await session.press('one\rtwo\r');
    assert.deepEqual(session.effects, ['send', 'send', 'send'], 'after Enter nothing is held back');
  });

  test('may take long: each piece of it begins the time anew', async (t) => {
    const session = begin(t);
    session.read(PASTE_BEGIN);
    for (let piece = 0; piece < 10; piece++) {
      await session.clock.advance(TUI.pasteTimeoutMs - 1);
      session.read(`${piece}\r`);
    }
    assert.equal(session.text, '');
    session.read(PASTE_END);
    assert.equal(session.text, '0\n1\n2\n3\n4\n5\n6\n7\n8\n9\n');
  });

  test('continues when the rest comes too late: it is text, and nothing is sent', async (t) => {
    const session = begin(t);
    session.read(`${PASTE_BEGIN}one\r`);
    await session.clock.advance(10 * TUI.pasteTimeoutMs);
    for (const piece of ['two\rthr', 'ee\r', '\r', '\tfour\r', `five${PASTE_END}`]) session.read(piece);
    await session.clock.advance(PAUSE_MS);
    assert.equal(session.text, 'one\ntwo\nthree\n\n\tfour\nfive');
    assert.deepEqual(session.effects, []);
    session.read(' typed\r');
    assert.deepEqual(session.effects, ['send'], 'after the end everything is typed');
  });

  test('its end alone, too late, does no harm', async (t) => {
    const session = begin(t);
    session.read(`${PASTE_BEGIN}one`);
    await session.clock.advance(TUI.pasteTimeoutMs);
    await session.press(PASTE_END);
    await session.press(PASTE_END);
    assert.equal(session.text, 'one');
    session.read(' two\r');
    assert.deepEqual(session.effects, ['send']);
  });

  test('however a paste is cut and delayed, the text is the same, and nothing is sent', async () => {
    const line = fc.constantFrom('one', 'two words', '你好', 'กำลัง', '👩‍👩‍👧', '\ttab', '', '/quit', '?');
    const lines = fc.array(line, { minLength: 1, maxLength: 6 });
    const cuts = fc.array(fc.record({ at: fc.nat(1_000), ms: fc.constantFrom(0, 0, 1, 5_000) }), { maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(lines, cuts, async (pasted, delays) => {
        const sent = Array.from(`${PASTE_BEGIN}x${pasted.join('\r')}${PASTE_END}`);
        const session = new Session();
        let from = 0;
        const ends = delays.map(({ at, ms }) => ({ to: PASTE_BEGIN.length + (at % sent.length), ms }));
        for (const { to, ms } of ends.sort((a, b) => a.to - b.to)) {
          // A single character between two pauses would be a key.
          if (to - from < 2 || sent.length - to < 2) continue;
          session.read(sent.slice(from, to).join(''));
          from = to;
          await session.clock.advance(ms);
        }
        session.read(sent.slice(from).join(''));
        await session.clock.advance(2 * TUI.pasteTimeoutMs);
        session.terminal.leave();
        assert.equal(session.text, `x${pasted.join('\n')}`);
        assert.deepEqual(session.effects, []);
      }),
      { numRuns: 300 },
    );
  });

  test('a second paste begins where the end of the first one is missing', async (t) => {
    const session = begin(t);
    session.read(`${PASTE_BEGIN}one\r`);
    session.read(`${PASTE_BEGIN}two\r${PASTE_END}`);
    assert.equal(session.text, 'one\ntwo\n');
    session.read(`${PASTE_BEGIN}three\r`);
    await session.clock.advance(TUI.pasteTimeoutMs);
    session.read(`${PASTE_BEGIN}four\r`);
    session.read(`five\r${PASTE_END}`);
    assert.equal(session.text, 'one\ntwo\nthree\nfour\nfive\n');
    assert.deepEqual(session.effects, []);
  });

  test('focus reports in it are not text, also those that are cut', async (t) => {
    const session = begin(t);
    session.read(`${PASTE_BEGIN}a\u001b[O`);
    session.read('b\u001b[');
    session.read(`Ic\u001b[O${PASTE_END}`);
    assert.equal(session.text, 'abc');
    assert.equal(session.screen.chat.hasFocus, false);
  });

  test('is kept when the terminal is left, closed or suspended', async (t) => {
    const session = begin(t);
    session.read(`${PASTE_BEGIN}one\r`);
    session.terminal.leave();
    assert.equal(session.text, 'one\n');
    assert.equal(session.clock.timers, 0);
  });
});

describe('the beginning of a paste', () => {
  for (let cut = 1; cut < PASTE_BEGIN.length; cut++) {
    test(`is found when it is cut after ${cut} bytes: nothing is sent`, async (t) => {
      const session = begin(t);
      session.read(PASTE_BEGIN.slice(0, cut));
      await session.clock.advance(PAUSE_MS);
      session.read(`${PASTE_BEGIN.slice(cut)}one\rtwo\r${PASTE_END}`);
      assert.equal(session.text, 'one\ntwo\n');
      assert.deepEqual(session.effects, []);
    });
  }
});

describe('Ctrl+C twice leaves', () => {
  const unfinished: Record<string, string | Buffer> = {
    nothing: '',
    'a paste': `${PASTE_BEGIN}half`,
    'an end of a paste': `${PASTE_BEGIN}half\u001b[20`,
    'a beginning of a paste': '\u001b[20',
    Esc: '\u001b',
    'a control sequence': '\u001b[1;',
    'a function key': '\u001bO',
    'an OSC string': '\u001b]11;rgb:1e1e',
    'an OSC string before its ST': '\u001b]11;rgb:1e1e\u001b',
    'a DCS string': '\u001bP>|xterm',
    'a mouse report': '\u001b[M !',
    'a mouse report with numbers': '\u001b[<0;10;',
    'half a UTF-8 sequence': Buffer.from([0xe0, 0xb8]),
    'half a UTF-8 sequence in a paste': Buffer.from([...Buffer.from(PASTE_BEGIN), 0xe0, 0xb8]),
    'bytes that are not UTF-8': Buffer.from([0xff, 0xfe, 0xc0]),
  };
  for (const [name, bytes] of Object.entries(unfinished)) {
    for (const pauseMs of [PAUSE_MS, TUI.pasteTimeoutMs]) {
      test(`after ${name}, ${pauseMs} ms later`, async (t) => {
        const session = begin(t);
        session.read(bytes);
        await session.clock.advance(pauseMs);
        await session.press(CTRL_C);
        await session.press(CTRL_C);
        assert.deepEqual(session.effects, ['quit']);
      });
    }
    test(`after ${name}, both in one read`, async (t) => {
      const session = begin(t);
      session.read(bytes);
      await session.press(CTRL_C + CTRL_C);
      assert.deepEqual(session.effects, ['quit']);
    });
  }

  for (const sequence of [
    '\u001b',
    '\u001b[1;',
    '\u001bO',
    '\u001b[M !',
    '\u001b]11;rgb:1e1e',
    '\u001bP>|xterm\u001b',
  ]) {
    test(`in one read with ${JSON.stringify(sequence)}`, (t) => {
      const session = begin(t);
      session.read(sequence + CTRL_C + CTRL_C);
      assert.deepEqual(session.effects, ['quit']);
      assert.equal(session.text, '');
    });
  }

  test('after a paste that ended by itself', async (t) => {
    const session = begin(t);
    session.read(`${PASTE_BEGIN}half`);
    await session.clock.advance(8_000);
    await session.press('typed later');
    assert.equal(session.text, 'halftyped later');
    await session.press(CTRL_C);
    await session.press(CTRL_C);
    assert.deepEqual(session.effects, ['quit']);
  });

  test('but not when it is part of a paste', async (t) => {
    const session = begin(t);
    for (const piece of [`${PASTE_BEGIN}a`, CTRL_C, CTRL_C, `b${CTRL_C}${CTRL_C}c${PASTE_END}`]) session.read(piece);
    assert.deepEqual(session.effects, []);
    assert.equal(session.text, 'abc');
  });
});

test('half a UTF-8 sequence waits for its other half, however long', async (t) => {
  const session = begin(t);
  const bytes = Buffer.from('ก');
  session.read(bytes.subarray(0, 2));
  await session.clock.advance(60_000);
  session.read(bytes.subarray(2));
  assert.equal(session.text, 'ก');
});

test('keys after Ctrl+Z in the same read are not lost', (t) => {
  const session = new Session();
  t.after(() => session.terminal.leave());
  let wasSuspended = false;
  session.terminal.enter({
    input: (input) => {
      handleInput(session.screen, input, NOW);
      if (input.type !== 'key' || input.key !== 'ctrl+z') return;
      wasSuspended = true;
      session.terminal.leave();
    },
    invalidated: () => undefined,
    drained: () => undefined,
  });
  session.read('a\u001ab');
  assert.ok(wasSuspended);
  assert.equal(session.text, 'ab');
});

test('mouse and title can be turned on and off while it is entered', (t) => {
  const { terminal, written } = begin(t);
  const after = (options: TerminalOptions): string => {
    written.length = 0;
    terminal.configure(options);
    return written.join('');
  };
  assert.equal(after({ hasMouse: true, hasTitle: false }), MOUSE_ON);
  assert.equal(after({ hasMouse: true, hasTitle: true }), '\u001b[22;2t');
  assert.equal(after({ hasMouse: true, hasTitle: true }), '');
  assert.equal(after({ hasMouse: false, hasTitle: true }), MOUSE_OFF);
  terminal.leave();
  assert.match(written.at(-1) ?? '', /\u001b\[23;2t$/);
});
