/**
 * Sends notices to sessions of users, on this server and, with a distributed implementation, on others.
 * A lost nudge is harmless: the message is in the mailbox, and is pushed after the next nudge or login.
 */
import type { SenderSession } from '../store/store.js';

export type Notice =
  /** There may be new messages in the user's mailbox (R10). */
  | { readonly type: 'nudge' }
  /** An operator asked to push everything undelivered again. */
  | { readonly type: 'redeliver' }
  /** An operator asked to push these delivered messages again, marked with `replay`. */
  | { readonly type: 'replay'; readonly replay: string; readonly seqs: readonly number[] }
  /** For the sender: `to` has acked these messages (R12). */
  | { readonly type: 'delivered'; readonly to: string; readonly ids: readonly string[] }
  /** For the sender: an operator deleted these messages before `to` acked them. */
  | { readonly type: 'purged'; readonly to: string; readonly ids: readonly string[] }
  /** For the sender, who has unsent these messages. */
  | { readonly type: 'unsent'; readonly to: string; readonly ids: readonly string[] }
  /** A newer login of this device claimed the mailbox: its sessions with a lower fence end (R6). */
  | { readonly type: 'takeover'; readonly device: string; readonly fence: number }
  /** The same for an outbox: of the sessions in mode `send`, those that have it and a lower fence end. */
  | { readonly type: 'outbox-takeover'; readonly outbox: string; readonly fence: number }
  /** The user has read messages on this device; the others are told. */
  | {
      readonly type: 'read';
      readonly device: string;
      readonly from: string;
      readonly epoch: string;
      readonly seq: number;
    }
  /** This device was removed: its session ends. */
  | { readonly type: 'device-removed'; readonly device: string }
  /** The user was removed, or tokens were revoked: the user's sessions whose identity is no longer current end (R7). */
  | { readonly type: 'revoked' };

/** A session of this server, as it can be compared with what is stored: a notice for it may have been lost. */
export interface ListedSession {
  readonly user: string;
  readonly sender: SenderSession;
  /** Of a chat session: its device, whose fence is that of `sender`, and the last seq that it has read. */
  readonly chat?: { readonly device: string; readonly cursor: number };
}

/** Receives the notices for the sessions of this server. */
export interface BusListener {
  notice(user: string, notice: Notice): void;
  /** How many more messages can be replayed into each chat session of the user now; undefined when there is none here. */
  replayRoom(user: string): number | undefined;
  sessions(): readonly ListedSession[];
}

export interface Bus {
  /** Sends a notice to the sessions of this user, without waiting and without a guarantee that it arrives. */
  publish(user: string, notice: Notice): void;
  /** Those of these users who have a chat session, on any server. */
  online(users: readonly string[]): Promise<ReadonlySet<string>>;
  /** As BusListener.replayRoom, on all servers that answer in time. */
  replayRoom(user: string): Promise<number | undefined>;
  subscribe(listener: BusListener): void;
}

/** A bus within one process. Listeners are called synchronously. */
export function localBus(): Bus {
  const listeners: BusListener[] = [];
  return {
    publish(user, notice) {
      for (const listener of listeners) listener.notice(user, notice);
    },
    async online(users) {
      return new Set(users.filter((user) => listeners.some((listener) => listener.replayRoom(user) !== undefined)));
    },
    async replayRoom(user) {
      const rooms = listeners.map((listener) => listener.replayRoom(user)).filter((room) => room !== undefined);
      return rooms.length === 0 ? undefined : Math.min(...rooms);
    },
    subscribe: (listener) => {
      listeners.push(listener);
    },
  };
}
