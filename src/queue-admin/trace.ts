/** The trace of a message: its trail, and who it waits for. Pure. */
import type { MessageTrail, TrailEvent } from '../store/store.js';
import type { Presence } from './queue-source.js';

export interface Trace extends Omit<MessageTrail, 'before' | 'seq' | 'events'> {
  readonly to: string;
  /** Absent: it is not told to a sender. */
  readonly seq?: number;
  readonly events: readonly TracedEvent[];
  /** Set while it is undelivered. */
  readonly waiting?: Partial<Waiting>;
  /** A user asked, who is no operator: what is absent is not told. */
  readonly isOwn?: true;
}

/** A TrailEvent, as far as it is told. */
export interface TracedEvent {
  readonly event: TrailEvent['event'];
  readonly at: number;
  readonly by?: string;
  readonly run?: string;
  readonly device?: string;
  readonly session?: string;
}

export interface Waiting extends Presence {
  /** How many undelivered messages are before it. */
  readonly before: number;
}

/** @param to whose mailbox, and when that user was here. */
export function traceOf(to: string, { before, ...trail }: MessageTrail, presence: Presence): Trace {
  return { to, ...trail, ...(before !== undefined && { waiting: { before, ...presence } }) };
}
