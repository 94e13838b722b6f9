/** Compares what a page shows with what was printed: what differs from run to run is a placeholder. Pure. */

/** What is taken for the same, and what stands for it. In this order. */
const PLACEHOLDERS: readonly (readonly [RegExp, string])[] = [
  [/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, 'ID'],
  [/127\.0\.0\.1:\d+/g, '127.0.0.1:PORT'],
  [/\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?Z?)?/g, 'TIME'],
  [/\d{4}-\d\d-\d\d/g, 'DAY'],
  [/\b\d+(\.\d+)?( ?(µs|ms|s|m|h|d))\b/g, 'DURATION'],
  // Columns are as wide as what stands in them.
  [/ {2,}/g, '  '],
  [/ +$/gm, ''],
];

/** `…` in what is shown stands for anything in its line; alone in a line, for any lines. */
const ANYTHING = '…';

export function likeness(text: string): string {
  return PLACEHOLDERS.reduce((like, [pattern, word]) => like.replace(pattern, word), text);
}

/** Whether a line that was printed is like one that is shown. */
export function isLike(shown: string, printed: string): boolean {
  return new RegExp(`^${patternOf(likeness(shown))}$`).test(likeness(printed));
}

/** Whether everything that was printed is like everything that is shown. */
export function areLike(shown: readonly string[], printed: readonly string[]): boolean {
  const lines = shown.map((line) => (line === ANYTHING ? '(?:.*\n)*?' : `${patternOf(likeness(line))}\n`));
  return new RegExp(`^${lines.join('')}$`).test(printed.map((line) => `${likeness(line)}\n`).join(''));
}

const patternOf = (line: string): string =>
  line
    .split(ANYTHING)
    .map((part) => part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'))
    .join('.*');
