/** The trace of a message: what happened to it, in order, as far as its mailbox has kept it. Pure. */
import type { Mailbox } from '../file-store/mailbox.js';
import type { Audit } from '../store/store.js';
import type { QueueState } from './queue-source.js';
import { isWithin } from './seq-ranges.js';

/** `at` is in ms since 1970. */
export type TraceEvent =
  /** R9: it was durable. */
  | { readonly event: 'stored'; readonly at: number }
  /** R10: it was pushed to a session. */
  | { readonly event: 'pushed'; readonly at: number; readonly session: string }
  /** The session ended, or stalled, without an ack of it. */
  | { readonly event: 'not acked'; readonly at: number; readonly session?: string }
  /** R12: it is delivered; its sender is notified. */
  | { readonly event: 'acked'; readonly at: number; readonly session?: string }
  /** An operator purged it; its sender is notified. A session may have shown it before. */
  | { readonly event: 'purged'; readonly at: number }
  /** An operator replayed it: it is pushed again. */
  | { readonly event: 'replayed'; readonly at: number; readonly by: string; readonly run: string };

export interface Trace {
  readonly to: string;
  readonly seq: number;
  readonly id: string;
  readonly from: string;
  readonly status: QueueState;
  /** The body's length in UTF-8; undefined when only a tombstone is kept. */
  readonly bytes: number | undefined;
  readonly events: readonly TraceEvent[];
  /** Set while it is undelivered. */
  readonly waiting?: Waiting;
}

export interface Waiting {
  /** How many undelivered messages are before it. */
  readonly before: number;
  /** When a session of the user last acked something, or ended with unacked messages, ms since 1970; 0 if never. */
  readonly seenAt: number;
}

/** The traces of all messages with this id in a mailbox: several senders may use the same id. */
export function tracesOf(user: string, mailbox: Mailbox, id: string, audits: readonly Audit[]): Trace[] {
  return mailbox.find(id).map(({ from, seq }) => {
    const [message] = mailbox.read(seq - 1, { messages: 1, bytes: 0 });
    const kept = message?.seq === seq ? message : undefined;
    const stored: TraceEvent[] = kept ? [{ event: 'stored', at: kept.at }] : [];
    const purged: TraceEvent[] = kept?.purgedAt === undefined ? [] : [{ event: 'purged', at: kept.purgedAt }];
    const isPurged = mailbox.stateOfId(from, id) === 'purged';
    // The ack that passes over a purged message is not an event of it.
    const sessions = [...sessionsOf(mailbox, seq)].filter(({ at }) => !isPurged || at <= (kept?.purgedAt ?? 0));
    const events = [...stored, ...sessions, ...purged, ...replaysOf(user, seq, audits)];
    const status = isPurged ? 'purged' : seq > mailbox.delivered ? 'undelivered' : 'delivered';
    events.sort((a, b) => a.at - b.at);
    const trace = { to: user, seq, id, from, status, bytes: kept?.bytes, events } as const;
    if (status !== 'undelivered') return trace;
    return { ...trace, waiting: { before: undeliveredBefore(mailbox, seq), seenAt: mailbox.deliveryLog.lastSeenAt } };
  });
}

function undeliveredBefore(mailbox: Mailbox, seq: number): number {
  let count = 0;
  for (let one = mailbox.delivered + 1; one < seq; one++) if (mailbox.stateOf(one) === 'stored') count++;
  return count;
}

/** Events with equal times are yielded in the order in which they happened. */
function* sessionsOf({ deliveryLog }: Mailbox, seq: number): Generator<TraceEvent> {
  for (const { at, session, pushedAt } of deliveryLog.pushesOf(seq)) {
    if (session !== undefined && pushedAt !== undefined) yield { event: 'pushed', at: pushedAt, session };
    yield { event: 'not acked', at, ...(session !== undefined && { session }) };
  }
  const ack = deliveryLog.ackOf(seq);
  if (!ack) return;
  const { at, session, pushedAt } = ack;
  if (session !== undefined && pushedAt !== undefined) yield { event: 'pushed', at: pushedAt, session };
  yield { event: 'acked', at, ...(session !== undefined && { session }) };
}

const replaysOf = (user: string, seq: number, audits: readonly Audit[]): TraceEvent[] =>
  audits
    .filter((audit) => audit.user === user && audit.what === 'replay' && isWithin(audit.ranges ?? [], seq))
    .map(({ at, by, run }) => ({ event: 'replayed', at, by, run }));
