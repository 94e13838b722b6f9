/**
 * A mailbox: a pure reducer over records, and the decisions about what may come in. No I/O, no clock.
 *
 * It has two stages. `reserve` gives a message its seq when it is handed to the journal; `apply` makes it part of the
 * mailbox when its record is durable. Only what is applied can be read, settled or written to a file.
 */
import { crc32 } from 'node:zlib';
import { JsonLines } from '../disk/json-layout.js';
import type { Bounds } from '../protocol/limits.js';
import type { MAILBOX } from '../store/limits.js';
import type { NewMessage, PushTrail, ReadLimit, ReadMessage } from '../store/store.js';
import { DeliveryLog } from './delivery-log.js';
import { IdIndex, type IdSource } from './id-index.js';
import { type IdTombstone, IdTombstones } from './id-tombstones.js';
import { auditOf, MailboxGap, type MailboxRecord, trailOf } from './journal-records.js';
import { type MailboxSnapshot, type MailboxState, messageLine } from './mailbox-state.js';
import { SenderUsage } from './sender-usage.js';
import { SeqList } from './seq-list.js';

/** The bounds of a mailbox; see MAILBOX. */
export type MailboxLimits = Bounds<typeof MAILBOX>;

type Named = Pick<NewMessage, 'from' | 'id'>;

/** Bytes of memory besides the bodies, as measured. */
const MESSAGE_WEIGHT = 300;
const SEEN_WEIGHT = 120;
const MAILBOX_WEIGHT = 3_000;

/** Messages between two pauses: a few milliseconds of work. */
const RESTORED_IN_A_STEP = 4_096;

export class Mailbox implements IdSource {
  readonly #limits: MailboxLimits;
  readonly #senders = new SenderUsage();
  #known = new IdIndex(1, this);
  #messages = new SeqList<ReadMessage>(1);
  /** Handed to the journal, and not yet durable: those after the last. */
  #reserved = new SeqList<Named>(1);
  #seen = new IdTombstones(1);
  #annals: DeliveryLog;
  #delivered = 0;
  /** How many after the cursor were purged. */
  #purged = 0;
  /** Bytes of all bodies that are kept. */
  #keptBytes = 0;

  /** A new and empty one. */
  constructor(limits: MailboxLimits) {
    this.#limits = limits;
    this.#annals = new DeliveryLog(limits);
  }

  /** One as it was. */
  static restored(limits: MailboxLimits, state: MailboxState): Mailbox {
    const steps = Mailbox.restore(limits, state);
    for (;;) {
      const step = steps.next();
      if (step.done) return step.value;
    }
  }

  /** The same in steps, between which others can have the loop: it may hold 100,000 messages. */
  static *restore(limits: MailboxLimits, state: MailboxState): Generator<void, Mailbox> {
    const { last, delivered, messages, seen } = state;
    const mailbox = new Mailbox(limits);
    mailbox.#delivered = delivered;
    mailbox.#annals = new DeliveryLog(limits, state);
    mailbox.#reserved = new SeqList(last + 1);
    mailbox.#messages = new SeqList(last - messages.length + 1);
    mailbox.#seen = new IdTombstones(mailbox.#messages.first - seen.length);
    mailbox.#known = new IdIndex(mailbox.#seen.first, mailbox);
    for (const [index, one] of seen.entries()) {
      mailbox.#known.push(one.from, one.id);
      mailbox.#seen.push(one);
      if (index % RESTORED_IN_A_STEP === 0) yield;
    }
    for (const [index, message] of messages.entries()) {
      mailbox.#know(message, message.seq, message.bytes);
      mailbox.#keep(message);
      if (message.purgedAt !== undefined) mailbox.#letGo(message);
      if (index % RESTORED_IN_A_STEP === 0) yield;
    }
    return mailbox;
  }

  /** What is applied, as it goes into the file: later changes do not reach it. */
  snapshot(): MailboxSnapshot {
    const messages = this.#messages.slice(this.#messages.first, this.#messages.next);
    return {
      last: this.last,
      delivered: this.#delivered,
      messages: new JsonLines(messages.length, (index) => messageLine(messages[index] as ReadMessage)),
      seen: this.#seen.lines(),
      ...this.#annals.state,
    };
  }

  get last(): number {
    return this.#messages.next - 1;
  }

  get delivered(): number {
    return this.#delivered;
  }

  /** How many after the cursor were purged. */
  get purged(): number {
    return this.#purged;
  }

  /** About how many bytes of memory it takes. */
  get weight(): number {
    const items = this.#messages.length * MESSAGE_WEIGHT + this.#seen.length * SEEN_WEIGHT;
    return MAILBOX_WEIGHT + this.#keptBytes + items + this.#annals.weight;
  }

  /** What happened around the messages. */
  get deliveryLog(): DeliveryLog {
    return this.#annals;
  }

  /** The seq of a known (sender, id), reserved ones too (R8); the newest, if it was put back after it was purged. */
  seqOf(from: string, id: string): number | undefined {
    return this.#known.seqOf(from, id);
  }

  /** Whether the known message with this seq is this sender's, with this id. */
  hasId(seq: number, from: string, id: string): boolean {
    if (seq < this.#messages.first) return this.#seen.hasId(seq, from, id);
    const message = this.#messages.get(seq) ?? this.#reserved.get(seq);
    return message !== undefined && message.id === id && message.from === from;
  }

  /** Where this id is known, whoever used it: one place for each sender. Not what is only reserved. */
  find(id: string): { readonly from: string; readonly seq: number }[] {
    const seen = this.#seen.find(id);
    const kept = this.#messages.slice(this.#messages.first, this.#messages.next).filter((message) => message.id === id);
    return [...seen, ...kept].map(({ from, seq }) => ({ from, seq }));
  }

  /** Whether the applied message with this seq has this body. */
  hasBody(seq: number, body: string): boolean {
    const message = this.#messages.get(seq);
    if (message && message.purgedAt === undefined) return message.body === body;
    const known = message ?? this.#seen.get(seq);
    return known !== undefined && known.bytes === Buffer.byteLength(body) && known.crc === crc32(body);
  }

  /** What became of the applied message with this seq. */
  stateOf(seq: number): 'stored' | 'delivered' | 'purged' {
    const message = this.#messages.get(seq);
    if (message ? message.purgedAt !== undefined : this.#seen.get(seq)?.purged) return 'purged';
    return seq <= this.#delivered ? 'delivered' : 'stored';
  }

  /** Whether so many more can be purged before the user has come. */
  hasRoomForPurged(count: number): boolean {
    return this.#purged + count <= this.#limits.maxUndelivered;
  }

  /** See Senders. What is reserved counts. */
  hasRoom(from: string, bytes: number): boolean {
    return this.#senders.hasRoom(from, bytes, this.#limits);
  }

  /** Gives a message its seq. `apply` or `release` follows, in the order in which they were reserved. */
  reserve(message: Named, bytes: number): number {
    const seq = this.#reserved.next;
    this.#reserved.push(message);
    this.#know(message, seq, bytes);
    return seq;
  }

  /** Takes the newest reservation back: its seq will be given again. */
  release({ from }: Named, bytes: number): void {
    this.#reserved.pop();
    this.#known.pop();
    this.#senders.remove(from, bytes);
  }

  /** Takes a durable record. One that was taken before changes nothing. @throws MailboxGap */
  apply(record: MailboxRecord): void {
    switch (record.type) {
      case 'message':
        this.applyMessage(record.seq, record, Buffer.byteLength(record.body));
        break;
      case 'ack':
        this.applyAck(record.seq, record.at, trailOf(record));
        break;
      case 'pushed':
        this.applyPushed(record.after, record.seq, record.at, trailOf(record));
        break;
      case 'audit':
        this.#annals.audited(auditOf(record));
        break;
      case 'purge':
        this.applyPurge(record.seqs, record.at);
    }
  }

  /** `bytes`: the body's length as UTF-8. */
  applyMessage(seq: number, { from, id, body, at }: Omit<NewMessage, 'to'>, bytes: number): void {
    if (seq <= this.last) return;
    if (seq !== this.last + 1) throw new MailboxGap(`message ${seq} comes after message ${this.last}`);
    const message = { seq, from, id, body, at, bytes, attempts: 0 };
    if (this.#reserved.length === 0) this.reserve(message, bytes);
    this.#reserved.shift();
    this.#keep(message);
  }

  /** R12: the only way to status 1. What was purged is passed over, and not returned. */
  applyAck(seq: number, at: number, trail?: PushTrail): readonly ReadMessage[] {
    if (seq <= this.#delivered) return [];
    if (seq > this.last) throw new MailboxGap(`an ack for message ${seq} comes after message ${this.last}`);
    const settled = this.#messages.slice(this.#delivered + 1, seq + 1);
    const delivered = settled.filter(({ purgedAt }) => purgedAt === undefined);
    this.#purged -= settled.length - delivered.length;
    for (const { from, bytes } of delivered) this.#senders.remove(from, bytes);
    this.#annals.acked(this.#delivered, seq, at, trail);
    this.#delivered = seq;
    this.trim(at);
    return delivered;
  }

  /** These are deleted, as far as they are undelivered. Returns those that were not before. */
  applyPurge(seqs: readonly number[], at: number): readonly ReadMessage[] {
    const purged: ReadMessage[] = [];
    for (const seq of seqs) {
      const message = this.#messages.get(seq);
      if (!message || seq <= this.#delivered || message.purgedAt !== undefined) continue;
      this.#messages.set(seq, { ...message, body: '', purgedAt: at, crc: crc32(message.body) });
      this.#letGo(message);
      purged.push(message);
    }
    return purged;
  }

  applyPushed(after: number, seq: number, at: number, trail?: PushTrail): void {
    this.#annals.pushed(after, seq, at, trail);
    for (let next = Math.max(after, this.#delivered) + 1; next <= seq; next++) {
      const message = this.#messages.get(next);
      if (message) this.#messages.set(next, { ...message, attempts: message.attempts + 1, triedAt: at });
    }
  }

  /** Forgets what need not be kept any longer (storage 15). `now`: ms since 1970. */
  trim(now: number): void {
    const { keptDelivered, keptDeliveredMs, keptSeen, keptSeenMs } = this.#limits;
    const messages = this.#messages;
    while (messages.first <= this.#delivered) {
      const { from, id, body, bytes, at, purgedAt, crc } = messages.get(messages.first) as ReadMessage;
      if (messages.first > this.#delivered - keptDelivered && at > now - keptDeliveredMs) break;
      messages.shift();
      const purged = purgedAt !== undefined;
      if (!purged) this.#keptBytes -= bytes;
      // Known from now on for as long as ids are: it may be restored, or sent again, long after its time.
      this.#seen.push({ from, id, crc: crc ?? crc32(body), bytes, at: Math.max(at, now), purged });
    }
    this.#annals.trim(messages.first);
    while (this.#seen.length > 0) {
      const { at } = this.#seen.get(this.#seen.first) as IdTombstone;
      if (this.#seen.length <= keptSeen && at > now - keptSeenMs) break;
      this.#seen.shift();
      this.#known.shift();
    }
  }

  /** Applied messages after `after`, in order: at least one, if there is one. */
  read(after: number, limit: ReadLimit): readonly ReadMessage[] {
    const first = Math.max(after + 1, this.#messages.first);
    const end = Math.min(first + Math.max(limit.messages, 1), this.#messages.next);
    let bytes = 0;
    let next = first;
    for (; next < end; next++) {
      bytes += (this.#messages.get(next) as ReadMessage).bytes;
      if (bytes > limit.bytes && next > first) break;
    }
    return this.#messages.slice(first, next);
  }

  /** A message that is there, or on its way, is known by its id; while it is undelivered it takes room. */
  #know({ from, id }: Named, seq: number, bytes: number): void {
    this.#known.push(from, id);
    if (seq > this.#delivered) this.#senders.add(from, bytes);
  }

  #keep(message: ReadMessage): void {
    this.#messages.push(message);
    this.#keptBytes += message.bytes;
  }

  /** A purged one takes no room any more. */
  #letGo({ seq, from, bytes }: ReadMessage): void {
    this.#keptBytes -= bytes;
    if (seq <= this.#delivered) return;
    this.#senders.remove(from, bytes);
    this.#purged++;
  }
}
