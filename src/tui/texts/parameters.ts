/** What texts with parts are made from. Pure types. */
import type { ErrorFrame } from '../../protocol/frames/error.js';
import type { SafeText } from '../../text/safe-text.js';

/** The label of a key; undefined when the action has none. */
export type Key = SafeText | undefined;

/** Why a message is refused for now. */
export type Delay = Pick<ErrorFrame, 'code' | 'message'>;

/** Why a connection was lost, as the client says it. */
export interface Loss {
  readonly reason: string;
  readonly detail: string;
}

/** The end of the client of a user. */
export interface End {
  /** As in ClientEnd. */
  readonly reason: string;
  readonly user: string;
  readonly device: string;
}

/** Text for people: what happened, why, what to do. It is not safe. */
export interface Explanation {
  readonly message: string;
  readonly why?: string | undefined;
  readonly next?: string | undefined;
}

/** What was asked about blocked users, and who is blocked now. */
export interface BlockingOutcome {
  readonly action: 'list' | 'block' | 'unblock';
  /** Empty for `list`. */
  readonly name: SafeText;
  readonly blocked: readonly SafeText[];
}
