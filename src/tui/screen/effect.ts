/** Side effects that user input asks for. The screen only returns them; ChatApp performs them. */
import type { BlockingRequest } from '../../client/api/blocking.js';
import type { OwnMessage } from '../../history/history.js';
import type { SafeText } from '../../text/safe-text.js';

export type Effect =
  /** `re`: the id of the message that it is about. */
  | { readonly type: 'send'; readonly to: string; readonly body: string; readonly re?: string }
  | { readonly type: 'resend'; readonly message: OwnMessage }
  /** Take the message back, if its receiver has not seen it. */
  | { readonly type: 'unsend'; readonly message: OwnMessage }
  /** Load a page of the history; the newest without `segment`. */
  | { readonly type: 'load-page'; readonly peer: string; readonly segment?: number }
  /** Load the oldest page of the history, and show its first message. */
  | { readonly type: 'load-oldest'; readonly peer: string }
  /** Load the page with this message, and show it with the query highlighted. */
  | {
      readonly type: 'show-message';
      readonly peer: string;
      readonly segment: number;
      readonly key: string;
      readonly query: string;
    }
  /** Mark everything from this peer as read. */
  | { readonly type: 'mark-read'; readonly peer: string }
  /** Search the history. A later id makes the hits of an earlier search obsolete; a blank query searches nothing. */
  | { readonly type: 'search'; readonly query: string; readonly id: number }
  | { readonly type: 'export'; readonly peer: string; readonly path: string }
  | ({ readonly type: 'blocking' } & BlockingRequest)
  /** Show settings, or change one; without a value it is shown, without a name all are. */
  | { readonly type: 'setting'; readonly name: string; readonly value: string }
  /** Put this text on the clipboard. */
  | { readonly type: 'copy'; readonly text: SafeText }
  /** Let the user's editor change the draft of this conversation; without a peer, that of none. */
  | { readonly type: 'edit'; readonly peer: string | undefined; readonly text: string }
  /** Save the open conversation and the drafts. */
  | { readonly type: 'save' }
  /** Connect now instead of at the next attempt. */
  | { readonly type: 'connect' }
  /** Redraw the whole screen. */
  | { readonly type: 'redraw' }
  /** The terminal has said which background it has. */
  | { readonly type: 'background'; readonly isLight: boolean }
  | { readonly type: 'suspend' }
  /** Continue in line mode. */
  | { readonly type: 'plain' }
  | { readonly type: 'quit' };

export type EffectOf<T extends Effect['type']> = Extract<Effect, { readonly type: T }>;

export const NO_EFFECTS: readonly Effect[] = [];
