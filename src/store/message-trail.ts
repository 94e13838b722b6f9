/** What happened to a message, in order, as far as its mailbox has kept it. Pure. */
import { MAIN_DEVICE } from '../protocol/frames/login.js';
import type { DeliveryRange, KeptMessage } from './mailbox-contents.js';
import type { Audit, MessageTrail, TrailEvent } from './store.js';

/** The place of what happened in the journal of an engine that has one. Absent: its time decides. */
interface Logged {
  readonly lsn?: number;
}

/** What an engine knows of a message. */
export interface TrailFacts {
  readonly seq: number;
  readonly id: string;
  readonly from: string;
  readonly status: MessageTrail['status'];
  /** Undefined when only a tombstone is kept. */
  readonly kept:
    | (Pick<KeptMessage, 'at' | 'bytes' | 'restored' | 'purgedAt' | 'unsent'> & { readonly purgedLsn?: number })
    | undefined;
  /** Ranges with this message: that of its ack, and pushes without one, oldest first. */
  readonly ack: (DeliveryRange & Logged) | undefined;
  readonly pushes: readonly (DeliveryRange & Logged)[];
  /** Whose mailbox, and what operators did, oldest first. */
  readonly user: string;
  readonly audits: readonly (Audit & Logged)[];
  /** False as long as MAIN_DEVICE was the only device. */
  readonly hasDevices: boolean;
  /** By name. */
  readonly devices: readonly { readonly device: string; readonly cursor: number }[];
  /** How many undelivered messages are before it. */
  readonly before: number;
}

/** Events that are told together, in their order. */
interface RecordedEvents {
  /** 0: not known; all that is known follows. */
  readonly lsn: number;
  readonly at: number;
  readonly events: readonly TrailEvent[];
}

export function trailOf(facts: TrailFacts): MessageTrail {
  const { seq, id, from, status, kept, devices, before } = facts;
  const records = [...sessionsOf(facts), ...purgeOf(facts), ...replaysOf(facts)];
  // By the journal if there is one, not by the times: clocks jump.
  const sorted = records.sort((a, b) => a.lsn - b.lsn || a.at - b.at);
  const events = [...storedOf(facts), ...sorted.flatMap((record) => record.events)];
  const trail = { seq, id, from, status, ...(kept && { bytes: kept.bytes }), events };
  if (status === 'undelivered') return { ...trail, before };
  const behind = devices.filter(({ cursor }) => cursor < seq).map(({ device }) => device);
  return status === 'delivered' && kept && behind.length > 0 ? { ...trail, behind } : trail;
}

/** A push is known only together with the ack, or the end of its session. */
function sessionsOf({ kept, ack, pushes, hasDevices }: TrailFacts): RecordedEvents[] {
  const { purgedAt, purgedLsn = 0 } = kept ?? {};
  return [...pushes, ...(ack ? [ack] : [])].map((range) => {
    const { at, lsn = 0, session, pushedAt } = range;
    const device = range.device ?? (hasDevices ? MAIN_DEVICE : undefined);
    const on = device === undefined ? {} : { device };
    const pushed: TrailEvent[] =
      session !== undefined && pushedAt !== undefined ? [{ event: 'pushed', at: pushedAt, ...on, session }] : [];
    // The ack that passes over a purged message, or its absence, is not an event of it.
    if (purgedAt !== undefined && (purgedLsn > 0 && lsn > 0 ? lsn > purgedLsn : at > purgedAt)) {
      return { lsn: purgedLsn, at: purgedAt, events: pushed.filter((event) => event.at <= purgedAt) };
    }
    const event = range === ack ? 'acked' : 'not acked';
    return { lsn, at, events: [...pushed, { event, at, ...on, ...(session !== undefined && { session }) }] };
  });
}

function storedOf({ kept }: TrailFacts): TrailEvent[] {
  if (!kept) return [];
  return [
    { event: 'stored', at: kept.at },
    ...(kept.restored ? [{ event: 'restored', ...kept.restored } as const] : []),
  ];
}

function purgeOf({ kept, from }: TrailFacts): RecordedEvents[] {
  const { purgedAt: at, purgedLsn = 0, unsent } = kept ?? {};
  if (at === undefined) return [];
  return [{ lsn: purgedLsn, at, events: [unsent ? { event: 'unsent', at, by: from } : { event: 'purged', at }] }];
}

const replaysOf = ({ user, seq, audits }: TrailFacts): RecordedEvents[] =>
  audits
    .filter((audit) => audit.user === user && audit.what === 'replay' && isWithin(audit.ranges ?? [], seq))
    .map(({ at, by, run, lsn = 0 }) => ({ lsn, at, events: [{ event: 'replayed', at, by, run }] }));

/** Whether one of the ranges, first and last seq of each, alternating, contains the seq. */
export function isWithin(ranges: readonly number[], seq: number): boolean {
  return ranges.some((first, index) => index % 2 === 0 && first <= seq && seq <= (ranges[index + 1] ?? first));
}
