/** Where a cursor may stand in a text: between graphemes, at the edges of words and lines. Indices count UTF-16 units. */
import { boundaries, graphemes } from '../../text/graphemes.js';

/** The first index of the line that holds `index`. */
export const lineStart = (text: string, index: number): number =>
  index === 0 ? 0 : text.lastIndexOf('\n', index - 1) + 1; // lastIndexOf would take -1 for 0

/** The index behind the last character of the line that holds `index`. */
export function lineEnd(text: string, index: number): number {
  const end = text.indexOf('\n', index);
  return end === -1 ? text.length : end;
}

/** The boundary before `index`; 0 at the start. */
export function before(text: string, index: number): number {
  const start = lineStart(text, index);
  if (index <= start) return Math.max(index - 1, 0); // over the newline
  const ends = boundaries(text.slice(start, index));
  return start + (ends.at(-2) ?? 0);
}

/** The boundary behind `index`; the length at the end. */
export function behind(text: string, index: number): number {
  const end = lineEnd(text, index);
  if (index >= end) return Math.min(index + 1, text.length);
  return snap(text, index + 1);
}

/** `index` itself, if it is a boundary; else the next one. */
export function snap(text: string, index: number): number {
  const start = lineStart(text, index);
  const ends = boundaries(text.slice(start, lineEnd(text, index)));
  const wanted = index - start;
  return wanted <= 0 ? start : start + (ends.find((end) => end >= wanted) ?? 0);
}

/** Characters of one kind stand together in a word. Chinese and Japanese need no spaces: a change of script ends a word. */
const KINDS: readonly RegExp[] = [
  /^\p{Script=Han}/u,
  /^\p{Script=Hiragana}/u,
  /^[\p{Script=Katakana}ー]/u,
  /^[\p{L}\p{N}\p{M}_]/u,
];

const NO_WORD = -1;

const kindOf = (character: string): number => KINDS.findIndex((kind) => kind.test(character));

/** The start of the word before `index`. What stands between words is skipped. */
export function wordBefore(text: string, index: number): number {
  let end = index;
  while (end > 0) {
    const start = lineStart(text, end);
    const found = [...graphemes(text.slice(start, end))].reverse();
    const skipped = found.findIndex((grapheme) => kindOf(grapheme) !== NO_WORD);
    if (skipped !== -1) return end - lengthOf(found.slice(0, skipped)) - lengthOf(wordAt(found.slice(skipped)));
    end = Math.max(start - 1, 0);
  }
  return 0;
}

/** The end of the word behind `index`. */
export function wordBehind(text: string, index: number): number {
  let start = index;
  while (start < text.length) {
    const end = lineEnd(text, start);
    const found = [...graphemes(text.slice(start, end))];
    const skipped = found.findIndex((grapheme) => kindOf(grapheme) !== NO_WORD);
    if (skipped !== -1) return start + lengthOf(found.slice(0, skipped)) + lengthOf(wordAt(found.slice(skipped)));
    start = end + 1;
  }
  return text.length;
}

/** The graphemes at the beginning that are of one kind. */
function wordAt(found: readonly string[]): readonly string[] {
  const kind = kindOf(found[0] ?? '');
  const end = found.findIndex((grapheme) => kindOf(grapheme) !== kind);
  return end === -1 ? found : found.slice(0, end);
}

const lengthOf = (found: readonly string[]): number => found.reduce((sum, { length }) => sum + length, 0);
