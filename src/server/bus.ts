/**
 * The port between sessions, on this server and, with a distributed engine, on others: who has to know what.
 * A lost nudge costs nothing: the message is in the mailbox and goes out with the next nudge or login.
 */

export type Notice =
  /** There is something new in the user's mailbox (R10). */
  | { readonly type: 'nudge' }
  /** To the sender: `to` has acked these (R12). */
  | { readonly type: 'delivered'; readonly to: string; readonly ids: readonly string[] }
  /** A newer login took the mailbox; sessions with a lower fence end (R6). */
  | { readonly type: 'takeover'; readonly fence: number }
  /** The user's credential is worth nothing any more (R7). */
  | { readonly type: 'revoked' };

export interface Bus {
  publish(user: string, notice: Notice): void;
  subscribe(listener: (user: string, notice: Notice) => void): void;
}

/** Within one process: told at once. */
export function localBus(): Bus {
  const listeners: ((user: string, notice: Notice) => void)[] = [];
  return {
    publish(user, notice) {
      for (const listener of listeners) listener(user, notice);
    },
    subscribe: (listener) => {
      listeners.push(listener);
    },
  };
}
