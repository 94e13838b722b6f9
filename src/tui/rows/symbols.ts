/** The signs of the screen, in two alphabets. Each stands beside a word somewhere: no sign has to be guessed. */
import type { SentState } from '../../history/history.js';
import { type SafeText, safe } from '../../text/safe-text.js';

export interface Symbols extends Readonly<Record<SentState, SafeText>> {
  /** Before the first row of a message, and before each further one: nothing else begins with them. */
  readonly gutter: SafeText;
  readonly gutterOn: SafeText;
  readonly horizontal: SafeText;
  readonly vertical: SafeText;
  readonly cross: SafeText;
  readonly online: SafeText;
  readonly offline: SafeText;
  readonly pointer: SafeText;
  readonly prompt: SafeText;
  readonly draft: SafeText;
  readonly cut: SafeText;
  readonly above: SafeText;
  readonly below: SafeText;
}

export const UNICODE: Symbols = {
  queued: safe`…`,
  stored: safe`✓`,
  delivered: safe`✓✓`,
  failed: safe`✗`,
  gutter: safe`▎`,
  gutterOn: safe`▏`,
  horizontal: safe`─`,
  vertical: safe`│`,
  cross: safe`┴`,
  online: safe`●`,
  offline: safe`○`,
  pointer: safe`▸`,
  prompt: safe`›`,
  draft: safe`✎`,
  cut: safe`…`,
  above: safe`↑`,
  below: safe`↓`,
};

export const ASCII: Symbols = {
  queued: safe`...`,
  stored: safe`v`,
  delivered: safe`vv`,
  failed: safe`x`,
  gutter: safe`|`,
  gutterOn: safe`:`,
  horizontal: safe`-`,
  vertical: safe`|`,
  cross: safe`+`,
  online: safe`*`,
  offline: safe`o`,
  pointer: safe`>`,
  prompt: safe`>`,
  draft: safe`*`,
  cut: safe`~`,
  above: safe`^`,
  below: safe`v`,
};
