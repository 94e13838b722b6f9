/**
 * The chat has ended by itself, such as after another login of the user. The screen stays until a key closes it, so that what
 * is being typed does not go to the shell. Pure.
 */
import type { SafeText } from '../../text/safe-text.js';
import { TUI } from '../limits.js';
import type { Effect } from './effect.js';
import type { Input } from './key-decoder.js';
import type { Keymap } from './keymap.js';

export interface Ending {
  /** What happened, why, and what to do. */
  readonly lines: readonly SafeText[];
  /** When it began, or when something was typed after that; ms since 1970. */
  typedAt: number;
}

/** Whether Enter and Esc close the screen: right after other keys they are part of what the user types without looking. */
export const isClosable = ({ typedAt }: Ending, now: number): boolean => Math.abs(now - typedAt) >= TUI.endingPauseMs;

/** Closes the screen, or ignores the input. Undefined for keys that still do what they always do. */
export function handleEndingInput(
  ending: Ending,
  input: Input,
  keymap: Keymap,
  now: number,
): readonly Effect[] | undefined {
  const action = input.type === 'key' ? keymap.actionOf(input.key) : undefined;
  if (action !== undefined && STILL_WORK.has(action)) return undefined;
  const isEnd = action === 'send' || action === 'back';
  if (action === 'quit' || (isEnd && isClosable(ending, now))) return [{ type: 'quit' }];
  if (!isEnd) ending.typedAt = now;
  return [];
}

const STILL_WORK: ReadonlySet<string> = new Set([
  'page-up',
  'page-down',
  'wheel-up',
  'wheel-down',
  'to-start',
  'to-end',
  'redraw',
  'suspend',
]);
