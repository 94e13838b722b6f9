/** The whole chat client without terminal and server: stored, shown and sent messages, over crashes and restarts. */

import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import chalk from 'chalk';
import type { Blocking } from '../../../src/client/api/blocking.js';
import type { ClientEnd, IncomingMessage } from '../../../src/client/api/client.js';
import { History } from '../../../src/history/history.js';
import { HISTORY } from '../../../src/history/limits.js';
import { type Files, realFiles } from '../../../src/io/files.js';
import { errorFrame } from '../../../src/protocol/error-frames.js';
import { inline } from '../../../src/text/safe-text.js';
import type { ChatApp, Leave } from '../../../src/tui/app/chat-app.js';
import type { Editor, EditorResult } from '../../../src/tui/app/editor.js';
import type { Notification } from '../../../src/tui/app/notify.js';
import { openChat } from '../../../src/tui/app/open-chat.js';
import type { LiveSettings, Settings } from '../../../src/tui/app/settings.js';
import { TUI } from '../../../src/tui/limits.js';
import { THEMES, type ThemeChoice } from '../../../src/tui/rows/theme.js';
import { BACKGROUND_QUERY } from '../../../src/tui/screen/key-decoder.js';
import { toKeymap } from '../../../src/tui/screen/keymap.js';
import { EN } from '../../../src/tui/texts/en.js';
import { FakeClient } from '../../cli/fake-client.js';
import { WELCOME } from '../../client/scripted-server.js';
import { createFakeClock, type FakeClock } from '../../harness/fake-clock.js';
import { ProcessFiles } from '../../harness/process-files.js';
import { Emulator } from '../emulator.js';
import { FakeTerminal } from '../fake-terminal.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'im-chat-'));
});
afterEach(() => rm(folder, { recursive: true }));

const incoming = (seq: number, more: Partial<IncomingMessage> = {}): IncomingMessage => ({
  epoch: 'e1',
  seq,
  id: `b${seq}`,
  from: 'bob',
  body: `text ${seq}`,
  at: Date.UTC(2030, 0, 1) - 60_000 + seq,
  attempt: 1,
  ...more,
});

/** A client that records the messages it was asked to follow. */
class FollowingClient extends FakeClient {
  readonly followed: string[] = [];
  override track(messages: readonly { readonly id: string }[] = []): void {
    this.followed.push(...messages.map(({ id }) => id));
  }
}

/** For `to`: the conversation that was open last. */
const LAST = '';

const explain = (reason: ClientEnd | Error) =>
  reason instanceof Error
    ? { message: 'it broke', why: reason.message }
    : { message: 'alice was logged out', why: reason.reason, next: 'log in again' };

const blocking: Blocking = async ({ name = 'all' }) =>
  name === 'nobody'
    ? { isDone: false, problem: 'there is no nobody\u001b[31m' }
    : { isDone: true, blocked: ['mallory\u001b[31m'] };

/** One process of the chat client. */
class Session {
  readonly files = new ProcessFiles();
  readonly terminal = new FakeTerminal();
  readonly client = new FollowingClient();
  /** What the editor returns for each text. */
  editing: (text: string) => Promise<EditorResult> = async (text) => ({ text, wasKilled: false });
  readonly editor: Editor = { edit: (text) => this.editing(text), stop: async () => undefined };
  ended: Promise<Leave | ClientEnd | 'terminated'> = Promise.resolve('quit');
  chat!: ChatApp;
  terminate: (signal: 'terminated') => void = () => undefined;
  readonly terminated = new Promise<'terminated'>((resolve) => {
    this.terminate = resolve;
  });

  static async begin(
    clock: FakeClock,
    {
      to = 'bob',
      notification = 'off' as Notification,
      theme = 'dark' as ThemeChoice,
      isOpened = true,
      hasTitle = false,
      isAscii = false,
      hasOsc = true,
      multiplexer = undefined as 'tmux' | 'screen' | undefined,
      hasMouse = false,
      files = {} as Partial<Files>,
      settings = undefined as Settings | undefined,
    } = {},
  ) {
    const session = new Session(clock);
    const options = {
      user: 'alice',
      server: 'here',
      to: to === LAST ? undefined : to,
      stateFolder: folder,
      texts: EN,
      theme,
      isAscii,
      ambiguousWidth: 1,
      notification,
      hasOsc,
      multiplexer,
      hasMouse,
      hasTitle,
      settings,
    } as const;
    session.chat = await openChat(options, {
      terminal: session.terminal,
      clock,
      files: session.files.with(files),
      blocking,
      editor: session.editor,
    });
    session.ended = session.chat.run(session.client, session.terminated, explain);
    if (isOpened) session.client.emit({ type: 'opened' });
    await clock.settle();
    return session;
  }

  constructor(private readonly clock: FakeClock) {}

  /** The text on the screen now. */
  async screenText(): Promise<string> {
    await this.clock.advance(TUI.frameMs);
    const emulator = new Emulator(this.terminal.size);
    await emulator.write(this.terminal.written.join(''));
    return emulator.text();
  }

  async sees(wanted: RegExp): Promise<void> {
    await this.clock.until(async () => wanted.test(await this.screenText()), `${wanted}`);
  }

  /** Resolves when the chat state file contains this text and all writes are done. */
  async untilSaved(text: string): Promise<void> {
    const path = join(folder, 'chat/desk.json');
    const isSaved = async (): Promise<boolean> =>
      (await readFile(path, 'utf8').catch(String)).includes(text) && !this.files.isBusy;
    await this.clock.until(isSaved, `${text} is saved`);
    await this.files.idle();
  }

  kill(): Promise<void> {
    return this.files.kill();
  }

  async quit(): Promise<void> {
    this.terminal.type('\u0003\u0003');
    await this.ended;
  }
}

describe('sending', () => {
  test('a sent message is stored and shown, and its mark follows its state over a restart', async () => {
    const clock = createFakeClock();
    const session = await Session.begin(clock);
    session.terminal.type('hello\r');
    await session.sees(/▎ hello .*… queued/);
    assert.equal(session.client.sent[0]?.body, 'hello');
    session.client.stored(0);
    await session.sees(/▎ hello .*✓ stored/);
    session.client.delivered(0);
    await session.sees(/▎ hello .*✓✓ delivered/);
    await session.quit();
    const again = await Session.begin(clock);
    await again.sees(/▎ hello .*✓✓ delivered/);
    assert.deepEqual(again.client.sent, []);
    await again.quit();
  });

  test('a message queued before a crash is sent again with its id, before new ones (R8, R16)', async () => {
    const clock = createFakeClock();
    const first = await Session.begin(clock);
    first.terminal.type('one\r');
    await first.sees(/▎ one/);
    const id = first.client.sent[0]?.id;
    await first.kill();
    const second = await Session.begin(clock);
    second.terminal.type('two\r');
    await second.sees(/▎ two/);
    assert.deepEqual(
      second.client.sent.map((sent) => [sent.body, sent.id === id]),
      [
        ['one', true],
        ['two', false],
      ],
    );
    await second.quit();
  });

  test('the next process follows a message that is stored', async () => {
    const clock = createFakeClock();
    const first = await Session.begin(clock);
    first.terminal.type('one\r');
    await first.sees(/▎ one/);
    first.client.stored(0);
    await first.sees(/✓ stored/);
    await first.kill();
    const second = await Session.begin(clock);
    await clock.until(() => second.client.followed.length > 0, 'the client follows it');
    assert.deepEqual(second.client.followed, [first.client.sent[0]?.id]);
    await second.quit();
  });

  test('a refused message shows the reason, and /resend sends it again with its id', async () => {
    const clock = createFakeClock();
    const session = await Session.begin(clock);
    session.terminal.type('hello\r');
    await session.sees(/queued/);
    const error = { type: 'error', code: 'unknown-user', message: 'there is no such user', retry: false } as const;
    session.client.refused(0, error);
    await session.sees(/failed: there is no such user/);
    session.terminal.type('/resend\r');
    await session.sees(/… queued/);
    assert.deepEqual(session.client.sent[1], session.client.sent[0]);
    await session.quit();
  });

  test('/unsend takes the last message back; its mark and the history say so, and what it says is too late stays', async () => {
    const clock = createFakeClock();
    const session = await Session.begin(clock);
    session.terminal.type('hello\r');
    await session.sees(/queued/);
    session.client.stored(0);
    await session.sees(/✓ stored/);
    session.client.unsendOutcome = 'pushed';
    session.terminal.type('/unsend\r');
    await session.sees(/too late, bob may have seen it: hello/);
    session.client.unsendOutcome = 'unsent';
    session.terminal.type('/unsend\r');
    await session.sees(/unsent: hello/);
    const { id = '' } = session.client.sent[0] ?? {};
    assert.deepEqual(session.client.unsent, [id, id]);
    const refusal = errorFrame('unsent', { id, to: 'bob' });
    session.client.emit({ type: 'state', id, to: 'bob', state: 'failed', refusal });
    await session.sees(/failed: it was unsent: its receiver never sees it/);
    await session.quit();
  });

  test('a message is not sent before this process holds the state folder', async () => {
    const clock = createFakeClock();
    const session = await Session.begin(clock, { isOpened: false });
    session.terminal.type('hello\r');
    await clock.settle();
    assert.deepEqual(session.client.sent, []);
    session.client.emit({ type: 'opened' });
    await session.sees(/▎ hello/);
    assert.equal(session.client.sent.length, 1);
    await session.quit();
  });
});

test('/block and /unblock say what has become of them, as safe text (R18)', async () => {
  const clock = createFakeClock();
  const session = await Session.begin(clock);
  session.terminal.type('/block mallory\r');
  await session.sees(/you take no more messages from mallory/);
  session.terminal.type('/block\r');
  await session.sees(/blocked: mallory\^\[\[31m/);
  session.terminal.type('/unblock nobody\r');
  await session.sees(/not done: there is no nobody\^\[\[31m/);
  await clock.advance(2 * TUI.noticeMs);
  await session.sees(/there is no nobody/); // a problem stays
  assert.deepEqual(session.client.sent, []);
  await session.quit();
});

test('a purged message that is restored is not marked as failed any more, also after a restart', async () => {
  const clock = createFakeClock();
  const session = await Session.begin(clock);
  session.terminal.type('hello\r');
  await session.sees(/▎ hello/);
  const id = session.client.sent[0]?.id ?? '';
  session.terminal.type('/to carol\r');
  await session.sees(/▸ carol/);
  const refusal = errorFrame('purged', { id, to: 'bob' });
  session.client.emit({ type: 'state', id, to: 'bob', state: 'failed', refusal });
  await session.sees(/bob +✗[\s\S]*failed to bob/);
  session.client.emit({ type: 'state', id, to: 'bob', state: 'stored' });
  await session.sees(/^(?![\s\S]*✗)[\s\S]*▸ carol/);
  session.client.emit({ type: 'state', id, to: 'bob', state: 'delivered' });
  await session.quit();
  const again = await Session.begin(clock);
  await again.sees(/▎ hello .*✓✓ delivered/);
  await again.quit();
});

describe('receiving', () => {
  test('a message is stored before it counts as shown, and not shown twice after a crash in between (R15)', async () => {
    const clock = createFakeClock();
    const first = await Session.begin(clock);
    await first.chat.show([incoming(1)]);
    const history = new History({ files: realFiles, folder: join(folder, 'chat/history') });
    assert.equal((await history.page('bob'))?.messages.length, 1);
    await first.sees(/▎ text 1/);
    await first.kill(); // before the client marks it as shown: the next process gets it again
    const second = await Session.begin(clock);
    await second.chat.show([incoming(1)]);
    await second.chat.show([incoming(2)]);
    await second.sees(/▎ text 2/);
    assert.equal((await second.screenText()).split('▎ text 1').length, 2);
    await second.quit();
  });

  test('the first message opens its conversation, unread', async () => {
    const clock = createFakeClock();
    const session = await Session.begin(clock, { to: LAST });
    await session.sees(/No conversations yet/);
    await session.chat.show([incoming(1)]);
    await session.sees(/▸ bob +1/);
    await session.quit();
  });

  test('the editor changes the draft of its conversation; messages that arrive meanwhile stay unread', async () => {
    const clock = createFakeClock();
    const session = await Session.begin(clock);
    session.terminal.type('draft');
    session.editing = async (text) => {
      await session.chat.show([incoming(1)]);
      return { text: `${text} one\ntwo\u0007`, wasKilled: false };
    };
    session.terminal.type('\u0018\u0005');
    await session.sees(/› draft one\n.* two\n/);
    await session.sees(/── new ──/);
    session.editing = async () => ({ problem: inline('it failed'), wasKilled: false });
    session.terminal.type('\u0018\u0005');
    await session.sees(/› draft one\n.* two\n.*it failed/);
    await session.quit();
    const again = await Session.begin(clock);
    await again.sees(/› draft one/);
    await again.quit();
  });

  test('a muted conversation rings no bell; closed and muted ones are so after a restart', async () => {
    const clock = createFakeClock();
    const session = await Session.begin(clock, { notification: 'bell' });
    session.terminal.type('/mute\r');
    await session.chat.show([incoming(1)]);
    assert.ok(!session.terminal.written.includes('\u0007'));
    await session.chat.show([incoming(2), incoming(1, { from: 'carol' })]);
    assert.ok(session.terminal.written.includes('\u0007'));
    session.terminal.type('/to dave\r/close\r/to carol\r');
    await session.sees(/▸ carol/);
    await session.quit();
    const again = await Session.begin(clock, { to: LAST, notification: 'bell' });
    await again.chat.show([incoming(3)]);
    assert.ok(!again.terminal.written.includes('\u0007'));
    assert.doesNotMatch(await again.screenText(), /dave/);
    again.terminal.type('/to bob\r');
    await again.sees(/▸ bob/);
    again.terminal.type('/close\r');
    await again.sees(/Conversations(?![\s\S]* {3}bob)/);
    await again.quit();
    const third = await Session.begin(clock, { to: LAST });
    await third.sees(/Conversations(?![\s\S]* {3}bob)/);
    await third.chat.show([incoming(4)]);
    await third.sees(/ {3}bob +1/);
    await third.quit();
  });

  test('the title counts unread messages, and is written when it changes', async () => {
    const clock = createFakeClock();
    const session = await Session.begin(clock, { to: 'carol', hasTitle: true });
    const titles = () => session.terminal.written.filter((bytes) => bytes.startsWith('\u001b]2;'));
    await session.chat.show([incoming(1)]);
    await session.sees(/bob +1/);
    session.terminal.type('draft');
    await session.sees(/draft/);
    assert.deepEqual(titles(), ['\u001b]2;alice - im\u0007', '\u001b]2;(1) alice - im\u0007']);
    session.terminal.resize({ columns: 80, rows: 20 });
    await session.screenText();
    assert.equal(titles().length, 3, 'another program may have set it');
    await session.quit();
  });

  test('with the mouse, the page of plain text leaves it to the terminal', async () => {
    const session = await Session.begin(createFakeClock(), { hasMouse: true });
    await session.chat.show([incoming(1)]);
    await session.sees(/text 1/);
    const last = () => [...session.terminal.written.join('').matchAll(/\u001b\[\?1000[hl]/g)].at(-1)?.[0];
    session.terminal.type('\u001bOQ');
    await session.sees(/Select and copy/);
    assert.equal(last(), '\u001b[?1000l');
    session.terminal.type('\u001bOQ');
    await session.sees(/Conversations/);
    assert.equal(last(), '\u001b[?1000h');
    await session.quit();
  });

  test('Alt+R connects now', async () => {
    const session = await Session.begin(createFakeClock());
    session.client.emit({ type: 'offline', reason: 'lost', code: 1006, detail: '', retryInMs: 60_000 });
    await session.sees(/next try in 60 s|offline, 60 s|1 min/);
    session.terminal.type('\u001br');
    await session.sees(/connecting/);
    await session.quit();
  });

  test('/set changes what holds at once, lists, and gives back what was refused', async () => {
    const clock = createFakeClock();
    let live: LiveSettings = {
      theme: 'dark',
      notification: 'off',
      hasMouse: false,
      hasTitle: false,
      keymap: toKeymap().keymap,
    };
    const changes: Record<string, Partial<LiveSettings>> = {
      'notify bell': { notification: 'bell' },
      'mouse true': { hasMouse: true },
      'theme auto': { theme: 'auto' },
      'keys.search f5': { keymap: toKeymap({ search: 'f5' }).keymap },
    };
    const settings: Settings = {
      names: [],
      list: async () => ({
        isDone: true,
        text: '',
        list: [{ key: 'theme', value: 'dark', source: 'default', meaning: 'colors' }],
      }),
      show: async (name) => ({ isDone: true, text: `${name} is dark` }),
      set: async (name, value) => {
        const change = changes[`${name} ${value}`];
        if (change === undefined) return { isDone: false, text: 'not taken\u001b[31m' };
        live = { ...live, ...change };
        return { isDone: true, text: `${name} is ${value}`, live };
      },
    };
    const session = await Session.begin(clock, { to: 'carol', settings });
    session.terminal.type('/set\r');
    await session.sees(/Settings[\s\S]*theme +dark +colors/);
    session.terminal.type('\u001b[A/set theme\r'.slice(3));
    await session.sees(/theme is dark/);
    for (const change of Object.keys(changes)) {
      session.terminal.type(`/set ${change}\r`);
      await session.sees(new RegExp(change.replace(' ', ' is ')));
    }
    assert.equal(session.terminal.configured?.hasMouse, true);
    assert.ok(session.terminal.written.includes(BACKGROUND_QUERY));
    session.terminal.type('\u001b[15~');
    await session.sees(/Search all conversations/);
    session.terminal.type('\u001b[15~');
    await session.chat.show([incoming(1)]);
    assert.ok(session.terminal.written.includes('\u0007'));
    session.terminal.type('/set theme pink\r');
    await session.sees(/› \/set theme pink[\s\S]*not taken\^/);
    session.terminal.input({ type: 'background', isLight: true });
    await session.quit();
  });

  test('the bell rings only with --notify bell', async () => {
    const clock = createFakeClock();
    for (const [notification, expected] of [
      ['off', 0],
      ['bell', 1],
    ] as const) {
      const session = await Session.begin(clock, { notification, to: 'carol' });
      await session.chat.show([incoming(notification === 'off' ? 1 : 2)]);
      assert.equal(session.terminal.written.filter((bytes) => bytes === '\u0007').length, expected);
      await session.quit();
    }
  });

  test('a thousand messages at once are drawn together', async () => {
    const clock = createFakeClock();
    const session = await Session.begin(clock);
    await session.screenText();
    const before = session.terminal.written.length;
    await session.chat.show(Array.from({ length: 1_000 }, (_, index) => incoming(index + 1)));
    await session.sees(/▎ text 1000/);
    assert.ok(session.terminal.written.length - before <= 3, `${session.terminal.written.length - before} drawings`);
    await session.quit();
  });
});

describe('the next process', () => {
  test('drafts and the open conversation are restored after a kill', async () => {
    const clock = createFakeClock();
    const first = await Session.begin(clock);
    first.terminal.type('/to carol\rfor carol\u0010for bob');
    await first.untilSaved('for bob');
    await first.kill();
    const second = await Session.begin(clock, { to: LAST });
    await second.sees(/› for bob/);
    second.terminal.type('\t');
    await second.sees(/› for carol/);
    await second.quit();
  });

  test('a draft that is deleted before this process holds the state folder stays deleted', async () => {
    const clock = createFakeClock();
    const first = await Session.begin(clock);
    first.terminal.type('of the first');
    await first.untilSaved('of the first');
    await first.kill();
    const second = await Session.begin(clock, { isOpened: false });
    second.client.emit({ type: 'locked', folder, holder: 'process 7' });
    await second.sees(/› of the first/);
    second.terminal.type('\u0015');
    second.client.emit({ type: 'opened' });
    await second.sees(/● online|connecting/);
    await clock.settle();
    assert.doesNotMatch(await second.screenText(), /of the first/);
    await second.quit();
    const third = await Session.begin(clock);
    assert.doesNotMatch(await third.screenText(), /of the first/);
    await third.quit();
  });

  test('what the other process wrote meanwhile is restored, even if the older draft was deleted here', async () => {
    const clock = createFakeClock();
    const first = await Session.begin(clock);
    first.terminal.type('one');
    await first.untilSaved('one');
    const second = await Session.begin(clock, { isOpened: false });
    second.client.emit({ type: 'locked', folder, holder: 'process 7' });
    await second.sees(/› one/);
    second.terminal.type('\u0015');
    first.terminal.type(' two');
    await first.untilSaved('one two');
    await first.kill();
    second.client.emit({ type: 'opened' });
    await second.sees(/› one two/);
    await second.quit();
  });

  test('drafts of several conversations are restored when a kill interrupts saving the chat state', async () => {
    const clock = createFakeClock();
    const first = await Session.begin(clock, { files: { rename: () => new Promise(() => undefined) } });
    first.terminal.type('/to carol\rfor carol\u0010for bob');
    await first.sees(/› for bob/);
    void first.kill(); // while the chat state is being saved
    const second = await Session.begin(clock, { to: 'bob' });
    await second.sees(/› for bob/);
    second.terminal.type('\t');
    await second.sees(/› for carol/);
    await second.quit();
  });

  test('a message that was submitted and is not in the history after a kill is a draft again', async () => {
    const clock = createFakeClock();
    const append: Files['append'] = async (path, how) => ({
      ...(await realFiles.append(path, how)),
      datasync: () => new Promise(() => undefined),
    });
    const first = await Session.begin(clock, { files: { append } });
    first.terminal.type('hello\r');
    const path = join(folder, 'chat/desk.json');
    await clock.until(async () => (await readFile(path, 'utf8').catch(String)).includes('hello'), 'it is saved');
    assert.deepEqual(first.client.sent, []);
    void first.kill(); // during the fdatasync
    await rm(join(folder, 'chat/history'), { recursive: true });
    const second = await Session.begin(clock);
    await second.sees(/› hello/);
    await second.quit();
  });

  test('a message that reached the history just before a kill is not a draft, and is sent once', async () => {
    const clock = createFakeClock();
    let isSynced = false;
    const append: Files['append'] = async (path, how) => {
      const file = await realFiles.append(path, how);
      const datasync = async (): Promise<void> => {
        await file.datasync();
        isSynced = true;
        return new Promise(() => undefined); // it is on disk, and the caller never learns of it
      };
      return { ...file, datasync };
    };
    const first = await Session.begin(clock, { files: { append } });
    first.terminal.type('hello\r');
    await clock.until(() => isSynced, 'it is in the history');
    void first.kill();
    const second = await Session.begin(clock);
    await second.sees(/▎ hello .*… queued/);
    assert.doesNotMatch(await second.screenText(), /› hello/);
    await clock.until(() => second.client.sent.length > 0, 'it is sent');
    await second.quit();
    assert.deepEqual(
      second.client.sent.map(({ body }) => body),
      ['hello'],
    );
  });

  test('a client that has ended does not write: another process may hold the state folder', async () => {
    const clock = createFakeClock();
    const first = await Session.begin(clock);
    first.terminal.type('of the first');
    await first.untilSaved('of the first');
    const second = await Session.begin(clock);
    second.terminal.type('\u0015of the second');
    await second.untilSaved('of the second');
    first.client.emit({ type: 'ended', reason: 'replaced' });
    first.client.end({ reason: 'replaced' });
    await first.sees(/alice was logged out/);
    first.terminal.type('ignored\u0003');
    await first.ended;
    const third = await Session.begin(clock);
    await third.sees(/› of the second/);
    await third.quit();
    await second.quit();
  });

  test('a conversation with an empty newest segment shows messages of the one before', async () => {
    const clock = createFakeClock();
    const history = new History({ files: realFiles, folder: join(folder, 'chat/history') });
    const long = 'long '.repeat(HISTORY.maxSegmentBytes / 10);
    for (const seq of [1, 2]) {
      await history.addPushed('bob', [{ ...incoming(seq), body: `${long}text ${seq}`, came: incoming(seq).at }]);
    }
    await history.markRead('bob', clock.now());
    assert.deepEqual((await history.page('bob'))?.messages, []);
    await history.close();
    const session = await Session.begin(clock);
    await session.sees(/text 2/);
    await session.quit();
  });

  test('what was sent from another device is shown as an own message, and its state is followed', async () => {
    const clock = createFakeClock();
    const session = await Session.begin(clock);
    const copy = { ...incoming(1), from: 'alice', to: 'bob', id: 'c1', body: 'from the desktop' };
    await session.chat.show([copy]);
    await session.sees(/▎ from the desktop .*✓ stored/);
    assert.deepEqual([...new Set(session.client.followed)], ['c1']);
    session.client.emit({ type: 'state', id: 'c1', to: 'bob', state: 'delivered' });
    await session.sees(/▎ from the desktop .*✓✓ delivered/);
    await session.chat.show([copy]);
    assert.equal((await session.screenText()).match(/from the desktop/g)?.length, 1);
    assert.doesNotMatch(await session.screenText(), /\d unread|queued/);
    await session.quit();
  });

  test('history from the server is shown, is not unread, and a line says that older messages are not there', async () => {
    const clock = createFakeClock();
    const session = await Session.begin(clock, { to: LAST, notification: 'bell' });
    session.client.emit({ type: 'history', count: 2 });
    await session.sees(/up to 2 messages of other devices; the server has no older ones/);
    await session.chat.show([
      { ...incoming(1), isHistory: true },
      { ...incoming(2), isHistory: true },
    ]);
    await session.sees(/▎ text 2/);
    assert.doesNotMatch(await session.screenText(), /\d unread/);
    assert.equal(session.terminal.written.join('').includes('\u0007'), false);
    await session.quit();
  });

  test('what another device has read is read here, also if it comes here later', async () => {
    const clock = createFakeClock();
    const session = await Session.begin(clock, { to: 'carol' });
    await session.chat.show([incoming(1)]);
    await session.sees(/bob +1/);
    const { epoch } = incoming(1);
    session.client.emit({ type: 'read', peer: 'bob', epoch, seq: 2 });
    await session.sees(/bob +(?!\d)/);
    await session.chat.show([incoming(2)]);
    await clock.settle();
    assert.doesNotMatch(await session.screenText(), /bob +\d/);
    await session.chat.show([incoming(3)]);
    await session.sees(/bob +1/);
    assert.deepEqual(session.client.read, [], 'the other device is not told what it has told');
    await session.quit();
  });

  test('the other devices are told what is read here', async () => {
    const clock = createFakeClock();
    const session = await Session.begin(clock);
    await session.chat.show([incoming(1)]);
    await session.sees(/▸ bob +1/);
    session.terminal.type('x\u007f');
    await clock.until(() => session.client.read.includes('bob'), 'they are told');
    await session.quit();
  });

  test('read messages stay read', async () => {
    const clock = createFakeClock();
    const first = await Session.begin(clock);
    await first.chat.show([incoming(1)]);
    await first.sees(/▸ bob +1/);
    first.terminal.type('x\u007f');
    await first.chat.show([incoming(2)]);
    await first.quit();
    const second = await Session.begin(clock);
    await second.sees(/▎ text 2/);
    assert.doesNotMatch(await second.screenText(), /\d unread/);
    await second.quit();
  });
});

test('URLs are links, but not with --ascii, in GNU screen, or where OSC is printed as text', async () => {
  for (const [options, hasLinks] of [
    [{}, true],
    [{ multiplexer: 'tmux' }, true],
    [{ multiplexer: 'screen' }, false],
    [{ isAscii: true }, false],
    [{ hasOsc: false }, false],
  ] as const) {
    const session = await Session.begin(createFakeClock(), { ...options, to: 'carol' });
    session.terminal.type('https://host.example\r');
    await session.sees(/https:\/\/host\.example .*queued/);
    assert.equal(session.terminal.written.join('').includes('\u001b]8;id=im;https://host.example\u001b\\'), hasLinks);
    session.terminal.written.length = 0;
    session.terminal.type('/copy\r');
    await session.sees(/clipboard/);
    assert.equal(session.terminal.written.join('').includes('\u001b]52;'), !('hasOsc' in options));
    await session.quit();
  }
});

test('plain text is written once, and the screen is whole after it', async () => {
  const clock = createFakeClock();
  const session = await Session.begin(clock);
  await session.chat.show([incoming(1, { body: 'https://host.example' })]);
  await session.sees(/▎ https/);
  session.terminal.type('\u001bOQ');
  await session.sees(/^https:\/\/host\.example$/m);
  const { length } = session.terminal.written;
  await clock.advance(3 * TUI.tickMs);
  assert.equal(session.terminal.written.length, length);
  session.terminal.resize({ columns: 60, rows: 20 });
  await session.sees(/^https:\/\/host\.example$/m);
  session.terminal.type('\u001bOQ');
  await session.sees(/▸ bob[\s\S]*▎ https/);
  await session.quit();
});

describe('notices', () => {
  test('the result of a command goes after some seconds; what the user must know stays until Esc', async () => {
    const clock = createFakeClock();
    const session = await Session.begin(clock);
    session.client.emit({ type: 'new-epoch', epoch: 'e2', previous: 'e1' });
    session.terminal.type('/resend\r');
    await session.sees(/nothing has failed/);
    await clock.advance(TUI.noticeMs + TUI.tickMs);
    await session.sees(/messages may be missing \(Esc\)/);
    await clock.advance(10 * 60_000);
    session.terminal.type('x');
    await session.sees(/› x[\s\S]*messages may be missing/);
    session.terminal.input({ type: 'key', key: 'escape' });
    await session.sees(/F1 help/);
    await session.quit();
  });

  test('a device that was away for too long says how many messages it will not get', async () => {
    const session = await Session.begin(createFakeClock());
    session.client.emit({ type: 'missed', count: 12 });
    await session.sees(/up to 12 messages are only on other devices \(Esc\)/);
    await session.quit();
  });

  test('Ctrl+C does not quit when the notice of the first one is gone', async () => {
    const clock = createFakeClock();
    const session = await Session.begin(clock);
    session.terminal.type('\u0003');
    await session.sees(/Ctrl\+C again quits/);
    await clock.advance(TUI.noticeMs + TUI.tickMs);
    session.terminal.type('\u0003');
    await session.sees(/Ctrl\+C again quits/);
    await session.quit();
  });
});

test('while messages to a peer are refused for now, the reason is below them and in the status line, until one is stored', async () => {
  const clock = createFakeClock();
  const session = await Session.begin(clock);
  session.client.emit({ type: 'online', welcome: WELCOME });
  session.terminal.type('one\rtwo\r');
  await session.sees(/▎ one[\s\S]*▎ two .*queued/);
  await clock.until(() => session.client.sent.length === 2, 'both are sent');
  session.client.postponed(0, errorFrame('mailbox-full', { id: '', to: 'bob' }));
  await session.sees(
    /two .*queued.*\n.*▏ queued: bob's mailbox is full until bob connects\n[\s\S]*● online {3}… 2 queued: bob's mailbox is full until bob connects/,
  );
  assert.equal((await session.screenText()).match(/▏ queued/g)?.length, 1);
  session.client.emit({ type: 'state', id: 'earlier', to: 'bob', state: 'delivered' });
  await clock.settle();
  await session.sees(/is full/);
  session.client.stored(0);
  await session.sees(/one .*✓/);
  assert.doesNotMatch(await session.screenText(), /is full/);
  session.client.postponed(1, errorFrame('mailbox-full', { id: '', to: 'bob' }));
  await session.sees(/is full/);
  session.client.emit({ type: 'offline', reason: 'lost', code: 1006, detail: '', retryInMs: 500 });
  await session.sees(/offline/);
  assert.doesNotMatch(await session.screenText(), /is full/);
  await session.quit();
});

describe('ending', () => {
  test('a client that was refused before anything was typed ends the run at once', async () => {
    const clock = createFakeClock();
    const session = await Session.begin(clock);
    session.client.end({ reason: 'unauthorized', code: 4500 });
    assert.deepEqual(await session.ended, { reason: 'unauthorized', code: 4500 });
    assert.equal(session.terminal.isEntered, false);
  });

  const loggedOut = async (clock: FakeClock): Promise<Session> => {
    const session = await Session.begin(clock);
    session.client.emit({ type: 'online', welcome: WELCOME });
    session.terminal.type('half a mess');
    await session.untilSaved('half a mess');
    session.client.emit({ type: 'ended', reason: 'replaced' });
    session.client.end({ reason: 'replaced' });
    await session.sees(
      /alice was logged out: replaced[\s\S]*Log in again\.[\s\S]*Kept for [\s\S]*your draft\.[\s\S]*› half a mess/,
    );
    return session;
  };

  test('after the end of the client the screen says why, and ignores what is typed without looking', async () => {
    const clock = createFakeClock();
    const session = await loggedOut(clock);
    session.terminal.type('age\rrm -rf x\r\u001b[200~date\n\u001b[201~\r');
    await clock.advance(TUI.endingPauseMs - 1);
    session.terminal.type('\r');
    assert.equal(session.terminal.isEntered, true);
    assert.doesNotMatch(await session.screenText(), /age|rm -rf|date/);
    await session.sees(/Enter or Esc closes the screen/);
    session.terminal.type('\r');
    assert.deepEqual(await session.ended, { reason: 'replaced' });
    assert.equal(session.terminal.isEntered, false);
    assert.equal(session.client.sent.length, 0);
  });

  test('then Esc, Ctrl+C and a signal close it, too', async () => {
    const clock = createFakeClock();
    for (const [how, expected] of [
      ['escape', { reason: 'replaced' }],
      ['ctrl+c', { reason: 'replaced' }],
      ['signal', 'terminated'],
    ] as const) {
      const session = await loggedOut(clock);
      if (how === 'escape') await session.sees(/Enter or Esc/);
      if (how === 'signal') session.terminate('terminated');
      else session.terminal.input({ type: 'key', key: how });
      assert.deepEqual(await session.ended, expected);
      const next = await Session.begin(clock);
      await next.sees(/› half a mess/);
      next.terminal.type('\u0015');
      await next.quit();
    }
  });

  test('/plain ends the run for line mode', async () => {
    const clock = createFakeClock();
    const session = await Session.begin(clock);
    session.terminal.type('/plain\r');
    assert.equal(await session.ended, 'plain');
    assert.equal(session.chat.peer, 'bob');
  });

  test('a message that cannot be stored ends the chat, and is neither shown nor sent', async () => {
    const clock = createFakeClock();
    const append: Files['append'] = async (path, how) => ({
      ...(await realFiles.append(path, how)),
      datasync: () => Promise.reject(new Error('EIO')),
    });
    const session = await Session.begin(clock, { files: { append } });
    session.terminal.type('hello\r');
    await session.sees(/it broke: EIO/);
    assert.equal(session.client.isClosed, true);
    session.terminal.type('\u0003');
    await assert.rejects(session.ended, /EIO/);
    assert.equal(session.terminal.isEntered, false);
    assert.deepEqual(session.client.sent, []);
    assert.doesNotMatch(session.terminal.written.join(''), /▎ hello/);
  });
});

describe('search and export', () => {
  test('a search finds messages of all conversations, and shows them in their conversation', async () => {
    const clock = createFakeClock();
    const session = await Session.begin(clock, { to: 'carol' });
    for (let seq = 1; seq <= 60; seq++)
      await session.chat.show([incoming(seq, { body: seq === 3 ? 'the needle' : `hay ${seq}` })]);
    session.terminal.type('\u0012needle');
    await session.sees(/1 found/);
    session.terminal.type('\r');
    await session.sees(/▸ bob[\s\S]*▎ the needle[\s\S]*▎ hay 4/);
    await session.quit();
  });

  test('a conversation is exported to a file, and no file is overwritten', async () => {
    const clock = createFakeClock();
    const session = await Session.begin(clock);
    await session.chat.show([incoming(1)]);
    session.terminal.type('mine\r');
    await session.sees(/▎ mine/);
    const path = join(folder, 'bob.jsonl');
    session.terminal.type(`/export ${path}\r`);
    await session.sees(/exported 2 messages to .*bob\.jsonl/);
    const lines = (await readFile(path, 'utf8')).trim().split('\n');
    assert.deepEqual(
      lines.map((line) => JSON.parse(line).body),
      ['text 1', 'mine'],
    );
    session.terminal.type(`/export ${path}\r`);
    await session.sees(/not exported, it exists already \(Ctrl\+U/);
    await session.sees(/› \/export .*bob\.jsonl/);
    session.terminal.type(`\u0015/export ${join(folder, 'none', 'bob.jsonl')}\r`);
    await session.sees(/not exported, its folder does not exist \(Ctrl\+U/);
    session.terminal.type('\u0015');
    await session.quit();
  });
});

test('a busy terminal gets one frame when it has drained', async () => {
  const clock = createFakeClock();
  const session = await Session.begin(clock);
  await session.screenText();
  session.terminal.isBusy = true;
  const before = session.terminal.written.length;
  for (const key of 'hello') session.terminal.type(key);
  await clock.settle();
  assert.equal(session.terminal.written.length, before);
  session.terminal.drain();
  await session.sees(/› hello/);
  assert.equal(session.terminal.written.length, before + 1);
  await session.quit();
});

test('a resize redraws everything for the new size', async () => {
  const clock = createFakeClock();
  const session = await Session.begin(clock);
  session.terminal.type('中文 👩‍👩‍👧‍👦');
  session.terminal.resize({ columns: 40, rows: 10 });
  await clock.settle();
  const emulator = new Emulator({ columns: 40, rows: 10 });
  await emulator.write(session.terminal.written.at(-1) ?? '');
  assert.match(emulator.text(), /› 中文 /);
  await session.quit();
});

describe('the background of the terminal', () => {
  const written = (session: Session): string => session.terminal.written.join('');
  const isAsked = (session: Session): boolean => written(session).includes(BACKGROUND_QUERY);
  const hasColor = (session: Session, color: string | undefined): boolean => {
    const [red, green, blue] = [1, 3, 5].map((at) => Number.parseInt((color ?? '').slice(at, at + 2), 16));
    return written(session).includes(`${red};${green};${blue}`);
  };

  test('it is asked once, and a light one gets the light theme', async (t) => {
    const { level } = chalk;
    chalk.level = 3;
    t.after(() => {
      chalk.level = level;
    });
    const clock = createFakeClock();
    const session = await Session.begin(clock, { theme: 'auto' });
    await clock.advance(TUI.frameMs);
    assert.equal(written(session).split(BACKGROUND_QUERY).length, 2);
    session.terminal.written.length = 0;
    session.terminal.type('x\u001b]11;rgb:ffff/ffff/ffff\u001b\\y');
    await clock.advance(TUI.frameMs);
    assert.ok(hasColor(session, THEMES.light.bar.backgroundColor));
    await session.sees(/xy/);
    await session.quit();
  });

  test('with a theme of their own nobody is asked, and an answer changes nothing', async () => {
    const clock = createFakeClock();
    const session = await Session.begin(clock, { theme: 'dark' });
    assert.equal(isAsked(session), false);
    session.terminal.written.length = 0;
    session.terminal.type('\u001b]11;rgb:ffff/ffff/ffff\u001b\\x');
    await session.sees(/x/);
    assert.equal(hasColor(session, THEMES.light.bar.backgroundColor), false);
    await session.quit();
  });

  test('who quits at once waits for the answer, so that the shell does not get it, but not for long', async () => {
    const clock = createFakeClock();
    const session = await Session.begin(clock, { theme: 'auto' });
    session.terminal.type('\u0003\u0003');
    let hasEnded = false;
    session.ended.then(() => {
      hasEnded = true;
    });
    await clock.advance(TUI.answerTimeoutMs - 1);
    assert.equal(hasEnded, false);
    await clock.advance(1);
    await session.ended;
    const answering = await Session.begin(clock, { theme: 'auto' });
    answering.terminal.type('\u0003\u0003');
    answering.terminal.type('\u001b]11;rgb:0/0/0\u0007');
    await answering.ended;
  });
});
