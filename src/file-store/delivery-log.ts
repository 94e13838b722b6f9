/** What happened around the messages of a mailbox: who pushed and acked them when, and what operators did. Pure. */
import type { Bounds } from '../protocol/limits.js';
import type { MAILBOX } from '../store/limits.js';
import type { Audit, PushTrail } from '../store/store.js';
import { SeqList } from './seq-list.js';

/** Messages after `after`, up to `seq`, that a session pushed together, and acked at `at`, or had not acked by then. */
interface PushTrace {
  readonly after: number;
  readonly seq: number;
  readonly at: number;
  /** The session, and when it had pushed them; not there if that is not known. */
  readonly session?: string;
  readonly pushedAt?: number;
}

/** As it stands in the mailbox's file. What is not there is empty, or never was. */
export interface DeliveryLogState {
  /** When a session last pushed something that was not acked; 0 if never. */
  readonly pushedAt: number;
  /** When its user last acked something; 0 if never. */
  readonly ackedAt?: number;
  /** Oldest first. */
  readonly acks?: readonly PushTrace[];
  readonly pushes?: readonly PushTrace[];
  readonly audits?: readonly Audit[];
}

/** Bytes of memory, as measured. */
const TRACE_WEIGHT = 150;

type AnnalsLimits = Pick<Bounds<typeof MAILBOX>, 'keptAudits' | 'keptPushes'>;

export class DeliveryLog {
  readonly #limits: AnnalsLimits;
  #pushedAt = 0;
  #ackedAt = 0;
  /** In the order of their seqs, numbered from 1. */
  readonly #acks = new SeqList<PushTrace>(1);
  #pushes: readonly PushTrace[] = [];
  #audits: readonly Audit[] = [];

  constructor(limits: AnnalsLimits, state?: DeliveryLogState) {
    this.#limits = limits;
    if (!state) return;
    const { pushedAt, ackedAt = 0, acks = [], pushes = [], audits = [] } = state;
    this.#pushedAt = pushedAt;
    this.#ackedAt = ackedAt;
    for (const ack of acks) this.#acks.push(ack);
    this.#pushes = pushes;
    this.#audits = audits;
  }

  get state(): DeliveryLogState {
    const acks = this.#acks.slice(this.#acks.first, this.#acks.next);
    return {
      pushedAt: this.#pushedAt,
      ackedAt: this.#ackedAt,
      ...(acks.length > 0 && { acks }),
      ...(this.#pushes.length > 0 && { pushes: this.#pushes }),
      ...(this.#audits.length > 0 && { audits: this.#audits }),
    };
  }

  /** When a session of its user last acked something, or ended without an ack of what was pushed; 0 if never. */
  get lastSeenAt(): number {
    return Math.max(this.#pushedAt, this.#ackedAt);
  }

  get weight(): number {
    return (this.#acks.length + this.#pushes.length + this.#audits.length) * TRACE_WEIGHT;
  }

  get audits(): readonly Audit[] {
    return this.#audits;
  }

  acked(after: number, seq: number, at: number, trail?: PushTrail): void {
    this.#ackedAt = at;
    for (const trace of tracesOf(after, seq, at, trail)) this.#acks.push(trace);
  }

  pushed(after: number, seq: number, at: number, trail?: PushTrail): void {
    this.#pushedAt = at;
    this.#pushes = [...this.#pushes, ...tracesOf(after, seq, at, trail)].slice(-this.#limits.keptPushes);
  }

  audited(audit: Audit): void {
    if (this.#audits.some(({ run, at }) => run === audit.run && at === audit.at)) return;
    this.#audits = [...this.#audits, audit].slice(-this.#limits.keptAudits);
  }

  /** Forgets what was about messages before this one. */
  trim(first: number): void {
    while ((this.#acks.get(this.#acks.first)?.seq ?? first) < first) this.#acks.shift();
    if ((this.#pushes[0]?.seq ?? first) < first) this.#pushes = this.#pushes.filter(({ seq }) => seq >= first);
  }

  /** Who acked the message with this seq, and when; undefined when nobody has, or it is not known any more. */
  ackOf(seq: number): PushTrace | undefined {
    return this.#acks.slice(this.#acks.first, this.#acks.next).find((ack) => ack.after < seq && seq <= ack.seq);
  }

  /** The sessions that pushed it and did not ack it, oldest first: the newest of them. */
  pushesOf(seq: number): readonly PushTrace[] {
    return this.#pushes.filter((push) => push.after < seq && seq <= push.seq);
  }
}

/** One for each turn in which some of them were pushed. What no turn is known of comes last. */
function tracesOf(after: number, seq: number, at: number, trail: PushTrail | undefined): PushTrace[] {
  const traces: PushTrace[] = [];
  let before = after;
  if (trail) {
    const { session, pushes } = trail;
    for (const [last, pushedAt] of pushes) {
      const end = Math.min(last, seq);
      if (end > before) traces.push({ after: before, seq: end, at, session, pushedAt });
      before = Math.max(before, end);
    }
  }
  if (before < seq) traces.push({ after: before, seq, at, ...(trail && { session: trail.session }) });
  return traces;
}
