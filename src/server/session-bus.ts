/**
 * The port between sessions, on this server and, with a distributed engine, on others: who has to know what.
 * A lost nudge costs nothing: the message is in the mailbox and goes out with the next nudge or login.
 */

export type Notice =
  /** There is something new in the user's mailbox (R10). */
  | { readonly type: 'nudge' }
  /** An operator wants everything undelivered pushed again. */
  | { readonly type: 'again' }
  /** An operator wants these delivered messages pushed again, marked with this. */
  | { readonly type: 'replay'; readonly replay: string; readonly seqs: readonly number[] }
  /** To the sender: `to` has acked these (R12). */
  | { readonly type: 'delivered'; readonly to: string; readonly ids: readonly string[] }
  /** To the sender: an operator deleted these before `to` had acked them. */
  | { readonly type: 'purged'; readonly to: string; readonly ids: readonly string[] }
  /** A newer login took the mailbox; sessions with a lower fence end (R6). */
  | { readonly type: 'takeover'; readonly fence: number }
  /** The user's credential is worth nothing any more (R7). */
  | { readonly type: 'revoked' };

/** How it stands with a user's session. */
export interface Presence {
  /** How many messages more can be replayed into it now. */
  readonly replayRoom: number;
}

export interface BusListener {
  notice(user: string, notice: Notice): void;
  /** Undefined when the user has no session here. */
  presence(user: string): Presence | undefined;
}

export interface Bus {
  publish(user: string, notice: Notice): void;
  /** How it stands with the user's session, wherever it is; undefined when there is none. */
  presence(user: string): Promise<Presence | undefined>;
  subscribe(listener: BusListener): void;
}

/** Within one process: told at once. */
export function localBus(): Bus {
  const listeners: BusListener[] = [];
  return {
    publish(user, notice) {
      for (const listener of listeners) listener.notice(user, notice);
    },
    async presence(user) {
      return listeners.map((listener) => listener.presence(user)).find((presence) => presence !== undefined);
    },
    subscribe: (listener) => {
      listeners.push(listener);
    },
  };
}
