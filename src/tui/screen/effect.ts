/** What a user's input wants done in the world. The screen only says it; who runs the screen does it. */
import type { OwnMessage } from '../../history/history.js';

export type Effect =
  | { readonly type: 'send'; readonly to: string; readonly body: string }
  | { readonly type: 'resend'; readonly said: OwnMessage }
  /** Read a page of the history; the newest without `segment`. */
  | { readonly type: 'load'; readonly peer: string; readonly segment?: number }
  /** Read the oldest page of the history, and show its beginning. */
  | { readonly type: 'start'; readonly peer: string }
  /** Read the page with this message, and show it, with the words that were searched for. */
  | {
      readonly type: 'jump';
      readonly peer: string;
      readonly segment: number;
      readonly key: string;
      readonly words: string;
    }
  /** Everything from this peer has been read. */
  | { readonly type: 'read'; readonly peer: string }
  /** What an earlier run of the search finds is not wanted any more. Without words it ends. */
  | { readonly type: 'search'; readonly words: string; readonly run: number }
  | { readonly type: 'export'; readonly peer: string; readonly path: string }
  /** The open conversation or a draft changed: keep it. */
  | { readonly type: 'keep' }
  /** Draw everything again. */
  | { readonly type: 'redraw' }
  | { readonly type: 'suspend' }
  /** Go on in line mode. */
  | { readonly type: 'plain' }
  | { readonly type: 'quit' };

export type EffectOf<T extends Effect['type']> = Extract<Effect, { readonly type: T }>;

/** What is done when nothing is. */
export const NOTHING: readonly Effect[] = [];
