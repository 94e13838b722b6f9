/** Keys from the settings: which are taken, which are refused and why, and conflicts. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { TUI } from '../../../src/tui/limits.js';
import { KeyDecoder } from '../../../src/tui/screen/key-decoder.js';
import { keysText, parseKeys } from '../../../src/tui/screen/key-parser.js';
import { type KeySettings, toKeymap } from '../../../src/tui/screen/keymap.js';
import { BINDINGS } from '../../../src/tui/screen/keys.js';
import type { Screen } from '../../../src/tui/screen/screen.js';
import { makeScreen, NOW, page, press, screenText } from '../fixture.js';

/** What terminals send for keys, as a setting may name them. */
const SENT: readonly (readonly [string, string])[] = [
  ['ctrl+g', '\u0007'],
  ['C-g', '\u0007'],
  ['Ctrl-G', '\u0007'],
  ['<C-g>', '\u0007'],
  ['alt+s', '\u001bs'],
  ['Alt+S', '\u001bs'],
  ['meta-s', '\u001bs'],
  ['alt+shift+s', '\u001bS'],
  ['alt+?', '\u001b?'],
  ['alt+,', '\u001b,'],
  ['alt+-', '\u001b-'],
  ['alt++', '\u001b+'],
  ['alt+ö', '\u001bö'],
  ['alt+space', '\u001b '],
  ['alt+]', '\u001b]'],
  ['ctrl+alt+g', '\u001b\u0007'],
  ['ctrl+space', '\0'],
  ['ctrl+@', '\0'],
  ['ctrl+\\', '\u001c'],
  ['ctrl+/', '\u001f'],
  ['f5', '\u001b[15~'],
  ['F12', '\u001b[24~'],
  ['shift+f6', '\u001b[17;2~'],
  ['ctrl+alt+up', '\u001b[1;7A'],
  ['shift+PgUp', '\u001b[5;2~'],
  ['ins', '\u001b[2~'],
  ['alt+enter', '\u001b\r'],
];

const decoded = (bytes: string): string[] => {
  const decoder = new KeyDecoder();
  return [...decoder.push(bytes, 0), ...decoder.flush()].map((input) =>
    input.type === 'key' ? input.key : input.type,
  );
};

const problemOf = (text: string, action: (typeof BINDINGS)[number]['action'] = 'search'): string => {
  const keys = parseKeys(text, action);
  return 'problem' in keys ? keys.problem : '';
};

describe('keys of a setting', () => {
  test('they have the names that the decoder gives to what a terminal sends', () => {
    for (const [name, bytes] of SENT) assert.deepEqual(parseKeys(name, 'search'), decoded(bytes), name);
  });

  test('several keys are separated by commas, two keys one after the other by a blank', () => {
    assert.deepEqual(parseKeys('alt+s, ctrl+x  ctrl+s,f5,f5', 'search'), ['alt+s', 'ctrl+x ctrl+s', 'f5']);
    assert.deepEqual(parseKeys('alt+,,alt+-, alt+.', 'search'), ['alt+,', 'alt+-', 'alt+.']);
    assert.deepEqual(parseKeys('none', 'search'), []);
  });

  test('keys that are text, or mean the same everywhere, or are not sent, are refused with the reason', () => {
    const table: [string, RegExp][] = [
      ['x', /x cannot be chosen: it is text/],
      ['shift+x', /text/],
      ['你', /text/],
      ['space', /text/],
      ['ctrl+x e', /e cannot be chosen: it is text/],
      ['ctrl+c', /ctrl\+c cannot be chosen: it always quits/],
      ['ctrl+x C-c', /always quits/],
      ['enter', /always sends/],
      ['return', /always sends/],
      ['esc', /always closes/],
      ['tab', /always completes/],
      ['ctrl+i', /terminals send tab for it/],
      ['ctrl+m', /terminals send enter/],
      ['ctrl+[', /terminals send escape/],
      ['ctrl+alt+i', /terminals send alt\+tab/],
      ['ctrl+alt+c', /terminals send escape and ctrl\+c/],
      ['ctrl+1', /do not tell it from 1/],
      ['ctrl+shift+x', /do not tell it from x/],
      ['ctrl+enter', /do not tell it from enter/],
      ['ctrl+tab', /do not tell it from tab/],
      ['alt+[', /begins other keys/],
      ['alt+shift+o', /begins other keys/],
      ['alt+escape', /do not tell it from escape/],
      ['alt+shift+1', /write the character/],
      ['f13', /f13 is not the name of a key/],
      ['super+x', /super\+x is not the name of a key/],
      ['', /a key is missing/],
      ['alt+s,', /a key is missing/],
      ['ctrl+', /is not the name of a key/],
      ['f5 f6 f7', /more than two keys/],
      ['a'.repeat(TUI.maxKeysLength + 1), new RegExp(`more than ${TUI.maxKeysLength} characters`)],
      ['\u0007', /is not the name of a key/],
      ['alt+\u001b', /is not the name of a key/],
      ['alt+\u200b', /is not the name of a key/],
      ['__proto__', /is not the name of a key/],
      ['constructor', /is not the name of a key/],
    ];
    for (const [text, problem] of table) assert.match(problemOf(text), problem, JSON.stringify(text));
    assert.match(problemOf('none', 'quit'), /ctrl\+c always quits; other keys can be added/);
  });

  test('whatever is written, it is refused or survives being written again', () => {
    const part = fc.constantFrom(
      'ctrl+',
      'alt+',
      'C-',
      'shift+',
      'x',
      'O',
      'f5',
      'up',
      'space',
      ' ',
      ',',
      '+',
      '-',
      '\\',
      '_',
    );
    const text = fc.oneof(
      fc.array(part, { maxLength: 8 }).map((parts) => parts.join('')),
      fc.string({ unit: 'binary' }),
    );
    fc.assert(
      fc.property(text, (written) => {
        const keys = parseKeys(written, 'search');
        if (!('problem' in keys)) assert.deepEqual(parseKeys(keysText(keys), 'search'), keys);
      }),
    );
  });
});

describe('the keymap', () => {
  const whats = (settings: KeySettings): string[] => toKeymap(settings).problems.map(({ what }) => what);

  test('without settings it has no conflict, and its keys can all be written', () => {
    assert.deepEqual(whats({}), []);
    for (const { action, keys } of BINDINGS)
      assert.deepEqual(whats({ [action]: keys }), [], `the default keys of ${action} as a setting`);
  });

  test('a setting replaces the keys of its action; Enter, Tab, Esc and Ctrl+C stay', () => {
    const { keymap, problems } = toKeymap({
      search: ['alt+s', 'ctrl+x ctrl+s'],
      quit: 'ctrl+q',
      yank: [],
      undo: 'none',
    });
    assert.deepEqual(problems, []);
    assert.equal(keymap.actionOf('alt+s'), 'search');
    assert.equal(keymap.actionOf('ctrl+x ctrl+s'), 'search');
    assert.equal(keymap.isPrefix('ctrl+x'), true);
    assert.equal(keymap.actionOf('ctrl+r'), undefined);
    assert.deepEqual(keymap.keysOf('quit'), ['ctrl+c', 'ctrl+q']);
    assert.deepEqual([keymap.keysOf('yank'), keymap.keysOf('undo')], [[], []]);
    assert.equal(keymap.labelOf('yank'), undefined);
    assert.equal(toKeymap({ search: 'alt+shift+s' }).keymap.labelOf('search'), 'Alt+Shift+S');
  });

  test('two actions on one key are a conflict that names both', () => {
    assert.deepEqual(whats({ search: 'ctrl+n' }), ['ctrl+n is the key of next and of search']);
    assert.deepEqual(whats({ search: 'ctrl+n', next: 'ctrl+r' }), []);
    assert.deepEqual(whats({ search: 'ctrl+/' }), ['ctrl+_ is the key of search and of undo']);
    assert.deepEqual(whats({ search: 'ctrl+x' }), [
      'ctrl+x is the key of search, and begins ctrl+x ctrl+e, the key of edit',
    ]);
    assert.deepEqual(whats({ search: 'up f5' }), ['up is the key of row-up, and begins up f5, the key of search']);
    assert.deepEqual(whats({ serach: 'f5', search: 'f77' }), [
      'f77 is not the name of a key',
      'there is no action serach',
    ]);
  });

  test('hostile names are names that nothing has', () => {
    const settings = JSON.parse('{"__proto__":"f5","constructor":["f6"],"toString":"x"}');
    assert.deepEqual(whats(settings), [
      'there is no action __proto__',
      'there is no action constructor',
      'there is no action toString',
    ]);
    const { keymap } = toKeymap();
    for (const key of ['__proto__', 'constructor', 'toString']) {
      assert.equal(keymap.actionOf(key), undefined);
      assert.equal(keymap.isPrefix(key), false);
    }
    assert.ok((whats({ ['a'.repeat(1_000_000)]: 'f5' })[0] ?? '').length < 100);
  });
});

describe('a screen with keys of its own', () => {
  const overlayOf = ({ overlay }: Screen): string | undefined => overlay?.type;
  const withKeys = (keys: KeySettings) => {
    const screen = makeScreen(undefined, keys);
    screen.select('bob', NOW);
    screen.pageLoaded('bob', undefined, page([]), NOW);
    return screen;
  };

  test('they work, the old ones do not, and the screen names them', () => {
    const screen = withKeys({ help: 'f5', search: 'ctrl+x ctrl+s', 'next-unread': 'alt+n' });
    screen.chat.conversationWith('carol').unread = 2;
    assert.match(screenText(screen), /2 unread: Alt\+N +F5 help/);
    press(screen, '\u001bOP');
    assert.equal(overlayOf(screen), undefined);
    press(screen, '\u001b[15~');
    assert.equal(overlayOf(screen), 'help');
    assert.match(screenText(screen), /Ctrl\+X Ctrl\+S +search all messages/);
    assert.match(screenText(screen), /F5 +show this help/);
    press(screen, '\u001b[15~\u0018\u0013');
    assert.equal(overlayOf(screen), 'search');
  });

  test('an action without a key is not named', () => {
    const screen = withKeys({ help: [], 'next-unread': [], 'kill-to-start': [], search: [] });
    screen.chat.conversationWith('carol').unread = 2;
    assert.match(screenText(screen), /2 unread +\/help help/);
    press(screen, '/nope\r');
    assert.match(screen.notices.text ?? '', /^unknown command \/nope: /);
    screen.overlay = { type: 'help', top: 0, isTyped: false };
    assert.doesNotMatch(screenText(screen), /search all messages.*\n.*mark read, go/);
  });
});
