/** The catalogues of texts: nothing is missing in one of them, nothing is too wide, and no text of the screen is outside of them. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { AccountError } from '../../../src/accounts/accounts.js';
import { PLAIN_KEYS, SETTINGS } from '../../../src/cli/config/settings.js';
import { clientFailure } from '../../../src/cli/errors/client-failure.js';
import { OperatorLost } from '../../../src/client/api/operator-client.js';
import { tooLargeText } from '../../../src/client/outbox/check-message.js';
import { UnsendUnanswered } from '../../../src/client/outbox/unsends.js';
import { CLOSE_REASONS } from '../../../src/protocol/close-codes.js';
import { ERROR_CODES, ERRORS } from '../../../src/protocol/error-codes.js';
import { inline, type SafeText } from '../../../src/text/safe-text.js';
import { TUI } from '../../../src/tui/limits.js';
import { joinText } from '../../../src/tui/rows/row.js';
import { UNICODE } from '../../../src/tui/rows/symbols.js';
import { toKeymap } from '../../../src/tui/screen/keymap.js';
import { BINDINGS } from '../../../src/tui/screen/keys.js';
import type { Screen } from '../../../src/tui/screen/screen.js';
import { completionsFor, SLASH_COMMANDS } from '../../../src/tui/screen/slash-commands.js';
import { blockingText } from '../../../src/tui/texts/blocking-text.js';
import { EN, type Texts } from '../../../src/tui/texts/en.js';
import { LANGUAGES } from '../../../src/tui/texts/language.js';
import { loadTexts } from '../../../src/tui/texts/load-texts.js';
import { ZH_CN } from '../../../src/tui/texts/zh-cn.js';
import { statusRow } from '../../../src/tui/view-model/status-row.js';
import { toViewModel } from '../../../src/tui/view-model/view-model.js';
import { frameOf, fromMe, fromPeer, MINUTE, makeScreen, NOW, page, press, textOf, textWidth } from '../fixture.js';

const HAN = /\p{Script=Han}/u;

type Leaf = readonly [path: string, text: SafeText];

/** Takes and returns other things than counts and texts: tested by themselves below. */
const OTHERS = /^reasons\.|^results\.blocking$|^line\.state$|^plain\.scrollHint$|^settings\.(isFrom|source|meaning)$/;

/** All texts. Those with parts are made with this count in place of each part. */
function leavesOf(value: unknown, count: number, path = ''): Leaf[] {
  if (typeof value === 'string') return [[path, value as SafeText]];
  if (OTHERS.test(path)) return [];
  if (typeof value === 'function') return leavesOf(value(...new Array(4).fill(count)), count, path);
  const below = (name: string): string => (path === '' ? name : `${path}.${name}`);
  return Object.entries(value as object).flatMap(([name, part]) => leavesOf(part, count, below(name)));
}

/** Names and numbers alone, and what is the same in all languages. */
const SAME = new Set([
  'arguments.[N]',
  'status.account',
  'status.because',
  'who.you',
  'ending.sentence',
  'ending.because',
  'line.from',
  'problems.about',
  'line.fromAt',
]);

describe('the Chinese catalogue', () => {
  for (const count of [0, 1, 3]) {
    test(`has each text, in Chinese, with its own punctuation; parts are ${count}`, () => {
      const leaves = leavesOf(ZH_CN, count);
      assert.ok(leaves.length > 150, `only ${leaves.length}`);
      assert.deepEqual(
        leaves.map(([path]) => path),
        leavesOf(EN, count).map(([path]) => path),
      );
      for (const [path, text] of leaves) {
        if (!SAME.has(path)) assert.match(text, HAN, path);
        assert.doesNotMatch(text, /\p{Script=Han}[,;:!?.]|[，。；：？] |undefined|NaN/u, path);
      }
    });
  }

  test('the English one is in ASCII', () => {
    for (const [path, text] of leavesOf(EN, 3)) assert.match(text, /^[ -~]*$/, path);
  });

  test('a state has one word everywhere (R17)', () => {
    const { states, line, messages, status } = ZH_CN;
    assert.equal(new Set(Object.values(states)).size, 4);
    for (const state of ['queued', 'stored', 'delivered', 'failed'] as const)
      assert.ok(line.state(state, 1, inline('bob'), undefined).startsWith(states[state]));
    assert.ok(messages.failed(inline('x')).startsWith(states.failed));
    assert.ok(messages.queued(inline('x')).startsWith(states.queued));
    assert.ok(status.queued(1).includes(states.queued));
  });

  test('the help of line mode is aligned', () => {
    for (const { line } of [EN, ZH_CN]) {
      for (const text of line.help) {
        const [, label = ''] = /^(.*? {2,})\S/.exec(text) ?? /^(.{14})/.exec(text) ?? [];
        assert.equal(textWidth.columns(inline(label)), 14, text);
      }
    }
  });

  test('is loaded by its name', async () => {
    const loaded = await Promise.all(LANGUAGES.map(loadTexts));
    assert.deepEqual(
      loaded.map((texts) => texts === EN || (texts === ZH_CN && 'zh')),
      [true, 'zh'],
    );
  });
});

describe('reasons in Chinese', () => {
  const { reasons } = ZH_CN;

  test('each refusal of the server, and what the client refuses itself', () => {
    for (const code of ERROR_CODES) assert.match(reasons.refusal(ERRORS[code].description), HAN, code);
    for (const text of [
      tooLargeText(70_000, 65_536),
      new UnsendUnanswered().message,
      new OperatorLost({ reason: 'timeout' }).message,
      new AccountError('unknown', 'bob').message,
      new AccountError('not-blocked', 'bob').message,
    ]) {
      assert.match(reasons.refusal(text), HAN, text);
    }
  });

  test('an unknown text is shown as it is, and is safe (R18)', () => {
    for (const texts of [EN, ZH_CN]) {
      assert.equal(texts.reasons.refusal('new\u001b[31m'), 'new^[[31m');
      assert.equal(
        texts.reasons.refusal('there is no user \u202ebob'),
        texts.reasons.refusal('there is no user \\u{202e}bob'),
      );
      assert.ok(!texts.reasons.offline({ reason: 'x\u0007', detail: 'y\u0007 (CERT_HAS_EXPIRED)' }).includes('\u0007'));
      const blocked = blockingText({ action: 'list' }, { isDone: true, blocked: ['\u001b[2J'] }, texts);
      assert.ok(!blocked.includes('\u001b'));
    }
  });

  test('each reason of being offline', () => {
    for (const reason of [...CLOSE_REASONS, 'lost', 'timeout', 'silent', 'fault']) {
      assert.match(reasons.offline({ reason, detail: '' }), HAN, reason);
      assert.match(reasons.offlineBrief({ reason, detail: '' }), HAN, reason);
    }
    for (const detail of ['connect ECONNREFUSED', 'EAI_AGAIN', 'read EPIPE'])
      assert.match(reasons.offline({ reason: 'lost', detail }), HAN);
    const detail = 'the certificate expired on 2021-01-31 (CERT_HAS_EXPIRED)';
    assert.equal(reasons.offline({ reason: 'lost', detail }), '证书已过期（the certificate expired on 2021-01-31）');
    assert.equal(reasons.offlineBrief({ reason: 'lost', detail }), '证书已过期');
    assert.match(reasons.advice({ reason: 'lost', detail }) ?? '', HAN);
    assert.equal(reasons.advice({ reason: 'lost', detail: 'ECONNREFUSED' }), undefined);
  });

  test('each end of a chat: what happened, why, and what to do where English says that', () => {
    for (const reason of [...CLOSE_REASONS, 'locked', 'lost']) {
      const english = clientFailure({ reason }, 'alice', 'laptop');
      const { message, why, next } = reasons.end({ reason, user: 'alice', device: 'laptop' }, english);
      assert.match(message, HAN, reason);
      assert.match(why ?? '', HAN, reason);
      assert.equal(/断开/.test(message), /was disconnected/.test(english.message), reason);
      assert.equal(next === undefined, english.next === undefined, reason);
      for (const text of [message, why, next]) assert.doesNotMatch(text ?? '', /\{|\}/);
      for (const command of english.next?.match(/im [a-z ]+alice|--[a-z-]+ [A-Z]+/g) ?? [])
        assert.ok(next?.includes(command), `${reason}: ${command}`);
    }
  });
});

/** All settings, as `/set` lists them. */
const LISTED = [
  ...PLAIN_KEYS.map((key) => ({ key, meaning: SETTINGS[key].meaning })),
  { key: 'keys', meaning: 'keys of the chat' },
  ...BINDINGS.map(({ action }) => ({ key: `keys.${action}`, meaning: EN.actions[action] })),
].map((one) => ({ ...one, value: '', source: 'config' }));

test('each setting and each action of a key has its meaning in Chinese, in the list and while it is typed', () => {
  const { meaning } = ZH_CN.settings;
  for (const one of LISTED) assert.match(meaning(one.key, one.meaning), HAN, one.key);
  const names = LISTED.map(({ key, ...one }) => ({ ...one, name: key, values: [] }));
  for (const typed of ['/set ', '/set keys.']) {
    const completions = completionsFor(typed, [], ZH_CN, names);
    assert.ok(completions.length > 10);
    for (const { description, label } of completions) assert.match(description, HAN, label);
  }
  assert.deepEqual(BINDINGS.map(({ action }) => action).sort(), Object.keys(EN.actions).sort());
  assert.equal(meaning('constructor', 'x\u001b'), 'x^[');
  const { isFrom } = ZH_CN.settings;
  const [name, value] = [inline('theme'), inline('dark')];
  assert.equal(isFrom(name, value, 'config', []), 'theme 设为 dark（已设置）');
  assert.equal(isFrom(name, inline(''), 'default', [value]), 'theme 未设置（默认），可选 dark');
});

/** Screens with all that there is. Their messages have no Latin letters. */
const SCENES: Readonly<Record<string, (texts: Texts, rows: number) => Screen>> = {
  welcome: (texts, rows) => makeScreen({ columns: 80, rows }, undefined, texts),
  allClosed: (texts, rows) => {
    const screen = chatting(texts, rows);
    for (const _ of screen.chat.listed) press(screen, '/close\r');
    return screen;
  },
  chatting,
  arrived: (texts, rows) => {
    const screen = chatting(texts, rows);
    screen.chat.received(fromPeer(9, { body: '新' }), 1, NOW);
    return screen;
  },
  unread: (texts, rows) => {
    const screen = SCENES.arrived?.(texts, rows) ?? chatting(texts, rows);
    press(screen, '\u001b[5~');
    return screen;
  },
  muted: (texts, rows) => typed(texts, rows, '/mute\r'),
  help: (texts, rows) => typed(texts, rows, '\u001bOP'),
  helpOfKeys: (texts, rows) => {
    const screen = typed(texts, rows, '\u001bOP');
    screen.keymap = toKeymap({ 'page-down': 'none', 'next-unread': 'none', help: 'none' }).keymap;
    return screen;
  },
  settings: (texts, rows) => {
    const screen = chatting(texts, rows);
    screen.overlay = { type: 'settings', top: 0, settings: LISTED };
    return screen;
  },
  who: (texts, rows) => typed(texts, rows, '/who\r'),
  commands: (texts, rows) => typed(texts, rows, '/'),
  plain: (texts, rows) => typed(texts, rows, '\u001bOQ'),
  search: (texts, rows) => typed(texts, rows, '\u0012'),
  searching: (texts, rows) => typed(texts, rows, '\u0012好'),
  found: (texts, rows) => {
    const screen = typed(texts, rows, '\u0012好');
    if (screen.overlay?.type !== 'search') throw new Error('no search');
    const messages = [fromPeer(1, { body: '你好' }), fromMe('m1', 'stored', { body: '好' })];
    screen.addHits(
      screen.overlay.id,
      messages.map((message) => ({ peer: 'bob', segment: 1, message })),
      false,
    );
    return screen;
  },
  nothing: (texts, rows) => {
    const screen = typed(texts, rows, '\u0012好');
    if (screen.overlay?.type === 'search') screen.addHits(screen.overlay.id, [], false);
    return screen;
  },
  connecting: (texts, rows) => {
    const screen = chatting(texts, rows);
    screen.chat.connection = { state: 'connecting' };
    return screen;
  },
  online: (texts, rows) => {
    const screen = chatting(texts, rows);
    screen.chat.connection = { state: 'online' };
    screen.chat.conversationWith('carol').hasNewFailure = true;
    return screen;
  },
  full: (texts, rows) => {
    const screen = chatting(texts, rows);
    screen.chat.connection = { state: 'online' };
    screen.chat.delayed('bob', texts.reasons.delay({ code: 'mailbox-full', message: '' }, 'bob'));
    return screen;
  },
  held: (texts, rows) => {
    const screen = chatting(texts, rows);
    screen.chat.applyClientEvent({ type: 'locked', folder: '', holder: '7' }, NOW);
    return screen;
  },
  ended: (texts, rows) => {
    const screen = chatting(texts, rows);
    const { message, why, next } = texts.reasons.end(
      { reason: 'replaced', user: 'alice', device: 'laptop' },
      clientFailure({ reason: 'replaced' }, 'alice', 'laptop'),
    );
    const { ending } = texts;
    const lines = [ending.because(inline(message), inline(why ?? '')), ending.sentence(inline(next ?? ''))];
    screen.end([...lines, ending.kept(3, true)], NOW - TUI.endingPauseMs);
    return screen;
  },
};

function chatting(texts: Texts, rows: number): Screen {
  const screen = makeScreen({ columns: 80, rows }, undefined, texts);
  const { chat } = screen;
  for (const peer of ['bob', 'carol', 'dave', 'erin']) chat.conversationWith(peer).unread = 2;
  const messages = [
    fromPeer(1, { body: '你好' }),
    fromMe('m1', 'stored', { body: '好', at: NOW - 25 * MINUTE }),
    fromMe('m2', 'delivered', { body: '好', re: 'b1' }),
    fromPeer(4, { body: '好', re: '0' }),
    fromPeer(3, { body: '好' }),
    fromPeer(2, { body: '好', replay: 'r1' }),
    fromMe('m3', 'failed', { body: '好', why: ERRORS['unknown-user'].description }),
    fromMe('m4', 'queued', { body: '好' }),
  ];
  screen.select('bob', NOW);
  screen.pageLoaded('bob', undefined, page(messages), NOW);
  chat.restore('bob', page(messages));
  const event = { type: 'offline', reason: 'lost', code: 1006, detail: 'ECONNREFUSED', retryInMs: 12_000 } as const;
  chat.applyClientEvent(event, NOW);
  return screen;
}

function typed(texts: Texts, rows: number, keys: string): Screen {
  const screen = chatting(texts, rows);
  press(screen, keys);
  return screen;
}

/** All rows that are shown. */
function shown(screen: Screen): string[] {
  const { plain } = toViewModel(screen, NOW);
  return plain ? [...plain.rows.map(({ text }) => text), plain.hint] : textOf(frameOf(screen).grid);
}

/** Ellipses, without those that are the mark of a queued message. */
function cutsIn(rows: readonly string[], { states, status }: Texts): number {
  const marks = [states.queued, status.queued(1)].map((word) => `${UNICODE.queued} ${word}`);
  const text = marks.reduce((left, mark) => left.replaceAll(mark, ''), rows.join(''));
  return text.split(UNICODE.ellipsis).length - 1;
}

const ALLOWED = [
  /\/(?:[a-z]+|(?=[ ；]))/g, // commands
  /\b(alice|bob|carol|dave|erin|laptop|127\.0\.0\.1)\b/g,
  /\b((Ctrl|Alt|Shift)\+(\w+|[<>_/])( Ctrl\+E)?|Esc|Enter|Tab|PgUp|PgDn|Up|Down|Home|End|Left|Right|Backspace|F\d+|N)\b/g,
  /\d+ (s|min|h|d)\b/g,
  /--[a-z-]+ [A-Z]+/g,
  /\b(im [a-z]+( [a-z]+)?|im|JSON Lines|\[N\])\b/g,
  /a-z 0-9/g,
  /NAME/g,
  /\bkeys(\.[a-z-]+)?\b/g,
  /\bfg\b|\bdefault\b|\bASCII\b|\bMiB\b|\bTab\b/g,
  new RegExp(`\\b(${PLAIN_KEYS.join('|')})\\b`, 'g'),
];

describe('screens of 80 columns', () => {
  for (const rows of [24, 60]) {
    for (const [name, make] of Object.entries(SCENES)) {
      test(`${name}, ${rows} rows: no more is cut in Chinese than in English, and no English is left`, () => {
        const chinese = shown(make(ZH_CN, rows));
        const english = shown(make(EN, rows));
        const text = chinese.join('\n');
        assert.ok(cutsIn(chinese, ZH_CN) <= cutsIn(english, EN), `${text}\n${english.join('\n')}`);
        assert.match(text, HAN);
        const rest = ALLOWED.reduce((left, allowed) => left.replaceAll(allowed, ''), text);
        assert.doesNotMatch(rest, /[A-Za-z]/, text);
      });
    }
  }

  test('what the components draw is whole', () => {
    for (const texts of [EN, ZH_CN]) {
      const drawn = (name: string, rows = 24): string => shown(SCENES[name]?.(texts, rows) ?? makeScreen()).join('\n');
      const { welcome, sidebar, header, help, search } = texts;
      const table: readonly (readonly [string, readonly SafeText[]])[] = [
        [drawn('welcome'), [welcome.none, welcome.open, welcome.rule, welcome.keys(inline('F1')), sidebar.title]],
        [drawn('allClosed'), [welcome.allClosed]],
        [drawn('unread'), [header.unread(1), header.goToEnd]],
        [drawn('chatting', 5), [sidebar.moreUnread(2)]],
        [drawn('arrived', 60), [header.markRead]],
        [drawn('muted'), [header.muted, header.heard(inline('09:15'))]],
        [drawn('help'), [help.close, help.more(inline('PgDn'))]],
        [drawn('search'), [search.label]],
        [drawn('who'), [help.close]],
      ];
      for (const [screen, all] of table) for (const text of all) assert.ok(screen.includes(text), `${text}\n${screen}`);
    }
  });

  test('each notice fits, if it does in English', () => {
    const places = /^(results|problems|warnings|editor)\.(?!write|clearing)/;
    const english = new Map(leavesOf(EN, 3));
    const notices = leavesOf(ZH_CN, 3).filter(([path]) => places.test(path));
    assert.ok(notices.length > 30);
    for (const [path, notice] of notices) {
      const isCut = (texts: Texts, text: SafeText): boolean => cutsIn([statusWith(texts, text)], texts) > 0;
      if (!isCut(EN, english.get(path) ?? notice)) assert.ok(!isCut(ZH_CN, notice), notice);
    }
  });
});

function statusWith(texts: Texts, notice: SafeText): SafeText {
  const status = {
    ...{ me: 'alice', server: inline('here'), connection: { state: 'online' } as const, lockHolder: undefined },
    ...{ queued: { count: 0, since: undefined }, unread: 3, failedTo: [], notice, keymap: toKeymap().keymap },
  };
  return joinText(statusRow(status, NOW, 80, UNICODE, texts, textWidth));
}

test('each slash command is explained, and its label leaves room', () => {
  for (const { commands } of [EN, ZH_CN])
    assert.deepEqual(
      Object.keys(commands),
      SLASH_COMMANDS.map(({ name }) => name),
    );
});
