/** The history of a mailbox: which sessions pushed and acked its messages, and audit entries. Pure. */
import type { Bounds } from '../../protocol/limits.js';
import type { MAILBOX } from '../../store/limits.js';
import type { DeliveryRange as DeliveredRange, DeliveryTraces } from '../../store/mailbox-contents.js';
import { pushedRanges } from '../../store/push-ranges.js';
import type { Audit, PushTrail } from '../../store/store.js';
import { SeqList } from './seq-list.js';

interface DeliveryRange extends DeliveredRange {
  /** Of the record. Undefined in files of format 1, and of what came from another engine. */
  readonly lsn?: number;
}

/** What the ranges of one record have in common. */
type Recorded = Pick<DeliveryRange, 'at' | 'lsn' | 'device'>;

/** An audit entry, and the lsn of its record; undefined as that of a range. */
export type LoggedAudit = Audit & { readonly lsn?: number };

/** As in the mailbox's file. */
export interface DeliveryLogState extends DeliveryTraces {
  /** Oldest first. */
  readonly audits?: readonly LoggedAudit[];
}

/** Memory of one entry in bytes, as measured. */
const ENTRY_BYTES = 150;

/** Of all empty logs: there are many. */
const NONE: readonly never[] = [];

type DeliveryLogLimits = Pick<Bounds<typeof MAILBOX>, 'keptAudits' | 'keptPushes'>;

export class DeliveryLog {
  readonly #limits: DeliveryLogLimits;
  #pushedAt: number;
  #ackedAt: number;
  /** In the order of their seqs; the number of an entry in this list is not a seq. */
  readonly #acks = new SeqList<DeliveryRange>(1);
  #pushes: readonly DeliveryRange[];
  #audits: readonly LoggedAudit[];

  constructor(
    limits: DeliveryLogLimits,
    { pushedAt, ackedAt = 0, acks = NONE, pushes = NONE, audits = NONE }: DeliveryLogState,
  ) {
    this.#limits = limits;
    this.#pushedAt = pushedAt;
    this.#ackedAt = ackedAt;
    for (const ack of acks) this.#acks.push(ack);
    this.#pushes = pushes;
    this.#audits = audits;
  }

  /** The state for the mailbox's file. */
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

  /** When a session of the user last acked something, or ended with unacked messages, ms since 1970; 0 if never. */
  get lastActedAt(): number {
    return Math.max(this.#pushedAt, this.#ackedAt);
  }

  /** Estimated memory in bytes. */
  get memoryBytes(): number {
    return (this.#acks.length + this.#pushes.length + this.#audits.length) * ENTRY_BYTES;
  }

  /** Oldest first. */
  get audits(): readonly LoggedAudit[] {
    return this.#audits;
  }

  /** The messages after `after`, up to `seq`, were acked. */
  addAck(after: number, seq: number, record: Recorded, trail?: PushTrail): void {
    this.#ackedAt = record.at;
    for (const range of rangesOf(after, seq, record, trail)) this.#acks.push(range);
  }

  /** A session pushed the messages after `after`, up to `seq`, and got no ack. @param first the oldest kept message. */
  addPush(after: number, seq: number, record: Recorded, first: number, trail?: PushTrail): void {
    this.#pushedAt = record.at;
    const ranges = rangesOf(after, seq, record, trail).filter((range) => range.seq >= first);
    this.#pushes = [...this.#pushes, ...ranges].slice(-this.#limits.keptPushes);
  }

  /** An entry that is there already is not added again. */
  addAudit(audit: LoggedAudit): void {
    if (this.#audits.some(({ run, at }) => run === audit.run && at === audit.at)) return;
    this.#audits = [...this.#audits, audit].slice(-this.#limits.keptAudits);
  }

  /** The user was removed. Audit entries stay: they are not about this user. */
  clear(): void {
    this.#pushedAt = 0;
    this.#ackedAt = 0;
    this.#pushes = [];
    while (this.#acks.length > 0) this.#acks.shift();
  }

  /** Drops entries about messages before this one. */
  trim(first: number): void {
    while ((this.#acks.get(this.#acks.first)?.seq ?? first) < first) this.#acks.shift();
    // Those of different devices are in no order of seqs; usually there are none.
    if (this.#pushes.some(({ seq }) => seq < first)) this.#pushes = this.#pushes.filter(({ seq }) => seq >= first);
  }

  /** The ack of the message with this seq; undefined if there is none, or it is no longer kept. */
  ackOf(seq: number): DeliveryRange | undefined {
    return this.#acks.slice(this.#acks.first, this.#acks.next).find((ack) => ack.after < seq && seq <= ack.seq);
  }

  /** The pushes of this message without an ack, oldest first, as far as they are kept. */
  pushesOf(seq: number): readonly DeliveryRange[] {
    return this.#pushes.filter((push) => push.after < seq && seq <= push.seq);
  }
}

/** The ranges of one record. */
const rangesOf = (after: number, seq: number, record: Recorded, trail: PushTrail | undefined): DeliveryRange[] =>
  pushedRanges(after, seq, trail).map((range) => ({ ...range, ...record }));
