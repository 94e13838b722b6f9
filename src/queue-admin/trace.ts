/** One message's life, in order, as far as the data folder knows it. Pure. */
import type { Mailbox } from '../file-store/mailbox.js';
import type { Audit } from '../store/store.js';
import type { QueueState } from './queued-message.js';
import { isWithin } from './seq-ranges.js';

/** Something that happened to a message, ms since 1970. */
export type TraceEvent =
  /** R9: it was on disk. */
  | { readonly event: 'stored'; readonly at: number }
  /** R10: a session got it. */
  | { readonly event: 'pushed'; readonly at: number; readonly session: string }
  /** That session ended, or took long, without an ack of it. */
  | { readonly event: 'not acked'; readonly at: number; readonly session?: string }
  /** R12: its user has it; from now on its sender is told so. */
  | { readonly event: 'acked'; readonly at: number; readonly session?: string }
  /** An operator deleted it: its sender is told so. What a session was pushed before may have been shown all the same. */
  | { readonly event: 'purged'; readonly at: number }
  /** An operator had it pushed again. */
  | { readonly event: 'replayed'; readonly at: number; readonly by: string; readonly run: string };

export interface Trace {
  readonly to: string;
  readonly seq: number;
  readonly id: string;
  readonly from: string;
  readonly status: QueueState;
  /** The body's length as UTF-8; undefined when the message itself is not kept any more. */
  readonly bytes: number | undefined;
  readonly events: readonly TraceEvent[];
  /** What it waits for, while it is undelivered. */
  readonly waiting?: Waiting;
}

export interface Waiting {
  /** How many messages are to be delivered before it. */
  readonly before: number;
  /** When its user last acked something, or left without; 0 if never. ms since 1970. */
  readonly seenAt: number;
}

/** What a mailbox knows of messages with this id: one for each sender who used it. */
export function tracesOf(user: string, mailbox: Mailbox, id: string, audits: readonly Audit[]): Trace[] {
  return mailbox.find(id).map(({ from, seq }) => {
    const [message] = mailbox.read(seq - 1, { messages: 1, bytes: 0 });
    const kept = message?.seq === seq ? message : undefined;
    const stored: TraceEvent[] = kept ? [{ event: 'stored', at: kept.at }] : [];
    const purged: TraceEvent[] = kept?.purgedAt === undefined ? [] : [{ event: 'purged', at: kept.purgedAt }];
    const isPurged = mailbox.stateOf(seq) === 'purged';
    // When a purged one is passed over, nothing happens to it.
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

/** Of several events of one moment, the first here came first. */
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
