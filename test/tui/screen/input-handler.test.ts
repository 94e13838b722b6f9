/** User input, and what it changes on the screen. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ERRORS } from '../../../src/protocol/error-codes.js';
import { WIRE } from '../../../src/protocol/limits.js';
import { TUI } from '../../../src/tui/limits.js';
import type { Effect } from '../../../src/tui/screen/effect.js';
import { Screen } from '../../../src/tui/screen/screen.js';
import { frameOf, fromMe, fromPeer, MINUTE, makeScreen, NOW, page, press, screenText, withBob } from '../fixture.js';

const types = (effects: readonly { readonly type: string }[]): string[] => effects.map((effect) => effect.type);

/** Three conversations: bob is open, carol has two unread. */
function withThree(): Screen {
  const screen = withBob([fromPeer(1)]);
  screen.chat.conversationWith('carol').unread = 2;
  screen.chat.conversationWith('dave');
  return screen;
}

describe('the composer', () => {
  test('Enter sends the text and clears the composer', () => {
    const screen = withBob();
    const effects = press(screen, 'hello 你好\r');
    assert.deepEqual(
      effects.find((effect) => effect.type === 'send'),
      { type: 'send', to: 'bob', body: 'hello 你好' },
    );
    assert.equal(screen.composer.text, '');
  });

  test('Alt+Enter inserts a newline, a paste of many lines does not send', () => {
    const screen = withBob();
    const lines = Array.from({ length: 200 }, (_, line) => `line ${line}`).join('\r');
    assert.ok(!types(press(screen, `a\u001b\r\u001b[200~${lines}\u001b[201~`)).includes('send'));
    assert.equal(screen.composer.text.split('\n').length, 201);
    assert.ok(types(press(screen, '\r')).includes('send'));
  });

  test('blank text is not sent, and blank lines around a message are removed', () => {
    const screen = withBob();
    assert.deepEqual(
      types(press(screen, '   \r')).filter((one) => one === 'send'),
      [],
    );
    const sent = press(screen, '\n  indented\n\r').find((effect) => effect.type === 'send');
    assert.deepEqual(sent, { type: 'send', to: 'bob', body: '  indented' });
  });

  test('a message that is too long stays in the composer, with a notice', () => {
    const screen = withBob();
    press(screen, `\u001b[200~${'你'.repeat(WIRE.maxBodyBytes / 3 + 1)}\u001b[201~`);
    assert.ok(!types(press(screen, '\r')).includes('send'));
    assert.match(
      screen.notices.text ?? '',
      new RegExp(`^too long: ${WIRE.maxBodyBytes + 2} bytes, the limit is ${WIRE.maxBodyBytes}$`),
    );
    assert.notEqual(screen.composer.text, '');
  });

  test('while another process holds the outbox, Enter keeps the text and sends nothing', () => {
    const screen = withBob();
    screen.chat.applyClientEvent({ type: 'locked', folder: 'x', holder: 'process 7' }, NOW);
    assert.ok(!types(press(screen, 'hello\r')).includes('send'));
    assert.equal(screen.composer.text, 'hello');
    assert.equal(screen.notices.text, 'not sent yet: waiting for another im (process 7)');
    screen.chat.applyClientEvent({ type: 'opened' }, NOW);
    assert.ok(types(press(screen, '\r')).includes('send'));
  });

  test('every conversation has its own draft', () => {
    const screen = withThree();
    press(screen, 'for bob\u000efor carol');
    assert.equal(screen.open?.peer, 'carol');
    press(screen, '\u0010');
    assert.equal(screen.composer.text, 'for bob');
    assert.match(screenText(screen), /carol +✎/);
  });

  test('Up recalls sent messages, Down goes back to the draft', () => {
    const screen = withBob([fromMe('a1'), fromMe('a2'), fromMe('a3', 'queued', { body: 'mine a2' })]);
    press(screen, 'draft\u001b[A');
    assert.equal(screen.composer.text, 'mine a2');
    press(screen, '\u001b[A\u001b[A');
    assert.equal(screen.composer.text, 'mine a1');
    press(screen, '\u001b[B\u001b[B\u001b[B');
    assert.equal(screen.composer.text, 'draft');
  });

  test('in a text of several rows Up moves the cursor first', () => {
    const screen = withBob([fromMe('a1')]);
    press(screen, 'one\u001b\rtwo\u001b[A');
    assert.deepEqual([screen.composer.text, screen.composer.cursor], ['one\ntwo', 3]);
    press(screen, '\u001b[A');
    assert.equal(screen.composer.text, 'mine a1');
  });

  test('commands work while no conversation is open', () => {
    const screen = makeScreen();
    press(screen, 'hello\r');
    assert.match(screen.notices.text ?? '', /\/to NAME/);
    press(screen, '\u0015/to bob\r');
    assert.equal(screen.open?.peer, 'bob');
  });
});

describe('/reply', () => {
  const sent = (effects: readonly Effect[]) =>
    effects.flatMap((one) => (one.type === 'send' ? [[one.body, one.re]] : []));

  test('it answers the newest message of the peer, and may have several lines', () => {
    const screen = withBob([fromPeer(1), fromPeer(2), fromMe('a1')]);
    assert.deepEqual(sent(press(screen, '/reply yes\u001b\rof course\r')), [['yes\nof course', 'b2']]);
    assert.equal(screen.composer.text, '');
    assert.deepEqual(sent(press(screen, 'and more\r')), [['and more', undefined]]);
  });

  test('it answers the message that was searched for, also an own one', () => {
    const screen = withBob([fromMe('a1'), fromPeer(1)]);
    screen.showMessage('bob', undefined, { key: 'me a1', query: 'x' }, NOW);
    assert.deepEqual(sent(press(screen, '/reply sorry\r')), [['sorry', 'a1']]);
    assert.deepEqual(sent(press(screen, '/reply yes\r')), [['yes', 'b1']]);
  });

  test('without a message to answer the text stays', () => {
    for (const screen of [withBob([fromMe('a1')]), withBob([fromPeer(1)], { newer: 2 }), makeScreen()]) {
      assert.deepEqual(sent(press(screen, '/reply yes\r')), []);
      assert.equal(screen.composer.text, '/reply yes');
      assert.match(screen.notices.text ?? '', /no message to answer|go to the end|\/to NAME/);
    }
  });
});

describe('switching conversations', () => {
  test('Tab and Ctrl+N go to the next conversation, Shift+Tab and Ctrl+P to the previous one, around the ends', () => {
    const screen = withThree();
    const visit = (keys: string): string | undefined => {
      press(screen, keys);
      return screen.open?.peer;
    };
    assert.deepEqual(['\t', '\u000e', '\t', '\u001b[Z', '\u0010'].map(visit), [
      'carol',
      'dave',
      'bob',
      'dave',
      'carol',
    ]);
  });

  test('passing through a conversation does not mark it as read', () => {
    const screen = withThree();
    const effects = press(screen, '\t');
    screen.pageLoaded('carol', undefined, page([fromPeer(2, { from: 'carol' })], { unread: 2 }), NOW);
    effects.push(...press(screen, '\t\t'));
    assert.ok(!types(effects).includes('mark-read'));
    assert.equal(screen.chat.conversationWith('carol').unread, 2);
  });

  test('typing, Esc, and scrolling to its end mark a conversation as read', () => {
    for (const key of ['x', '\u001b[A\u001b[6~', '\u001b[6~']) {
      const screen = withBob([fromPeer(1), fromPeer(2)], { unread: 1 });
      assert.deepEqual(
        types(press(screen, key)).filter((one) => one === 'mark-read'),
        ['mark-read'],
        JSON.stringify(key),
      );
      assert.equal(screen.open?.unread, 0);
    }
    const screen = withBob([fromPeer(1)], { unread: 1 });
    assert.ok(types(press(screen, '\u001b[27u')).includes('mark-read'), 'Esc');
  });

  test('Alt+A marks the open conversation as read and goes to the next unread one', () => {
    const screen = withThree();
    screen.chat.conversationWith('dave').unread = 1;
    press(screen, '\u001ba');
    assert.equal(screen.open?.peer, 'carol');
    screen.pageLoaded('carol', undefined, page([fromPeer(2, { from: 'carol' })], { unread: 1 }), NOW);
    const effects = press(screen, '\u001ba');
    assert.deepEqual(effects[0], { type: 'mark-read', peer: 'carol' });
    assert.equal(screen.open?.peer, 'dave');
    screen.pageLoaded('dave', undefined, page([fromPeer(3, { from: 'dave' })], { unread: 1 }), NOW);
    press(screen, '\u001ba');
    assert.equal(screen.open?.peer, 'dave');
    assert.match(screen.notices.text ?? '', /nothing else is unread/);
  });

  test('a message counts as read on arrival only if the user pressed a key within a minute and the window has the focus', () => {
    const screen = withBob([fromPeer(1)]);
    const isUnread = (seq: number, now: number): boolean => screen.chat.received(fromPeer(seq, { at: now }), 1, now);
    assert.equal(isUnread(2, NOW), true, 'the user has done nothing here yet');
    press(screen, 'x');
    assert.equal(isUnread(3, NOW + 1_000), false);
    assert.deepEqual(screen.chat.takeAutoRead(), ['bob']);
    assert.equal(isUnread(4, NOW + 2 * MINUTE), true);
    press(screen, 'x', NOW + 2 * MINUTE);
    press(screen, '\u001b[O', NOW + 2 * MINUTE);
    assert.equal(isUnread(5, NOW + 2 * MINUTE + 1_000), true);
  });

  test('the conversation with the newest message is the first', () => {
    const screen = withThree();
    screen.chat.received(fromPeer(9, { from: 'dave' }), 1, NOW);
    assert.deepEqual(
      screen.chat.conversations.map(({ peer }) => peer),
      ['dave', 'bob', 'carol'],
    );
  });

  test('a conversation opens at its first unread message', () => {
    const messages = Array.from({ length: 100 }, (_, index) => fromPeer(index + 1));
    const screen = withBob(messages, { unread: 60 });
    assert.match(screenText(screen), /── new ──/);
    assert.match(screenText(screen), /text 41\n/);
    assert.doesNotMatch(screenText(screen), /text 100/);
  });
});

describe('scrolling', () => {
  const messages = Array.from({ length: 300 }, (_, index) => fromPeer(index + 1));

  test('PgUp requests the older page once, before the loaded messages end', () => {
    const screen = withBob(messages, { number: 7, older: 6 });
    assert.deepEqual(types(press(screen, '\u001b[5~')), []);
    const effects = press(screen, '\u001b[5~'.repeat(20));
    assert.deepEqual(effects, [{ type: 'load-page', peer: 'bob', segment: 6 }]);
    assert.match(screenText(screen), /Esc: go to end/);
    press(screen, '\u001b[27u');
    assert.match(screenText(screen), /text 300/);
  });

  test('the wheel scrolls three rows, also with a modifier; clicks do nothing', () => {
    const screen = withBob(Array.from({ length: 60 }, (_, seq) => fromPeer(seq + 1)));
    assert.match(screenText(screen), /▎ text 60\n/);
    press(screen, '\u001b[<64;10;5M');
    assert.match(screenText(screen), /▎ text 57\n(?!.*▎ text 58)/);
    press(screen, '\u001b[<68;10;5M\u001b[<0;10;5M\u001b[<0;10;5m\u001b[<66;1;1M');
    assert.match(screenText(screen), /▎ text 54\n(?!.*▎ text 55)/);
    press(screen, '\u001b[<65;10;5M\u001b[<93;10;5M');
    assert.match(screenText(screen), /▎ text 60\n/);
    assert.equal(screen.composer.text, '');
  });

  test('Ctrl+Home goes to the first message, and loads it if needed', () => {
    const screen = withBob(messages, { number: 7, older: 6 });
    assert.deepEqual(press(screen, '\u001b[1;5H'), [{ type: 'load-oldest', peer: 'bob' }]);
    screen.showMessage('bob', page(messages, { number: 1, newer: 2 }), { key: ' e1 1', query: '' }, NOW);
    assert.match(screenText(screen), /▎ text 1\n/);
    press(screen, '\u001b[6~'.repeat(3));
    assert.doesNotMatch(screenText(screen), /▎ text 1\n/);
    assert.deepEqual(press(screen, '\u001b<'), []);
    assert.match(screenText(screen), /▎ text 1\n/);
  });

  test('Esc requests the newest page if it is not loaded', () => {
    const screen = withBob();
    screen.showMessage('bob', page(messages, { number: 3, older: 2, newer: 4 }), { key: ' e1 151', query: '' }, NOW);
    assert.match(screenText(screen), /text 151/);
    assert.deepEqual(press(screen, '\u001b[27u'), [{ type: 'load-page', peer: 'bob' }]);
  });
});

describe('overlays', () => {
  test('F1, or ? in an empty composer, opens the help; typed text closes it and is kept', () => {
    const screen = withBob();
    for (const key of ['\u001bOP', '?']) {
      press(screen, key);
      assert.match(screenText(screen), /Ctrl\+R +search all messages/);
      press(screen, 'x');
      assert.equal(screen.overlay, undefined);
      assert.match(screen.composer.text, /x$/);
      press(screen, '\u0015');
    }
    press(screen, 'why?');
    assert.equal(screen.composer.text, 'why?');
  });

  test('a ? that opened the help becomes text with the next key that is text, or with Enter', () => {
    const screen = withBob();
    press(screen, '?');
    press(screen, '\u001b[6~');
    press(screen, ' what');
    assert.equal(screen.composer.text, '? what');
    press(screen, '\u0015?');
    assert.deepEqual(types(press(screen, '\r')), ['save'], 'Enter closes the help and sends nothing');
    assert.deepEqual([screen.overlay, screen.composer.text], [undefined, '?']);
    const sent = press(screen, '\r').find((effect) => effect.type === 'send');
    assert.deepEqual(sent, { type: 'send', to: 'bob', body: '?' });
    for (const key of ['\u001b[27u', '\u001bOP', '\t']) {
      press(screen, '?');
      press(screen, key);
      assert.deepEqual([screen.overlay, screen.composer.text], [undefined, ''], JSON.stringify(key));
    }
  });

  test('every key starts a new search, and Enter shows the selected hit in its conversation', () => {
    const screen = withBob([fromPeer(1)]);
    const effects = [...press(screen, '\u0012t'), ...press(screen, 'e')];
    assert.deepEqual(effects, [
      { type: 'search', query: 't', id: 1 },
      { type: 'search', query: 'te', id: 2 },
    ]);
    assert.equal(screen.addHits(1, [], true), false, 'hits of an earlier search are dropped');
    const hits = [1, 2].map((seq) => ({ peer: 'carol', message: fromPeer(seq, { from: 'carol' }), segment: 4 }));
    assert.equal(screen.addHits(2, hits, false), true);
    assert.match(screenText(screen), /2 found[\s\S]*▸ carol +09:15 +text 1\n.* carol +09:15 +text 2/);
    // Input methods open at the terminal's cursor.
    assert.deepEqual(frameOf(screen).cursor, { x: 22 + 'Search › te'.length, y: 1 });
    const [jump] = press(screen, '\u001b[B\r');
    assert.deepEqual(jump, { type: 'show-message', peer: 'carol', segment: 4, key: ' e1 2', query: 'te' });
    press(screen, '\u001b[27u');
    assert.equal(screen.overlay, undefined);
  });
});

test('a hit in a long message is scrolled to its match, in the middle of the screen', () => {
  const screen = withBob([fromPeer(1)]);
  const long = fromPeer(2, { from: 'carol', body: `${'hay\n'.repeat(100)}the needle\n${'hay\n'.repeat(100)}` });
  screen.showMessage('carol', page([fromPeer(1, { from: 'carol' }), long]), { key: ' e1 2', query: 'needle' }, NOW);
  assert.match(screenText(screen), /▏ hay\n.*▏ the needle\n.*▏ hay/);
});

test('the search shows its keys in a text that fits the screen', () => {
  for (const columns of [100, 80, 50, 40, 30]) {
    const screen = makeScreen({ columns, rows: 14 });
    press(screen, '\u0012needle');
    screen.addHits(1, [{ peer: 'bob', message: fromPeer(1, { body: 'the needle' }), segment: 1 }], false);
    assert.match(screenText(screen), /1 found\. .*Enter shows (it|the message in its conversation)\n/, `${columns}`);
  }
});

describe('failed messages', () => {
  const withFailure = (): Screen => {
    const screen = withThree();
    screen.chat.sent(fromMe('c1', 'queued', { to: 'carol' }), 1);
    screen.chat.stateChanged('carol', 'c1', 'failed', 'there is no such user');
    return screen;
  };

  test('a failure in another conversation is marked in the sidebar, and in the status line until that is opened', () => {
    const screen = withFailure();
    assert.match(screenText(screen), / {3}carol +✗ +2 │/);
    assert.match(screenText(screen), /✗ failed to carol/);
    press(screen, '/to carol\r');
    assert.doesNotMatch(screenText(screen), /failed to carol/);
    assert.match(screenText(screen), /▸ carol +✗ +2 │/);
    screen.chat.stateChanged('carol', 'c1', 'queued');
    assert.doesNotMatch(screenText(screen), /✗/);
  });

  test('a failure in the open conversation is not in the status line', () => {
    const screen = withBob([fromMe('a1')]);
    screen.chat.stateChanged('bob', 'a1', 'failed', 'no');
    assert.doesNotMatch(screenText(screen), /failed to/);
    assert.match(screenText(screen), /▸ bob +✗ │/);
  });

  test('failures of an earlier process are restored from the history', () => {
    const screen = withThree();
    screen.chat.restore('dave', page([fromMe('d1', 'failed', { to: 'dave' }), fromMe('d2', 'stored', { to: 'dave' })]));
    assert.match(screenText(screen), / {3}dave +✗ │/);
    assert.doesNotMatch(screenText(screen), /failed to/);
  });

  test('/resend without failures here names the conversation that has some', () => {
    const screen = withFailure();
    press(screen, '/resend\r');
    assert.match(screen.notices.text ?? '', /^nothing failed here, but messages to carol failed: \/to carol$/);
    const calm = withThree();
    press(calm, '/resend\r');
    assert.equal(calm.notices.text, 'nothing has failed');
    const both = withBob([fromMe('b1', 'failed')]);
    both.chat.restore('carol', page([fromMe('c1', 'failed', { to: 'carol' })]));
    press(both, '/resend\r');
    assert.match(both.notices.text ?? '', /^1 message sent again, but messages to carol failed: \/to carol$/);
  });
});

describe('slash commands', () => {
  test('Tab completes settings and their values after /set; keys come after keys.', () => {
    const screen = makeScreen();
    const settings = [
      { name: 'theme', meaning: 'colors', values: ['auto', 'dark', 'light'] },
      { name: 'title', meaning: 'title', values: ['true', 'false'] },
      { name: 'keys.search', meaning: 'search', values: [] },
    ];
    const typed = (text: string): string => {
      const own = new Screen({ ...screen.options, settings });
      press(own, `${text}\t`);
      return own.composer.text;
    };
    assert.equal(typed('/set th'), '/set theme ');
    assert.equal(typed('/set t'), '/set t');
    assert.equal(typed('/set theme l'), '/set theme light');
    assert.equal(typed('/set k'), '/set keys.');
    assert.equal(typed('/set keys.s'), '/set keys.search ');
    assert.equal(typed('/set nope '), '/set nope ');
    assert.equal(typed('/set __proto__ x'), '/set __proto__ x');
  });

  test('/set asks for settings, or for a change of one', () => {
    const asked = (text: string) => press(withBob(), text).filter(({ type }) => type === 'setting');
    assert.deepEqual(asked('/set\r'), [{ type: 'setting', name: '', value: '' }]);
    assert.deepEqual(asked('/set theme\r'), [{ type: 'setting', name: 'theme', value: '' }]);
    assert.deepEqual(asked('/set  keys.search  alt+s, f5 \r'), [
      { type: 'setting', name: 'keys.search', value: 'alt+s, f5' },
    ]);
  });

  test('Tab completes slash commands, and names after /to', () => {
    const screen = withThree();
    press(screen, '/sea\t');
    assert.equal(screen.composer.text, '/search ');
    press(screen, '\u0015/to \t');
    assert.match(screenText(screen), /\/to bob\n.*\/to carol\n.*\/to dave\n.*─/);
    press(screen, 'c\t\r');
    assert.equal(screen.open?.peer, 'carol');
  });

  test('a typed slash shows the commands with their descriptions, as far as there is room', () => {
    const screen = withThree();
    press(screen, '/');
    assert.match(screenText(screen), /\/to NAME +open a conversation\n[\s\S]*\/quit +quit\n.*─\n.*› \/\n/);
    press(screen, 'se');
    assert.doesNotMatch(screenText(screen), /\/to NAME/);
    assert.match(screenText(screen), /\/search WORDS +search all messages/);
    press(screen, '\u007f'.repeat(2));
    screen.size = { columns: 40, rows: 8 };
    const rows = screenText(screen).split('\n');
    assert.match(rows[0] ?? '', /bob/);
    assert.match(rows.at(-2) ?? '', /› \/$/);
    press(screen, '\u007f');
    assert.doesNotMatch(screenText(screen), /\/to NAME/);
  });

  test('an unknown command is not sent; // begins a message with a slash', () => {
    const screen = withBob();
    assert.ok(!types(press(screen, '/etc/hosts\r')).includes('send'));
    assert.match(screen.notices.text ?? '', /^unknown command \/etc\/hosts \(Ctrl\+U clears\): \/\/ begins a message/);
    press(screen, '\u0015');
    const sent = press(screen, '//etc/hosts\r').find((effect) => effect.type === 'send');
    assert.deepEqual(sent, { type: 'send', to: 'bob', body: '/etc/hosts' });
  });

  test('/unsend takes back the last own message, or the Nth, unless it is too late or done', () => {
    const screen = withBob([
      fromMe('a1', 'stored', { body: 'one' }),
      fromMe('a2', 'delivered', { body: 'two' }),
      fromMe('a3', 'stored', { body: 'three' }),
    ]);
    const unsent = (keys: string) =>
      press(screen, keys).flatMap((effect) => (effect.type === 'unsend' ? [effect.message.id] : []));
    assert.deepEqual([unsent('/unsend\r'), unsent('/unsend 3\r')], [['a3'], ['a1']]);
    assert.deepEqual(unsent('/unsend 2\r'), []);
    assert.equal(screen.notices.text, 'too late, it is delivered: two');
    assert.deepEqual(unsent('/unsend 4\r'), []);
    assert.equal(screen.notices.text, 'there is no such message here');
    screen.chat.stateChanged('bob', 'a3', 'failed', ERRORS.unsent.description);
    assert.deepEqual(unsent('/unsend\r'), []);
    assert.equal(screen.notices.text, 'unsent already: three');
    assert.ok(!types(press(screen, '/resend\r')).includes('resend'), 'what was taken back is not sent again');
    assert.equal(screen.notices.text, 'nothing has failed');
    assert.match(screenText(screen), /failed: it was unsent: its receiver never sees it\n/);
  });

  test('every slash command has its effects', () => {
    const failed = fromMe('a1', 'failed', { why: 'no' });
    const table: [string, string[]][] = [
      ['/to dave', ['save', 'save', 'load-page']],
      ['/resend', ['save', 'resend']],
      ['/search words', ['save', 'search']],
      ['/block', ['save', 'blocking']],
      ['/block bob', ['save', 'blocking']],
      ['/block Bob', []],
      ['/unblock bob', ['save', 'blocking']],
      ['/unblock', []],
      ['/export bob.jsonl', ['save', 'export']],
      ['/plain', ['save', 'plain']],
      ['/quit', ['save', 'quit']],
      ['/help', ['save']],
      ['/who', ['save']],
    ];
    for (const [command, expected] of table) {
      const screen = withBob([failed]);
      press(screen, command);
      assert.deepEqual(types(press(screen, '\r')), expected, command);
    }
  });

  test('/who shows user, server, connection and unread messages', () => {
    const screen = withThree();
    screen.chat.applyClientEvent({ type: 'connecting', attempt: 1 }, NOW);
    press(screen, '/who\r');
    assert.match(screenText(screen), /You are alice on 127\.0\.0\.1:4690: connecting\./);
    const detail = 'something that takes more than one row to say';
    screen.chat.applyClientEvent({ type: 'offline', reason: 'lost', code: 1006, detail, retryInMs: 9_000 }, NOW);
    assert.match(screenText(screen), /offline: something that\n.*│ +takes more than one row to say, next try in 9 s\./);
    assert.match(screenText(screen), /0 messages queued, 2 unread\.[\s\S]*carol: 2 unread/);
  });

  test('a slash command with a missing, invalid or extra argument is explained', () => {
    for (const [command, why] of [
      ['/to', /needs NAME/],
      [
        '/to Bob!',
        /not a valid name \(Ctrl\+U clears\): Bob! \(1 to 32 of a-z 0-9 \. _ -, starting with a letter or digit\)/,
      ],
      ['/quit now', /takes no argument \(Ctrl\+U clears\)$/],
    ] as const) {
      const screen = withBob();
      press(screen, `${command}\r`);
      assert.match(screen.notices.text ?? '', why);
    }
  });
});

describe('/close and /mute', () => {
  test('a closed conversation is read and out of the list; the one below it opens', () => {
    const screen = withThree();
    press(screen, '/close\r');
    assert.equal(screen.open?.peer, 'carol');
    assert.doesNotMatch(screenText(screen), /^ .*bob +│/m);
    press(screen, '\t\t');
    assert.equal(screen.open?.peer, 'carol', 'Tab passes over it');
    assert.ok(types(press(screen, '/close\r')).includes('mark-read'));
    assert.equal(screen.chat.unread, 0);
    press(screen, '/close\r');
    assert.equal(screen.open, undefined);
    assert.match(screenText(screen), /All conversations are closed\.[\s\S]*closed: dave is back/);
    press(screen, '/close\r');
    assert.equal(screen.notices.text, 'no conversation is open');
  });

  test('it is back with a new message, a failure, or /to', () => {
    const screen = withThree();
    const isListed = () => screen.chat.listed.some(({ peer }) => peer === 'bob');
    for (const comesBack of [
      () => screen.chat.received(fromPeer(9), 1, NOW),
      () => screen.chat.sentElsewhere(fromMe('a9', 'stored'), 1),
      () => screen.chat.stateChanged('bob', 'a9', 'failed', 'x'),
      () => press(screen, '/to bob\r'),
    ]) {
      press(screen, '/to bob\r/close\r');
      assert.equal(isListed(), false);
      comesBack();
      assert.equal(isListed(), true);
    }
    press(screen, '/to bob\r/close\r');
    screen.chat.stateChanged('bob', 'a9', 'delivered');
    assert.equal(isListed(), false);
  });

  test('what is unread of a muted conversation is counted only in the list; Alt+A passes over it', () => {
    const screen = withThree();
    press(screen, '/to carol\r/mute\r');
    assert.match(screenText(screen), /carol {2}muted[\s\S]*carol is muted; \/mute again ends it/);
    press(screen, '/to bob\r\u001b[27u');
    screen.chat.conversationWith('carol').unread = 2;
    assert.match(screenText(screen), /carol +2 │/);
    assert.doesNotMatch(screenText(screen), /unread/);
    press(screen, '\u001ba');
    assert.equal(screen.open?.peer, 'bob');
    screen.chat.conversationWith('carol').isMuted = false;
    assert.equal(screen.chat.unread, 2);
  });
});

describe('/copy', () => {
  const copied = (effects: ReturnType<typeof press>): string | undefined =>
    effects.find((effect) => effect.type === 'copy')?.text;

  test('/copy takes the last message, /copy 2 the one before it, and the status line says which', () => {
    const screen = withBob([fromPeer(1, { body: 'first\n\tline 你好' }), fromMe('a1')]);
    assert.equal(copied(press(screen, '/copy\r')), 'mine a1');
    assert.equal(copied(press(screen, '/copy 2\r')), 'first\n\tline 你好');
    assert.equal(screen.notices.text, 'sent to the clipboard: bob: first');
    assert.equal(screen.composer.text, '');
    assert.equal(copied(press(screen, '/copy 3\r')), undefined);
    assert.equal(screen.notices.text, 'there is no such message here');
  });

  test('it counts from the last message on the screen', () => {
    const screen = withBob(Array.from({ length: 100 }, (_, seq) => fromPeer(seq)));
    press(screen, '\u001b[5~');
    const last = /▏?▎ (text \d+)\n(?!.*▎ text)/.exec(screenText(screen))?.[1];
    assert.equal(copied(press(screen, '/copy\r')), last);
    assert.notEqual(last, 'text 99');
  });

  test('what is hidden in a message is copied as it is shown (R18)', () => {
    const screen = withBob([fromPeer(1, { body: 'rm\u001b[201~\r\u202e\u{e0041} x\u0007' })]);
    assert.equal(copied(press(screen, '/copy\r')), 'rm^[[201~^M\\u{202e}\\u{e0041} x^G');
  });

  test('too much, nothing, no clipboard, and what is no number are refused', () => {
    const screen = withBob();
    assert.equal(copied(press(screen, '/copy\r')), undefined);
    assert.equal(screen.notices.text, 'there are no messages to copy');
    press(screen, '/copy 0\r');
    assert.match(screen.notices.text ?? '', /^not a number/);
    const long = withBob([fromPeer(1, { body: '\u0001'.repeat(TUI.maxClipboardBytes / 2 + 1) })]);
    assert.equal(copied(press(long, '/copy\r')), undefined);
    assert.match(long.notices.text ?? '', /^not copied: \d+ bytes, the limit is \d+$/);
    const bare = withBob([fromPeer(1)]);
    Object.assign(bare.options, { hasClipboard: false });
    assert.equal(copied(press(bare, '/copy\r')), undefined);
    assert.match(bare.notices.text ?? '', /F2/);
  });
});

test('Alt+R connects at once while it is offline', () => {
  const screen = withBob();
  assert.deepEqual(press(screen, '\u001br'), []);
  screen.chat.applyClientEvent({ type: 'offline', reason: 'lost', code: 1006, detail: '', retryInMs: 60_000 }, NOW);
  assert.deepEqual(press(screen, '\u001br'), [{ type: 'connect' }]);
  screen.chat.connection = { state: 'online' };
  assert.deepEqual(press(screen, '\u001br'), []);
  assert.equal(screen.notices.text, 'online already');
});

test('Ctrl+X Ctrl+E asks for the editor; after Ctrl+X other keys and text are ordinary', () => {
  const screen = withBob();
  press(screen, 'a b\u0018');
  assert.equal(screen.notices.text, 'Ctrl+X …');
  assert.deepEqual(press(screen, '\u0005'), [{ type: 'edit', peer: 'bob', text: 'a b' }]);
  assert.deepEqual(types(press(screen, '\u0018\u0017')), ['save']);
  assert.equal(screen.composer.text, 'a ');
  assert.deepEqual(types(press(screen, '\u0018x\u0005')), ['save']);
  assert.equal(screen.composer.text, 'a x');
  assert.deepEqual(press(screen, '\u0005'), []);
  screen.edited('bob', 'from\r\nthe editor\u0007');
  assert.equal(screen.composer.text, 'from\nthe editor');
  press(screen, '\u001f');
  assert.equal(screen.composer.text, 'a x', 'undo');
});

test('Ctrl+C quits only when it is pressed twice in a row', () => {
  const screen = withBob();
  assert.deepEqual(press(screen, '\u0003'), []);
  assert.match(screenText(screen), /Ctrl\+C again quits/);
  press(screen, 'x');
  assert.deepEqual(press(screen, '\u0003'), []);
  assert.deepEqual(types(press(screen, '\u0003')), ['quit']);
});

test('keys without an action do nothing', () => {
  const screen = withBob();
  assert.deepEqual(press(screen, '\u001b[15~\u001bq\u001b[24;80R\u0000'), []);
  assert.equal(screen.composer.text, '');
});

test('a paste that is too long is refused with a notice', () => {
  const screen = withBob();
  press(screen, `a\u001b[200~${'x'.repeat(TUI.maxComposerLength)}\u001b[201~`);
  assert.equal(screen.composer.text, 'a');
  assert.equal(screen.notices.text, 'not pasted: too long');
});
