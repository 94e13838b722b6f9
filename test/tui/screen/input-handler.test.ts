/** What the user does, and what becomes of it. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { WIRE } from '../../../src/protocol/limits.js';
import type { Screen } from '../../../src/tui/screen/screen.js';
import { frameOf, fromPeer, MINUTE, makeScreen, mine, NOW, page, seen, type, withBob } from '../fixture.js';

const types = (effects: readonly { readonly type: string }[]): string[] => effects.map((effect) => effect.type);

/** Three conversations: bob is open, carol has two unread. */
function withThree(): Screen {
  const screen = withBob([fromPeer(1)]);
  screen.chat.with('carol').unread = 2;
  screen.chat.with('dave');
  return screen;
}

describe('writing and sending', () => {
  test('Enter sends what was written, and empties the composer', () => {
    const screen = withBob();
    const effects = type(screen, 'hello 你好\r');
    assert.deepEqual(
      effects.find((effect) => effect.type === 'send'),
      { type: 'send', to: 'bob', body: 'hello 你好' },
    );
    assert.equal(screen.composer.text, '');
  });

  test('Alt+Enter makes a new line; a paste of many lines sends nothing by itself', () => {
    const screen = withBob();
    const lines = Array.from({ length: 200 }, (_, line) => `line ${line}`).join('\r');
    assert.ok(!types(type(screen, `a\u001b\r\u001b[200~${lines}\u001b[201~`)).includes('send'));
    assert.equal(screen.composer.text.split('\n').length, 201);
    assert.ok(types(type(screen, '\r')).includes('send'));
  });

  test('blanks are not sent, and blanks around a message are not part of it', () => {
    const screen = withBob();
    assert.deepEqual(
      types(type(screen, '   \r')).filter((one) => one === 'send'),
      [],
    );
    const sent = type(screen, '\n  indented\n\r').find((effect) => effect.type === 'send');
    assert.deepEqual(sent, { type: 'send', to: 'bob', body: '  indented' });
  });

  test('what is too long stays where it is, and the user is told', () => {
    const screen = withBob();
    type(screen, `\u001b[200~${'你'.repeat(WIRE.maxBodyBytes / 3 + 1)}\u001b[201~`);
    assert.ok(!types(type(screen, '\r')).includes('send'));
    assert.match(screen.notice ?? '', /too long: 65538 bytes/);
    assert.notEqual(screen.composer.text, '');
  });

  test('while another process holds the outbox nothing is sent, and nothing is lost', () => {
    const screen = withBob();
    screen.chat.happened({ type: 'locked', folder: 'x', holder: 'process 7' }, NOW);
    assert.ok(!types(type(screen, 'hello\r')).includes('send'));
    assert.equal(screen.composer.text, 'hello');
    screen.chat.happened({ type: 'opened' }, NOW);
    assert.ok(types(type(screen, '\r')).includes('send'));
  });

  test('each conversation has its draft', () => {
    const screen = withThree();
    type(screen, 'for bob\u000efor carol');
    assert.equal(screen.open?.peer, 'carol');
    type(screen, '\u0010');
    assert.equal(screen.composer.text, 'for bob');
    assert.match(seen(screen), /carol +✎/);
  });

  test('Up brings back what one wrote before, Down leads to the draft again', () => {
    const screen = withBob([mine('a1'), mine('a2'), mine('a3', 'queued', { body: 'mine a2' })]);
    type(screen, 'draft\u001b[A');
    assert.equal(screen.composer.text, 'mine a2');
    type(screen, '\u001b[A\u001b[A');
    assert.equal(screen.composer.text, 'mine a1');
    type(screen, '\u001b[B\u001b[B\u001b[B');
    assert.equal(screen.composer.text, 'draft');
  });

  test('in a text of several rows Up and Down move among them first', () => {
    const screen = withBob([mine('a1')]);
    type(screen, 'one\u001b\rtwo\u001b[A');
    assert.deepEqual([screen.composer.text, screen.composer.cursor], ['one\ntwo', 3]);
    type(screen, '\u001b[A');
    assert.equal(screen.composer.text, 'mine a1');
  });

  test('where nobody is there to write to, commands can be written all the same', () => {
    const screen = makeScreen();
    type(screen, 'hello\r');
    assert.match(screen.notice ?? '', /\/to NAME/);
    type(screen, '\u0015/to bob\r');
    assert.equal(screen.open?.peer, 'bob');
  });
});

describe('conversations', () => {
  test('Tab and Ctrl+N go on, Shift+Tab and Ctrl+P go back, round and round', () => {
    const screen = withThree();
    const visit = (keys: string): string | undefined => {
      type(screen, keys);
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

  test('looking is not reading: passing by marks nothing as read', () => {
    const screen = withThree();
    const effects = type(screen, '\t');
    screen.loaded('carol', undefined, page([fromPeer(2, { from: 'carol' })], { unread: 2 }), NOW);
    effects.push(...type(screen, '\t\t'));
    assert.ok(!types(effects).includes('read'));
    assert.equal(screen.chat.with('carol').unread, 2);
  });

  test('writing, Esc, and the end of the conversation mark it as read', () => {
    for (const key of ['x', '\u001b[A\u001b[6~', '\u001b[6~']) {
      const screen = withBob([fromPeer(1), fromPeer(2)], { unread: 1 });
      assert.deepEqual(
        types(type(screen, key)).filter((one) => one === 'read'),
        ['read'],
        JSON.stringify(key),
      );
      assert.equal(screen.open?.unread, 0);
    }
    const screen = withBob([fromPeer(1)], { unread: 1 });
    assert.ok(types(type(screen, '\u001b[27u')).includes('read'), 'Esc');
  });

  test('Alt+A leads through what is unread, and leaves it as read', () => {
    const screen = withThree();
    screen.chat.with('dave').unread = 1;
    type(screen, '\u001ba');
    assert.equal(screen.open?.peer, 'carol');
    screen.loaded('carol', undefined, page([fromPeer(2, { from: 'carol' })], { unread: 1 }), NOW);
    const effects = type(screen, '\u001ba');
    assert.deepEqual(effects[0], { type: 'read', peer: 'carol' });
    assert.equal(screen.open?.peer, 'dave');
    screen.loaded('dave', undefined, page([fromPeer(3, { from: 'dave' })], { unread: 1 }), NOW);
    type(screen, '\u001ba');
    assert.equal(screen.open?.peer, 'dave');
    assert.match(screen.notice ?? '', /nothing else is unread/);
  });

  test('what comes while one is there is read; after a minute without a key, or in another window, it is not', () => {
    const screen = withBob([fromPeer(1)]);
    const come = (seq: number, now: number): boolean => screen.chat.received(fromPeer(seq, { at: now }), 1, now);
    assert.equal(come(2, NOW), true, 'nothing was done here yet');
    type(screen, 'x');
    assert.equal(come(3, NOW + 1_000), false);
    assert.deepEqual(screen.chat.takeReadSilently(), ['bob']);
    assert.equal(come(4, NOW + 2 * MINUTE), true);
    type(screen, 'x', NOW + 2 * MINUTE);
    type(screen, '\u001b[O', NOW + 2 * MINUTE);
    assert.equal(come(5, NOW + 2 * MINUTE + 1_000), true);
  });

  test('the conversation of the newest message stands first', () => {
    const screen = withThree();
    screen.chat.received(fromPeer(9, { from: 'dave' }), 1, NOW);
    assert.deepEqual(
      screen.chat.conversations.map(({ peer }) => peer),
      ['dave', 'bob', 'carol'],
    );
  });

  test('a conversation opens where unread begins', () => {
    const said = Array.from({ length: 100 }, (_, index) => fromPeer(index + 1));
    const screen = withBob(said, { unread: 60 });
    assert.match(seen(screen), /── new ──/);
    assert.match(seen(screen), /text 41\n/);
    assert.doesNotMatch(seen(screen), /text 100/);
  });
});

describe('scrolling', () => {
  const said = Array.from({ length: 300 }, (_, index) => fromPeer(index + 1));

  test('back and forth, and more is asked for in time, once', () => {
    const screen = withBob(said, { number: 7, older: 6 });
    assert.deepEqual(types(type(screen, '\u001b[5~')), []);
    const effects = type(screen, '\u001b[5~'.repeat(20));
    assert.deepEqual(effects, [{ type: 'load', peer: 'bob', segment: 6 }]);
    assert.match(seen(screen), /Esc: to the end/);
    type(screen, '\u001b[27u');
    assert.match(seen(screen), /text 300/);
  });

  test('Ctrl+Home leads to the beginning, which is read when it is not there', () => {
    const screen = withBob(said, { number: 7, older: 6 });
    assert.deepEqual(type(screen, '\u001b[1;5H'), [{ type: 'start', peer: 'bob' }]);
    screen.jumped('bob', page(said, { number: 1, newer: 2 }), { key: ' e1 1', words: '' }, NOW);
    assert.match(seen(screen), /▎ text 1\n/);
    type(screen, '\u001b[6~'.repeat(3));
    assert.doesNotMatch(seen(screen), /▎ text 1\n/);
    assert.deepEqual(type(screen, '\u001b<'), []);
    assert.match(seen(screen), /▎ text 1\n/);
  });

  test('Esc at a place that is far away asks for the newest', () => {
    const screen = withBob();
    screen.jumped('bob', page(said, { number: 3, older: 2, newer: 4 }), { key: ' e1 151', words: '' }, NOW);
    assert.match(seen(screen), /text 151/);
    assert.deepEqual(type(screen, '\u001b[27u'), [{ type: 'load', peer: 'bob' }]);
  });
});

describe('what lies over the messages', () => {
  test('help opens with F1, and with ? in an empty line; what is typed closes it and is not lost', () => {
    const screen = withBob();
    for (const key of ['\u001bOP', '?']) {
      type(screen, key);
      assert.match(seen(screen), /Ctrl\+R +search/);
      type(screen, 'x');
      assert.equal(screen.overlay, undefined);
      assert.match(screen.composer.text, /x$/);
      type(screen, '\u0015');
    }
    type(screen, 'why?');
    assert.equal(screen.composer.text, 'why?');
  });

  test('a ? that was meant as text is text: with what is typed after it, and alone', () => {
    const screen = withBob();
    type(screen, '?');
    type(screen, '\u001b[6~');
    type(screen, ' what');
    assert.equal(screen.composer.text, '? what');
    type(screen, '\u0015?');
    assert.deepEqual(types(type(screen, '\r')), ['keep'], 'Enter alone closes the help');
    assert.deepEqual([screen.overlay, screen.composer.text], [undefined, '?']);
    const sent = type(screen, '\r').find((effect) => effect.type === 'send');
    assert.deepEqual(sent, { type: 'send', to: 'bob', body: '?' });
    for (const key of ['\u001b[27u', '\u001bOP', '\t']) {
      type(screen, '?');
      type(screen, key);
      assert.deepEqual([screen.overlay, screen.composer.text], [undefined, ''], JSON.stringify(key));
    }
  });

  test('the search looks while one types, and shows the message where it was said', () => {
    const screen = withBob([fromPeer(1)]);
    const effects = [...type(screen, '\u0012t'), ...type(screen, 'e')];
    assert.deepEqual(effects, [
      { type: 'search', words: 't', run: 1 },
      { type: 'search', words: 'te', run: 2 },
    ]);
    assert.equal(screen.searched(1, [], true), false, 'an earlier run is not wanted any more');
    const found = [1, 2].map((seq) => ({ peer: 'carol', message: fromPeer(seq, { from: 'carol' }), segment: 4 }));
    assert.equal(screen.searched(2, found, false), true);
    assert.match(seen(screen), /2 found[\s\S]*▸ carol +09:15 +text 1\n.* carol +09:15 +text 2/);
    // An input method opens where the words are written.
    assert.deepEqual(frameOf(screen).cursor, { x: 22 + 'Search › te'.length, y: 1 });
    const [jump] = type(screen, '\u001b[B\r');
    assert.deepEqual(jump, { type: 'jump', peer: 'carol', segment: 4, key: ' e1 2', words: 'te' });
    type(screen, '\u001b[27u');
    assert.equal(screen.overlay, undefined);
  });
});

test('what was found in a long message is seen, with its words in the middle', () => {
  const screen = withBob([fromPeer(1)]);
  const long = fromPeer(2, { from: 'carol', body: `${'hay\n'.repeat(100)}the needle\n${'hay\n'.repeat(100)}` });
  screen.jumped('carol', page([fromPeer(1, { from: 'carol' }), long]), { key: ' e1 2', words: 'needle' }, NOW);
  assert.match(seen(screen), /▏ hay\n.*▏ the needle\n.*▏ hay/);
});

test('what can be done with what was found is said in a form that fits', () => {
  for (const columns of [100, 80, 50, 40, 30]) {
    const screen = makeScreen({ columns, rows: 14 });
    type(screen, '\u0012needle');
    screen.searched(1, [{ peer: 'bob', message: fromPeer(1, { body: 'the needle' }), segment: 1 }], false);
    assert.match(seen(screen), /1 found\. .*Enter shows it( there| where it was said)?\n/, `${columns}`);
  }
});

describe('what failed', () => {
  const withFailure = (): Screen => {
    const screen = withThree();
    screen.chat.sent(mine('c1', 'queued', { to: 'carol' }), 1);
    screen.chat.changed('carol', 'c1', 'failed', 'there is no such user');
    return screen;
  };

  test('elsewhere is marked in the list, and said until one has been there', () => {
    const screen = withFailure();
    assert.match(seen(screen), / {3}carol +✗ +2 │/);
    assert.match(seen(screen), /✗ failed to carol/);
    type(screen, '/to carol\r');
    assert.doesNotMatch(seen(screen), /failed to carol/);
    assert.match(seen(screen), /▸ carol +✗ +2 │/);
    screen.chat.changed('carol', 'c1', 'queued');
    assert.doesNotMatch(seen(screen), /✗/);
  });

  test('here is seen here: the status line says nothing of it', () => {
    const screen = withBob([mine('a1')]);
    screen.chat.changed('bob', 'a1', 'failed', 'no');
    assert.doesNotMatch(seen(screen), /failed to/);
    assert.match(seen(screen), /▸ bob +✗ │/);
  });

  test('in an earlier process is known from the history', () => {
    const screen = withThree();
    screen.chat.found('dave', page([mine('d1', 'failed', { to: 'dave' }), mine('d2', 'stored', { to: 'dave' })]));
    assert.match(seen(screen), / {3}dave +✗ │/);
    assert.doesNotMatch(seen(screen), /failed to/);
  });

  test('is where /resend says', () => {
    const screen = withFailure();
    type(screen, '/resend\r');
    assert.match(screen.notice ?? '', /^nothing here has failed; to carol: \/to carol$/);
    const calm = withThree();
    type(calm, '/resend\r');
    assert.equal(calm.notice, 'nothing has failed');
  });
});

describe('slash commands', () => {
  test('Tab completes them, and the names after /to', () => {
    const screen = withThree();
    type(screen, '/s\t');
    assert.equal(screen.composer.text, '/search ');
    type(screen, '\u0015/to \t');
    assert.match(seen(screen), /\/to bob\n.*\/to carol\n.*\/to dave\n.*─/);
    type(screen, 'c\t\r');
    assert.equal(screen.open?.peer, 'carol');
  });

  test('who types a slash sees them, with what they do; and only as far as there is room', () => {
    const screen = withThree();
    type(screen, '/');
    assert.match(seen(screen), /\/to NAME +talk to somebody\n[\s\S]*\/quit +leave\n.*─\n.*› \/\n/);
    type(screen, 'se');
    assert.doesNotMatch(seen(screen), /\/to NAME/);
    assert.match(seen(screen), /\/search WORDS +in all conversations/);
    type(screen, '\u007f'.repeat(2));
    screen.size = { columns: 40, rows: 8 };
    const rows = seen(screen).split('\n');
    assert.match(rows[0] ?? '', /bob/);
    assert.match(rows.at(-2) ?? '', /› \/$/);
    type(screen, '\u007f');
    assert.doesNotMatch(seen(screen), /\/to NAME/);
  });

  test('what is no command is not sent, and the user is told; // begins a message with a slash', () => {
    const screen = withBob();
    assert.ok(!types(type(screen, '/etc/hosts\r')).includes('send'));
    assert.match(screen.notice ?? '', /there is no \/etc\/hosts/);
    type(screen, '\u0015');
    const sent = type(screen, '//etc/hosts\r').find((effect) => effect.type === 'send');
    assert.deepEqual(sent, { type: 'send', to: 'bob', body: '/etc/hosts' });
  });

  test('each does what it says', () => {
    const failed = mine('a1', 'failed', { why: 'no' });
    const table: [string, string[]][] = [
      ['/to dave', ['keep', 'keep', 'load']],
      ['/resend', ['keep', 'resend']],
      ['/search words', ['keep', 'search']],
      ['/export bob.jsonl', ['keep', 'export']],
      ['/plain', ['keep', 'plain']],
      ['/quit', ['keep', 'quit']],
      ['/help', ['keep']],
      ['/who', ['keep']],
    ];
    for (const [command, expected] of table) {
      const screen = withBob([failed]);
      type(screen, command);
      assert.deepEqual(types(type(screen, '\r')), expected, command);
    }
  });

  test('/who says who and where one is', () => {
    const screen = withThree();
    screen.chat.happened({ type: 'connecting', attempt: 1 }, NOW);
    type(screen, '/who\r');
    assert.match(seen(screen), /You are alice on 127\.0\.0\.1:4690: connecting\./);
    const detail = 'something that takes more than one row to say';
    screen.chat.happened({ type: 'offline', reason: 'lost', code: 1006, detail, retryInMs: 9_000 }, NOW);
    assert.match(seen(screen), /offline: something that\n.*│ +takes more than one row to say, next try in 9 s\./);
    assert.match(seen(screen), /carol: 2 unread/);
  });

  test('each wants what it takes', () => {
    for (const [command, why] of [
      ['/to', /needs NAME/],
      ['/to Bob!', /Bob! cannot be a name: 1 to 32 of a-z 0-9 \. _ -, starting/],
      ['/quit now', /takes nothing/],
    ] as const) {
      const screen = withBob();
      type(screen, `${command}\r`);
      assert.match(screen.notice ?? '', why);
    }
  });
});

test('Ctrl+C quits when it is pressed twice, and only then', () => {
  const screen = withBob();
  assert.deepEqual(type(screen, '\u0003'), []);
  assert.match(seen(screen), /Ctrl\+C again quits/);
  type(screen, 'x');
  assert.deepEqual(type(screen, '\u0003'), []);
  assert.deepEqual(types(type(screen, '\u0003')), ['quit']);
});

test('keys that mean nothing do nothing', () => {
  const screen = withBob();
  assert.deepEqual(type(screen, '\u001b[15~\u001bq\u001b[24;80R\u0000'), []);
  assert.equal(screen.composer.text, '');
});
