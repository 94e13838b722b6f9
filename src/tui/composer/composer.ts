/** The composer: a text and a cursor, edited grapheme by grapheme. Pure: each edit returns a new state. */
import { TUI } from '../limits.js';
import {
  boundaryAfter,
  boundaryBefore,
  lineEnd,
  lineStart,
  snap,
  wordEndAfter,
  wordStartBefore,
} from './cursor-boundaries.js';

/** A text with a cursor. The text is well-formed UTF-16; the cursor is the index of a grapheme boundary. */
export interface Composer {
  readonly text: string;
  readonly cursor: number;
  /** Text of the last kill; `yank` inserts it. */
  readonly killed: string;
  /** Newest last. */
  readonly undoStack: readonly Snapshot[];
  readonly redoStack: readonly Snapshot[];
  /**
   * The kind of the last edit; undefined after anything else. Consecutive typing or deleting is one undo step; consecutive
   * kills are joined in `killed`.
   */
  readonly lastEdit: 'typing' | 'deleting' | 'killing' | undefined;
}

interface Snapshot {
  readonly text: string;
  readonly cursor: number;
}

export const EMPTY_COMPOSER: Composer = {
  text: '',
  cursor: 0,
  killed: '',
  undoStack: [],
  redoStack: [],
  lastEdit: undefined,
};

/** A composer with this text, the cursor at its end and nothing to undo: a draft, or recalled input. */
export function composerWith(text: string, killed = ''): Composer {
  const clean = text.toWellFormed();
  return { ...EMPTY_COMPOSER, text: clean, cursor: clean.length, killed };
}

/** Inserts typed text at the cursor, without controls and lone surrogates. Text over the limit is not inserted. */
export function insert(composer: Composer, text: string): Composer {
  const clean = sanitize(text);
  if (clean === '' || composer.text.length + clean.length > TUI.maxComposerLength) return composer;
  const continues = composer.lastEdit === 'typing' && !/\s/.test(clean);
  return replaceRange(composer, composer.cursor, composer.cursor, clean, 'typing', continues);
}

/** Inserts text at the cursor as an undo step of its own. */
export const paste = (composer: Composer, text: string): Composer => ({
  ...insert({ ...composer, lastEdit: undefined }, text),
  lastEdit: undefined,
});

/** Replaces the whole text, as an undo step of its own. A text over the limit changes nothing. */
export function replaceText(composer: Composer, text: string): Composer {
  const clean = sanitize(text);
  if (clean === composer.text || clean.length > TUI.maxComposerLength) return composer;
  return { ...replaceRange(composer, 0, composer.text.length, clean, 'typing', false), lastEdit: undefined };
}

/** Line ends become newlines, tabs stay; other control characters and lone surrogates are removed or replaced. */
const sanitize = (text: string): string =>
  text
    .replace(/\r\n?/g, '\n')
    .replace(/[\0-\x08\x0b-\x1f\x7f-\x9f]/g, '')
    .toWellFormed();

type Edit = (composer: Composer) => Composer;

/** Every edit by name; the key table binds keys to them. */
export const EDITS = {
  newline: (composer) => insert(composer, '\n'),
  left: (composer) => move(composer, boundaryBefore(composer.text, composer.cursor)),
  right: (composer) => move(composer, boundaryAfter(composer.text, composer.cursor)),
  'word-left': (composer) => move(composer, wordStartBefore(composer.text, composer.cursor)),
  'word-right': (composer) => move(composer, wordEndAfter(composer.text, composer.cursor)),
  'line-start': (composer) => move(composer, lineStart(composer.text, composer.cursor)),
  'line-end': (composer) => move(composer, lineEnd(composer.text, composer.cursor)),
  'delete-left': (composer) => remove(composer, boundaryBefore(composer.text, composer.cursor), composer.cursor),
  'delete-right': (composer) => remove(composer, composer.cursor, boundaryAfter(composer.text, composer.cursor)),
  'kill-word-left': (composer) => kill(composer, wordStartBefore(composer.text, composer.cursor), composer.cursor),
  'kill-word-right': (composer) => kill(composer, composer.cursor, wordEndAfter(composer.text, composer.cursor)),
  'kill-to-start': (composer) => kill(composer, lineStart(composer.text, composer.cursor), composer.cursor),
  'kill-to-end': (composer) => {
    const end = lineEnd(composer.text, composer.cursor);
    // At the end of a line, kill the newline: repeated kills then take line after line.
    return kill(composer, composer.cursor, end === composer.cursor ? Math.min(end + 1, composer.text.length) : end);
  },
  yank: (composer) => paste(composer, composer.killed),
  undo: (composer) => restore(composer, 'undoStack', 'redoStack'),
  redo: (composer) => restore(composer, 'redoStack', 'undoStack'),
} as const satisfies Record<string, Edit>;

export type EditName = keyof typeof EDITS;

/** Moves the cursor to `index`, or to the next grapheme boundary. */
export const move = (composer: Composer, index: number): Composer => ({
  ...composer,
  cursor: snap(composer.text, Math.max(0, Math.min(index, composer.text.length))),
  lastEdit: undefined,
});

const remove = (composer: Composer, from: number, to: number): Composer =>
  from === to ? composer : replaceRange(composer, from, to, '', 'deleting', composer.lastEdit === 'deleting');

function kill(composer: Composer, from: number, to: number): Composer {
  if (from === to) return composer;
  const text = composer.text.slice(from, to);
  const joined = from < composer.cursor ? text + composer.killed : composer.killed + text;
  const killed = composer.lastEdit === 'killing' ? joined : text;
  return { ...replaceRange(composer, from, to, '', 'killing', false), killed };
}

/** Replaces a range of the text. @param continues whether this edit belongs to the undo step of the last one. */
function replaceRange(
  { text, cursor, killed, undoStack }: Composer,
  from: number,
  to: number,
  replacement: string,
  lastEdit: Composer['lastEdit'],
  continues: boolean,
): Composer {
  const replaced = text.slice(0, from) + replacement + text.slice(to);
  return {
    text: replaced,
    // A combining mark or a joiner can merge the graphemes around it into one.
    cursor: snap(replaced, from + replacement.length),
    killed,
    undoStack: continues ? undoStack : [...undoStack, { text, cursor }].slice(-TUI.maxUndo),
    redoStack: [],
    lastEdit,
  };
}

type Stack = 'undoStack' | 'redoStack';

function restore(composer: Composer, from: Stack, to: Stack): Composer {
  const target = composer[from].at(-1);
  if (target === undefined) return composer;
  const current = { text: composer.text, cursor: composer.cursor };
  return {
    ...composer,
    ...target,
    [from]: composer[from].slice(0, -1),
    [to]: [...composer[to], current],
    lastEdit: undefined,
  };
}
