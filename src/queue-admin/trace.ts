/** The trace of a message: what happened to it, in order, as far as its mailbox has kept it. Pure. */
import type { LoggedAudit } from '../file-store/delivery-log.js';
import type { Mailbox } from '../file-store/mailbox.js';
import type { KeptMessage } from '../file-store/mailbox-state.js';
import { MAIN_DEVICE } from '../protocol/frames/login.js';
import type { Presence, QueueState } from './queue-source.js';
import { isWithin } from './seq-ranges.js';

/** `at` is in ms since 1970. `device` is absent as long as the user has only MAIN_DEVICE. */
export type TraceEvent =
  /** R9: it was durable. */
  | { readonly event: 'stored'; readonly at: number }
  /** An operator put it back from an export; `stored` is when it was first stored, here or on another server. */
  | { readonly event: 'restored'; readonly at: number; readonly by: string }
  /** R10: it was pushed to a session. */
  | { readonly event: 'pushed'; readonly at: number; readonly device?: string; readonly session: string }
  /** The session ended, or stalled, without an ack of it. */
  | { readonly event: 'not acked'; readonly at: number; readonly device?: string; readonly session?: string }
  /** R12: the first device has acked it: it is delivered; its sender is notified. */
  | { readonly event: 'acked'; readonly at: number; readonly device?: string; readonly session?: string }
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
  /** Devices that have not acked it yet, by name, though another one has. Absent: none. */
  readonly behind?: readonly string[];
}

export interface Waiting extends Presence {
  /** How many undelivered messages are before it. */
  readonly before: number;
}

/** A mailbox, with what is known about its user, and what operators did. */
interface TracedMailbox {
  readonly user: string;
  readonly mailbox: Mailbox;
  readonly presence: Presence;
  readonly audits: readonly LoggedAudit[];
}

/** Events that one record of the journal tells, in their order. */
interface RecordedEvents {
  /** Of the record; 0 for an entry of an older version, which all others follow. */
  readonly lsn: number;
  readonly events: readonly TraceEvent[];
}

/** The traces of all messages with this id in a mailbox: several senders may use the same id. */
export function tracesOf({ user, mailbox, presence, audits }: TracedMailbox, id: string): Trace[] {
  return mailbox.find(id).map(({ from, seq }) => {
    const kept = mailbox.get(seq);
    // A message that was restored has another seq than the purged one of the same id.
    const isPurged = (kept ? mailbox.stateOf(seq) : mailbox.stateOfId(from, id)) === 'purged';
    const records = [...storedOf(kept), ...sessionsOf(mailbox, seq), ...purgeOf(kept), ...replaysOf(user, seq, audits)];
    // By the journal, not by the times: clocks jump.
    const events = records.sort((a, b) => a.lsn - b.lsn).flatMap((record) => record.events);
    const status = isPurged ? 'purged' : seq > mailbox.delivered ? 'undelivered' : 'delivered';
    const trace = { to: user, seq, id, from, status, bytes: kept?.bytes, events } as const;
    if (status !== 'undelivered') {
      const behind = status === 'delivered' && kept ? devicesBefore(mailbox, seq) : [];
      return behind.length > 0 ? { ...trace, behind } : trace;
    }
    return { ...trace, waiting: { before: undeliveredBefore(mailbox, seq), ...presence } };
  });
}

const devicesBefore = (mailbox: Mailbox, seq: number): string[] =>
  mailbox.devices.filter(({ cursor }) => cursor < seq).map(({ device }) => device);

function undeliveredBefore(mailbox: Mailbox, seq: number): number {
  let count = 0;
  for (let one = mailbox.delivered + 1; one < seq; one++) if (mailbox.stateOf(one) === 'stored') count++;
  return count;
}

/** A push is in the journal only together with the ack, or the end of its session. */
function sessionsOf(mailbox: Mailbox, seq: number): RecordedEvents[] {
  const { deliveryLog } = mailbox;
  const { purgedAt, purgedLsn = 0 } = mailbox.get(seq) ?? {};
  const ack = deliveryLog.ackOf(seq);
  const ranges = [...deliveryLog.pushesOf(seq), ...(ack ? [ack] : [])];
  return ranges.map((range) => {
    const { at, lsn = 0, session, pushedAt } = range;
    const device = range.device ?? (mailbox.hasDevices ? MAIN_DEVICE : undefined);
    const on = device === undefined ? {} : { device };
    const pushed: TraceEvent[] =
      session !== undefined && pushedAt !== undefined ? [{ event: 'pushed', at: pushedAt, ...on, session }] : [];
    // The ack that passes over a purged message, or its absence, is not an event of it.
    if (purgedAt !== undefined && (purgedLsn > 0 && lsn > 0 ? lsn > purgedLsn : at > purgedAt)) {
      return { lsn: purgedLsn, events: pushed.filter((event) => event.at <= purgedAt) };
    }
    const event = range === ack ? 'acked' : 'not acked';
    return { lsn, events: [...pushed, { event, at, ...on, ...(session !== undefined && { session }) }] };
  });
}

function storedOf(kept: KeptMessage | undefined): RecordedEvents[] {
  if (!kept) return [];
  const restored: TraceEvent[] = kept.restored ? [{ event: 'restored', ...kept.restored }] : [];
  return [{ lsn: 0, events: [{ event: 'stored', at: kept.at }, ...restored] }];
}

const purgeOf = ({ purgedAt, purgedLsn = 0 }: Partial<KeptMessage> = {}): RecordedEvents[] =>
  purgedAt === undefined ? [] : [{ lsn: purgedLsn, events: [{ event: 'purged', at: purgedAt }] }];

const replaysOf = (user: string, seq: number, audits: readonly LoggedAudit[]): RecordedEvents[] =>
  audits
    .filter((audit) => audit.user === user && audit.what === 'replay' && isWithin(audit.ranges ?? [], seq))
    .map(({ at, by, run, lsn = 0 }) => ({ lsn, events: [{ event: 'replayed', at, by, run }] }));
