/** The trace of a message: its trail, and who it waits for. Pure. */
import type { MessageTrail } from '../store/store.js';
import type { Presence } from './queue-source.js';

export interface Trace extends Omit<MessageTrail, 'before'> {
  readonly to: string;
  /** Set while it is undelivered. */
  readonly waiting?: Waiting;
}

export interface Waiting extends Presence {
  /** How many undelivered messages are before it. */
  readonly before: number;
}

/** @param to whose mailbox, and when that user was here. */
export function traceOf(to: string, { before, ...trail }: MessageTrail, presence: Presence): Trace {
  return { to, ...trail, ...(before !== undefined && { waiting: { before, ...presence } }) };
}
