/** The symbols of the screen, in Unicode and in ASCII. Each is explained by a word next to it or in the help. */
import { type SafeText, safe } from '../../text/safe-text.js';

export const UNICODE = {
  queued: safe`…`,
  stored: safe`✓`,
  delivered: safe`✓✓`,
  failed: safe`✗`,
  /** At the left of a message's first row and of its other rows (R18): nothing else on the screen begins with them. */
  gutter: safe`▎`,
  gutterContinued: safe`▏`,
  /** At the left of the quote above an answer. */
  gutterQuote: safe`┌`,
  horizontal: safe`─`,
  vertical: safe`│`,
  online: safe`●`,
  offline: safe`○`,
  pointer: safe`▸`,
  prompt: safe`›`,
  draft: safe`✎`,
  ellipsis: safe`…`,
  above: safe`↑`,
  below: safe`↓`,
};

export type Symbols = Readonly<Record<keyof typeof UNICODE, SafeText>>;

export const ASCII: Symbols = {
  queued: safe`...`,
  stored: safe`v`,
  delivered: safe`vv`,
  failed: safe`x`,
  gutter: safe`|`,
  gutterContinued: safe`:`,
  gutterQuote: safe`/`,
  horizontal: safe`-`,
  vertical: safe`|`,
  online: safe`*`,
  offline: safe`o`,
  pointer: safe`>`,
  prompt: safe`>`,
  draft: safe`*`,
  ellipsis: safe`~`,
  above: safe`^`,
  below: safe`v`,
};

/** Lines are drawn with characters of one column: where Unicode has none, in ASCII. */
export function symbolsFor(isAscii: boolean, ambiguousWidth: 1 | 2): Symbols {
  if (isAscii) return ASCII;
  const { horizontal, vertical } = ASCII;
  return ambiguousWidth === 1 ? UNICODE : { ...UNICODE, horizontal, vertical };
}
