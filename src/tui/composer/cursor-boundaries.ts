/** Positions that a cursor can take in a text: grapheme boundaries, ends of words and lines. Indices are in UTF-16 units. */
import { boundaries, graphemes } from '../../text/graphemes.js';

/** The index of the first character of the line that contains `index`. */
export const lineStart = (text: string, index: number): number =>
  index === 0 ? 0 : text.lastIndexOf('\n', index - 1) + 1; // lastIndexOf treats a start of -1 as 0

/** The index after the last character of the line that contains `index`: its newline, or the end of the text. */
export function lineEnd(text: string, index: number): number {
  const end = text.indexOf('\n', index);
  return end === -1 ? text.length : end;
}

/** The grapheme boundary before `index`; 0 at the start of the text. */
export function boundaryBefore(text: string, index: number): number {
  const start = lineStart(text, index);
  if (index <= start) return Math.max(index - 1, 0); // over the newline
  const ends = boundaries(text.slice(start, index));
  return start + (ends.at(-2) ?? 0);
}

/** The grapheme boundary after `index`; the length at the end of the text. */
export function boundaryAfter(text: string, index: number): number {
  const end = lineEnd(text, index);
  if (index >= end) return Math.min(index + 1, text.length); // over the newline
  return snap(text, index + 1);
}

/** `index` if it is a grapheme boundary, else the next boundary. */
export function snap(text: string, index: number): number {
  const start = lineStart(text, index);
  const offset = index - start;
  if (offset <= 0) return start;
  const ends = boundaries(text.slice(start, lineEnd(text, index)));
  return start + (ends.find((end) => end >= offset) ?? 0);
}

/** A word has characters of one kind. Chinese and Japanese have no spaces: a change of script ends a word. */
const WORD_KINDS: readonly RegExp[] = [
  /^\p{Script=Han}/u,
  /^\p{Script=Hiragana}/u,
  /^[\p{Script=Katakana}ー]/u,
  /^[\p{L}\p{N}\p{M}_]/u,
];

const NOT_IN_A_WORD = -1;

const kindOf = (grapheme: string): number => WORD_KINDS.findIndex((kind) => kind.test(grapheme));

/** The start of the word before `index`; separators and newlines before it are skipped. */
export function wordStartBefore(text: string, index: number): number {
  let end = index;
  while (end > 0) {
    const start = lineStart(text, end);
    const length = lengthThroughWord([...graphemes(text.slice(start, end))].reverse());
    if (length !== undefined) return end - length;
    end = Math.max(start - 1, 0);
  }
  return 0;
}

/** The end of the word after `index`; separators and newlines before it are skipped. */
export function wordEndAfter(text: string, index: number): number {
  let start = index;
  while (start < text.length) {
    const end = lineEnd(text, start);
    const length = lengthThroughWord([...graphemes(text.slice(start, end))]);
    if (length !== undefined) return start + length;
    start = end + 1;
  }
  return text.length;
}

/** The length of the graphemes up to the end of the first word; undefined without a word. */
function lengthThroughWord(line: readonly string[]): number | undefined {
  const start = line.findIndex((grapheme) => kindOf(grapheme) !== NOT_IN_A_WORD);
  if (start === -1) return undefined;
  const kind = kindOf(line[start] ?? '');
  const end = line.findIndex((grapheme, index) => index > start && kindOf(grapheme) !== kind);
  return line.slice(0, end === -1 ? line.length : end).join('').length;
}
