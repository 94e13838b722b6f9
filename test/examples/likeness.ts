/** Compares the output of a command with that shown on a page, ignoring what differs from run to run. Pure. */

/** Patterns of text that differs, and their placeholders, applied in this order. */
const PLACEHOLDERS: readonly (readonly [RegExp, string])[] = [
  [/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, 'ID'],
  [/(127\.0\.0\.1|0\.0\.0\.0):\d+/g, '$1:PORT'],
  [/\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?Z?)?/g, 'TIME'],
  [/\d{4}-\d\d-\d\d/g, 'DAY'],
  [/\b\d+(\.\d+)?( ?(µs|ms|s|m|h|d))\b/g, 'DURATION'],
  // The width of columns depends on their content.
  [/ {2,}/g, '  '],
  [/ +$/gm, ''],
];

/** `…` on a page matches anything within its line; alone on a line it matches any number of lines. */
const ANYTHING = '…';

export function likeness(text: string): string {
  return PLACEHOLDERS.reduce((like, [pattern, word]) => like.replace(pattern, word), text);
}

/** Whether a printed line matches a shown one. */
export function isLike(shown: string, printed: string): boolean {
  return new RegExp(`^${patternOf(likeness(shown))}$`).test(likeness(printed));
}

/** Whether the printed lines match the shown ones. */
export function areLike(shown: readonly string[], printed: readonly string[]): boolean {
  const lines = shown.map((line) => (line === ANYTHING ? '(?:.*\n)*?' : `${patternOf(likeness(line))}\n`));
  return new RegExp(`^${lines.join('')}$`).test(printed.map((line) => `${likeness(line)}\n`).join(''));
}

const patternOf = (line: string): string =>
  line
    .split(ANYTHING)
    .map((part) => part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'))
    .join('.*');
