/** The composer: a text and a cursor in it, edited grapheme by grapheme. Pure: each edit makes a new state. */
import { TUI } from '../limits.js';
import { before, behind, lineEnd, lineStart, snap, wordBefore, wordBehind } from './cursor-boundaries.js';

/** A text with a cursor. The text is well-formed, the cursor stands on a grapheme boundary (a UTF-16 index). */
export interface Composer {
  readonly text: string;
  readonly cursor: number;
  /** What was killed last; `yank` brings it back. */
  readonly killed: string;
  /** Where `undo` and `redo` lead, the nearest last. */
  readonly past: readonly Snapshot[];
  readonly future: readonly Snapshot[];
  /** The edit that goes on: its steps are undone together, and kills in a row are gathered. */
  readonly run: 'typing' | 'deleting' | 'killing' | undefined;
}

interface Snapshot {
  readonly text: string;
  readonly cursor: number;
}

export const EMPTY: Composer = { text: '', cursor: 0, killed: '', past: [], future: [], run: undefined };

/** A composer with this text in it, the cursor at its end: a draft, or a message to be written again. */
export function composerWith(text: string, killed = ''): Composer {
  const clean = text.toWellFormed();
  return { ...EMPTY, text: clean, cursor: clean.length, killed };
}

/** Puts typed text in at the cursor. What no keyboard makes (controls, lone surrogates) does not get in. */
export function insert(composer: Composer, text: string): Composer {
  const clean = pasted(text);
  if (clean === '' || composer.text.length + clean.length > TUI.maxComposerLength) return composer;
  const goesOn = composer.run === 'typing' && !/\s/.test(clean);
  return change(composer, composer.cursor, composer.cursor, clean, 'typing', goesOn);
}

/** Puts text in at the cursor as a step of its own. */
export const paste = (composer: Composer, text: string): Composer => ({
  ...insert({ ...composer, run: undefined }, text),
  run: undefined,
});

/** What of a paste goes into a message: line ends as newlines, tabs, and nothing that acts on a terminal. */
const pasted = (text: string): string =>
  text
    .replace(/\r\n?/g, '\n')
    .replace(/[\0-\x08\x0b-\x1f\x7f-\x9f]/g, '')
    .toWellFormed();

type Edit = (composer: Composer) => Composer;

/** Every edit by its name; the key table binds keys to them. */
export const EDITS = {
  newline: (composer) => insert(composer, '\n'),
  left: (composer) => move(composer, before(composer.text, composer.cursor)),
  right: (composer) => move(composer, behind(composer.text, composer.cursor)),
  'word-left': (composer) => move(composer, wordBefore(composer.text, composer.cursor)),
  'word-right': (composer) => move(composer, wordBehind(composer.text, composer.cursor)),
  'line-start': (composer) => move(composer, lineStart(composer.text, composer.cursor)),
  'line-end': (composer) => move(composer, lineEnd(composer.text, composer.cursor)),
  'delete-left': (composer) => remove(composer, before(composer.text, composer.cursor), composer.cursor),
  'delete-right': (composer) => remove(composer, composer.cursor, behind(composer.text, composer.cursor)),
  'kill-word-left': (composer) => kill(composer, wordBefore(composer.text, composer.cursor), composer.cursor),
  'kill-word-right': (composer) => kill(composer, composer.cursor, wordBehind(composer.text, composer.cursor)),
  'kill-to-start': (composer) => kill(composer, lineStart(composer.text, composer.cursor), composer.cursor),
  'kill-to-end': (composer) => {
    const end = lineEnd(composer.text, composer.cursor);
    // At the end of a line: the newline, so that killing again and again takes line by line.
    return kill(composer, composer.cursor, end === composer.cursor ? Math.min(end + 1, composer.text.length) : end);
  },
  yank: (composer) => paste(composer, composer.killed),
  undo: (composer) => travel(composer, 'past', 'future'),
  redo: (composer) => travel(composer, 'future', 'past'),
  clear: (composer) => kill(composer, 0, composer.text.length),
} as const satisfies Record<string, Edit>;

export type EditName = keyof typeof EDITS;

/** The cursor goes to the boundary at `index`, or to the next one. */
export const move = (composer: Composer, index: number): Composer => ({
  ...composer,
  cursor: snap(composer.text, Math.max(0, Math.min(index, composer.text.length))),
  run: undefined,
});

const remove = (composer: Composer, from: number, to: number): Composer =>
  from === to ? composer : change(composer, from, to, '', 'deleting', composer.run === 'deleting');

function kill(composer: Composer, from: number, to: number): Composer {
  if (from === to) return composer;
  const text = composer.text.slice(from, to);
  const goesOn = composer.run === 'killing';
  const isLeft = from < composer.cursor;
  const gathered = isLeft ? text + composer.killed : composer.killed + text;
  return { ...change(composer, from, to, '', 'killing', false), killed: goesOn ? gathered : text };
}

/** Replaces a part of the text. When the edit goes on, there is nothing between its steps to come back to. */
function change(
  composer: Composer,
  from: number,
  to: number,
  by: string,
  run: Composer['run'],
  goesOn: boolean,
): Composer {
  const text = composer.text.slice(0, from) + by + composer.text.slice(to);
  const { text: wasText, cursor: wasCursor } = composer;
  const past = goesOn ? composer.past : [...composer.past, { text: wasText, cursor: wasCursor }].slice(-TUI.maxUndo);
  // A mark or a joiner between two graphemes makes them one.
  return { text, cursor: snap(text, from + by.length), killed: composer.killed, past, future: [], run };
}

function travel(composer: Composer, from: 'past' | 'future', to: 'past' | 'future'): Composer {
  const target = composer[from].at(-1);
  if (target === undefined) return composer;
  const here = { text: composer.text, cursor: composer.cursor };
  return {
    ...composer,
    ...target,
    [from]: composer[from].slice(0, -1),
    [to]: [...composer[to], here],
    run: undefined,
  };
}
