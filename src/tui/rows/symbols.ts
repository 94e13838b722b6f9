/** The symbols of the screen, in Unicode and in ASCII. Each is explained by a word next to it or in the help. */
import type { SentState } from '../../history/history.js';
import { type SafeText, safe } from '../../text/safe-text.js';

export interface Symbols extends Readonly<Record<SentState, SafeText>> {
  /** At the left of a message's first row and of its other rows (R18): nothing else on the screen begins with them. */
  readonly gutter: SafeText;
  readonly gutterContinued: SafeText;
  readonly horizontal: SafeText;
  readonly vertical: SafeText;
  readonly online: SafeText;
  readonly offline: SafeText;
  readonly pointer: SafeText;
  readonly prompt: SafeText;
  readonly draft: SafeText;
  readonly ellipsis: SafeText;
  readonly above: SafeText;
  readonly below: SafeText;
}

export const UNICODE: Symbols = {
  queued: safe`…`,
  stored: safe`✓`,
  delivered: safe`✓✓`,
  failed: safe`✗`,
  gutter: safe`▎`,
  gutterContinued: safe`▏`,
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

export const ASCII: Symbols = {
  queued: safe`...`,
  stored: safe`v`,
  delivered: safe`vv`,
  failed: safe`x`,
  gutter: safe`|`,
  gutterContinued: safe`:`,
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
