/**
 * A mailbox: a pure reducer over durable changes, and the checks of new messages: duplicate, conflict, quota. No I/O.
 *
 * A message has two stages: `reserve` assigns its seq when its record is appended to the journal, `applyMessage` adds
 * it when the record is durable. Only applied messages can be read, acked or written to a file.
 */
import { crc32 } from 'node:zlib';
import { JsonLines } from '../disk/json-layout.js';
import { MAIN_DEVICE } from '../protocol/frames/login.js';
import type { Bounds } from '../protocol/limits.js';
import type { MAILBOX } from '../store/limits.js';
import type {
  AppendResult,
  LastReceived,
  MessageStatus,
  NewMessage,
  PushTrail,
  ReadLimit,
  ReadMessage,
  SessionEvent,
} from '../store/store.js';
import { DeliveryLog } from './delivery-log.js';
import { DeviceCursors, type DeviceUse, devicesToDrop } from './device-cursors.js';
import { type IdTombstone, KnownIds, tombstoneLine } from './known-ids.js';
import {
  EMPTY_MAILBOX,
  type EpochChange,
  type KeptMessage,
  type MailboxSnapshot,
  type MailboxState,
  messageLine,
} from './mailbox-state.js';
import { SenderUsage } from './sender-usage.js';
import { SeqList } from './seq-list.js';
import { Sightings } from './sightings.js';

/** A record does not continue the mailbox: records are missing. */
export class MailboxGap extends Error {
  override readonly name = 'MailboxGap';
}

/** Limits of a mailbox; see MAILBOX. */
export type MailboxLimits = Bounds<typeof MAILBOX>;

/** What happened to a session of a device; or the user was removed, or only the device. */
export interface SessionChange {
  readonly device?: string | undefined;
  readonly fence: number;
  readonly event: SessionEvent | 'removed';
  readonly at: number;
  readonly agent?: string | undefined;
}

type ReservedMessage = Pick<NewMessage, 'from' | 'id' | 'body'>;
type ResendResult = Extract<AppendResult, { readonly outcome: 'duplicate' | 'purged' | 'conflict' }>;

/** Memory in bytes besides the bodies, as measured. */
const MESSAGE_BYTES = 300;
const TOMBSTONE_BYTES = 200;
const MAILBOX_BYTES = 1_400;
const SIGHTING_BYTES = 150;
const DEVICE_BYTES = 250;

/** A mailbox gets a new epoch only after its folder was restored, or its user removed. */
const MAX_PAST_EPOCHS = 100;

/** Messages that are restored per step: a few milliseconds of work. */
const RESTORE_STEP = 4_096;

export class Mailbox {
  readonly #limits: MailboxLimits;
  readonly #usage = new SenderUsage();
  readonly #ids: KnownIds;
  readonly #messages: SeqList<KeptMessage>;
  /** Messages in flight: appended to the journal and not yet durable. Their seqs follow the last applied one. */
  readonly #reserved: SeqList<ReservedMessage>;
  /** Messages in flight that restore a purged one, by seq: the seq of that. */
  #restored: Map<number, number> | undefined;
  /** Who pushed and acked messages, and when; audit entries. */
  readonly deliveryLog: DeliveryLog;
  readonly #devices: DeviceCursors;
  /** Sessions of all users. Only the mailbox of SYSTEM_USER has any. */
  readonly sightings: Sightings;
  #ownEpoch: string | undefined;
  #pastEpochs: readonly string[];
  #delivered: number;
  #purged = 0;
  #appliedLsn = 0;
  #appliedCrc: number | undefined;
  /** Total length of the kept bodies. */
  #keptBytes = 0;

  /** An empty mailbox. `restore` makes one with messages: here `state` only determines the first seqs. */
  constructor(limits: MailboxLimits, state: MailboxState = EMPTY_MAILBOX) {
    const { ownEpoch, pastEpochs = [], last, delivered, messages } = state;
    this.#limits = limits;
    this.#ownEpoch = ownEpoch;
    this.#pastEpochs = pastEpochs;
    this.#delivered = delivered;
    this.#reserved = new SeqList(last + 1);
    this.#messages = new SeqList(last - messages.length + 1);
    this.#ids = new KnownIds(limits.keptIdsPerSender);
    this.deliveryLog = new DeliveryLog(limits, state);
    this.#devices = new DeviceCursors(state.devices);
    this.sightings = new Sightings(state.sightings);
  }

  /** The mailbox with this state. */
  static restore(limits: MailboxLimits, state: MailboxState): Mailbox {
    const steps = Mailbox.restoreInSteps(limits, state);
    for (;;) {
      const step = steps.next();
      if (step.done) return step.value;
    }
  }

  /** As `restore`, but yields every few milliseconds of work, so that 100,000 messages do not block the event loop. */
  static *restoreInSteps(limits: MailboxLimits, state: MailboxState): Generator<void, Mailbox> {
    const mailbox = new Mailbox(limits, state);
    for (const [index, tombstone] of state.seen.entries()) {
      mailbox.#ids.bury(tombstone);
      if (index % RESTORE_STEP === 0) yield;
    }
    for (const [index, message] of state.messages.entries()) {
      mailbox.#addId(message, message.seq, message.bytes);
      mailbox.#addMessage(message);
      if (message.purgedAt !== undefined) mailbox.#dropBody(message);
      if (index % RESTORE_STEP === 0) yield;
    }
    return mailbox;
  }

  /** The applied state, as it is written to the file. Later changes do not affect it. */
  snapshot(): MailboxSnapshot {
    const messages = this.#messages.slice(this.#messages.first, this.#messages.next);
    const tombstones = this.#ids.all();
    return {
      ownEpoch: this.#ownEpoch,
      ...(this.#pastEpochs.length > 0 && { pastEpochs: this.#pastEpochs }),
      last: this.last,
      delivered: this.#delivered,
      ...(this.#devices.size > 0 && { devices: this.#devices.state }),
      messages: new JsonLines(messages.length, (index) => messageLine(messages[index] as ReadMessage)),
      seen: new JsonLines(tombstones.length, (index) => tombstoneLine(tombstones[index] as IdTombstone)),
      ...this.deliveryLog.state,
      ...(this.sightings.size > 0 && { sightings: this.sightings.all() }),
    };
  }

  /** The epoch of this mailbox, if it is not the store's. */
  get ownEpoch(): string | undefined {
    return this.#ownEpoch;
  }

  /** The highest seq in flight or applied. */
  get lastReserved(): number {
    return this.#reserved.next - 1;
  }

  /** The highest applied seq. */
  get last(): number {
    return this.#messages.next - 1;
  }

  /** The cursor: everything up to this seq is delivered. */
  get delivered(): number {
    return this.#delivered;
  }

  /** Up to this seq, messages are no longer kept. */
  get dropped(): number {
    return this.#messages.first - 1;
  }

  /**
   * The cursor of a device; undefined if it is not known. As long as there is no other device, that of MAIN_DEVICE is that
   * of the mailbox.
   */
  cursorOf(device: string): number | undefined {
    if (this.#devices.size > 0) return this.#devices.cursorOf(device);
    return device === MAIN_DEVICE ? this.#delivered : undefined;
  }

  /** The devices, by name, and when each was added or last acked something; 0 if that is not known. */
  get devices(): readonly { readonly device: string; readonly cursor: number; readonly at: number }[] {
    if (this.#devices.size > 0) return [...this.#devices.state].sort((a, b) => (a.device < b.device ? -1 : 1));
    const at = this.deliveryLog.lastActedAt;
    return at > 0 || this.#delivered > 0 ? [{ device: MAIN_DEVICE, cursor: this.#delivered, at }] : [];
  }

  /** Whether there is another device than MAIN_DEVICE, or was one. */
  get hasDevices(): boolean {
    return this.#devices.size > 0;
  }

  /** See `devicesToDrop`. */
  devicesToDrop(devices: readonly DeviceUse[], joining: string, now: number): readonly string[] | undefined {
    return devicesToDrop(devices, joining, now, this.#limits);
  }

  /** The lsn of the last record that was applied; 0 if there is none. */
  get appliedLsn(): number {
    return this.#appliedLsn;
  }

  /** The crc of that record; undefined if it is not known. */
  get appliedCrc(): number | undefined {
    return this.#appliedCrc;
  }

  /** A record is being applied: called before the change. */
  applied(lsn: number, crc: number | undefined): void {
    this.#appliedLsn = lsn;
    this.#appliedCrc = crc;
  }

  /** How many messages are kept, purged ones included. */
  get kept(): number {
    return this.#messages.length;
  }

  /** How many after the cursor were purged. */
  get purged(): number {
    return this.#purged;
  }

  /** Estimated memory in bytes. */
  get memoryBytes(): number {
    const items = this.#messages.length * MESSAGE_BYTES + this.#ids.tombstones * TOMBSTONE_BYTES;
    const sessions = this.sightings.size * SIGHTING_BYTES + this.#devices.size * DEVICE_BYTES;
    return MAILBOX_BYTES + this.#keptBytes + items + this.deliveryLog.memoryBytes + sessions;
  }

  /** The seq of a known (sender, id), in flight or applied. The newest, if it was restored after a purge. */
  seqOf(from: string, id: string): number | undefined {
    return this.#ids.seqOf(from, id);
  }

  /**
   * Whether this mailbox ever had the message, as far as it can tell: it does not if it went back to an older state.
   * @param storeEpoch the epoch of a mailbox that has none of its own.
   */
  hadMessage({ epoch, seq, from, id }: LastReceived, storeEpoch: string): boolean {
    if (epoch !== (this.#ownEpoch ?? storeEpoch)) return this.#pastEpochs.includes(epoch);
    const message = this.#messages.get(seq) ?? this.#ids.tombstoneAt(seq);
    return message ? message.id === id && message.from === from : seq <= this.last;
  }

  /** The kept message with this seq. */
  get(seq: number): KeptMessage | undefined {
    return this.#messages.get(seq);
  }

  /** The applied messages with this id, at most one per sender unless it was restored after a purge. */
  find(id: string): { readonly from: string; readonly seq: number }[] {
    const forgotten = this.#ids.find(id);
    const kept = this.#messages.slice(this.#messages.first, this.#messages.next).filter((message) => message.id === id);
    return [...forgotten, ...kept].map(({ from, seq }) => ({ from, seq }));
  }

  /** R8: the result for a known (sender, id); undefined for a message to store: a new one, or one to restore. */
  classify({ from, id, body, restored }: NewMessage): ResendResult | undefined {
    const known = this.#ids.get(from, id);
    if (known === undefined) return undefined;
    const isPurged = this.#stateOf(known) === 'purged';
    if (isPurged && restored) return undefined;
    if (!this.#hasBody(known, body)) return { outcome: 'conflict' };
    if (isPurged) return { outcome: 'purged' };
    const seq = seqOf(known);
    return { outcome: 'duplicate', seq, delivered: seq <= this.#delivered };
  }

  /** Purged messages and tombstones have no body, but its length and checksum. */
  #hasBody(known: number | IdTombstone, body: string): boolean {
    const kept = typeof known === 'number' ? this.#messages.get(known) : known;
    if (typeof known === 'number' && !kept) return this.#reserved.get(known)?.body === body;
    if (kept && 'body' in kept && kept.purgedAt === undefined) return kept.body === body;
    return kept !== undefined && kept.bytes === Buffer.byteLength(body) && kept.crc === crc32(body);
  }

  /** The state of the applied message with this sender and id. */
  stateOfId(from: string, id: string): MessageStatus['state'] {
    const known = this.#ids.get(from, id);
    return known === undefined || seqOf(known) > this.last ? 'unknown' : this.#stateOf(known);
  }

  #stateOf(known: number | IdTombstone): 'stored' | 'delivered' | 'purged' {
    if (typeof known === 'number') return this.stateOf(known);
    return known.purged ? 'purged' : 'delivered';
  }

  /** The state of the message with this seq. If it is no longer kept, it counts as delivered. */
  stateOf(seq: number): 'stored' | 'delivered' | 'purged' {
    if (this.#messages.get(seq)?.purgedAt !== undefined) return 'purged';
    return seq <= this.#delivered ? 'delivered' : 'stored';
  }

  /** Whether so many more undelivered messages may be purged before the cursor passes them. */
  hasRoomForPurged(count: number): boolean {
    return this.#purged + count <= this.#limits.maxUndelivered;
  }

  /** Whether a body of this length fits into the quotas of mailbox and sender. Messages in flight count. */
  hasRoom(from: string, bytes: number): boolean {
    return this.#usage.hasRoom(from, bytes, this.#limits);
  }

  /** Assigns a seq. `apply` must follow in the order of the reservations, or `release` in the reverse order. */
  reserve(message: ReservedMessage, bytes: number): number {
    const seq = this.#reserved.next;
    const purged = this.#ids.seqOf(message.from, message.id);
    if (purged !== undefined) {
      this.#restored ??= new Map();
      this.#restored.set(seq, purged);
    }
    this.#reserved.push(message);
    this.#addId(message, seq, bytes);
    return seq;
  }

  /** Undoes the newest reservation. Its seq will be assigned again. */
  release({ from, id }: ReservedMessage, bytes: number): void {
    this.#reserved.pop();
    const seq = this.#reserved.next;
    const purged = this.#restored?.get(seq);
    this.#restored?.delete(seq);
    if (purged === undefined) this.#ids.delete(from, id);
    else this.#ids.set(from, id, purged);
    this.#usage.remove(from, bytes);
  }

  /** Adds a message, unless it was applied before. @param bytes the body's length in UTF-8. @throws MailboxGap */
  applyMessage(seq: number, { from, id, body, at, restored }: Omit<NewMessage, 'to'>, bytes: number): void {
    if (seq <= this.last) return;
    if (seq !== this.last + 1) throw new MailboxGap(`message ${seq} follows message ${this.last}: records are missing`);
    const message = { seq, from, id, body, at, bytes, attempts: 0 };
    if (this.#reserved.length === 0) this.reserve(message, bytes);
    this.#reserved.shift();
    this.#restored?.delete(seq);
    this.#addMessage(restored ? { ...message, restored } : message);
  }

  /**
   * R12: moves the cursor of the device, and with it that of the mailbox if it is lower, the only way to status 1. Returns the
   * messages that became delivered. @throws MailboxGap
   */
  applyAck(seq: number, at: number, trail?: PushTrail, device: string = MAIN_DEVICE): readonly ReadMessage[] {
    if (this.#devices.size > 0) this.#devices.ack(device, Math.min(seq, this.last), at);
    if (seq <= this.#delivered) return [];
    if (seq > this.last) throw new MailboxGap(`ack ${seq} follows message ${this.last}: records are missing`);
    const acked = this.#messages.slice(this.#delivered + 1, seq + 1);
    const delivered = acked.filter(({ purgedAt }) => purgedAt === undefined);
    this.#purged -= acked.length - delivered.length;
    for (const { from, bytes } of delivered) this.#usage.remove(from, bytes);
    this.deliveryLog.addAck(this.#delivered, seq, at, this.#appliedLsn, trail);
    this.#delivered = seq;
    this.trim(at);
    return delivered;
  }

  /** Purges the undelivered ones of these messages. Returns those that were not purged before, with their bodies. */
  applyPurge(seqs: readonly number[], at: number): readonly ReadMessage[] {
    const purged: ReadMessage[] = [];
    for (const seq of seqs) {
      const message = this.#messages.get(seq);
      if (!message || seq <= this.#delivered || message.purgedAt !== undefined) continue;
      const purgedLsn = this.#appliedLsn;
      this.#messages.set(seq, { ...message, body: '', purgedAt: at, purgedLsn, crc: crc32(message.body) });
      this.#dropBody(message);
      purged.push(message);
    }
    return purged;
  }

  /** A device is added, with a cursor. MAIN_DEVICE may have acked more before it had one of its own. */
  applyDevice(device: string, seq: number, at: number): void {
    const isImplicit = device === MAIN_DEVICE && this.#devices.size === 0;
    const cursor = isImplicit ? this.#delivered : Math.min(seq, this.#delivered);
    const attempts: number[] = [];
    for (let next = cursor + 1; isImplicit && next <= this.last; next++) {
      const count = this.#messages.get(next)?.attempts ?? 0;
      if (count === 0) break;
      attempts.push(count);
    }
    this.#devices.add(device, cursor, at, attempts);
  }

  applyDeviceRemoval(device: string): void {
    this.#devices.remove(device);
  }

  /** From now on a seq identifies a message only together with this epoch. */
  applyEpoch({ epoch, past }: EpochChange): void {
    this.#ownEpoch = epoch;
    this.#pastEpochs = [...new Set([...this.#pastEpochs, ...past])].slice(-MAX_PAST_EPOCHS);
  }

  /** The user was removed: drops all messages up to `seq`. Returns those that were undelivered. */
  applyRemoval(seq: number, change: EpochChange): readonly ReadMessage[] {
    const undelivered = this.#messages
      .slice(this.#delivered + 1, seq + 1)
      .filter(({ purgedAt }) => purgedAt === undefined);
    for (const { from, bytes } of undelivered) this.#usage.remove(from, bytes);
    while (this.#messages.first <= seq) {
      const message = this.#messages.shift();
      if (message?.purgedAt === undefined) this.#keptBytes -= message?.bytes ?? 0;
    }
    this.#ids.forget(seq);
    this.deliveryLog.clear();
    this.#devices.clear();
    this.#purged = 0;
    this.#delivered = Math.max(this.#delivered, seq);
    this.applyEpoch(change);
    return undelivered;
  }

  /** A chat session of any user began or ended; or the user was removed. */
  applySession(user: string, session: SessionChange): void {
    const { device = MAIN_DEVICE, fence, event, at, agent } = session;
    if (event === 'began') this.sightings.began(user, { device, fence, at, ...(agent !== undefined && { agent }) });
    else if (event === 'ended') this.sightings.ended(user, device, fence, at);
    else this.sightings.forget(user, session.device);
  }

  /** Counts one more attempt for the messages after `after`, up to `seq`, in total as long as they are undelivered. */
  applyPushed(after: number, seq: number, at: number, trail?: PushTrail, device: string = MAIN_DEVICE): void {
    if (this.#devices.size > 0) this.#devices.pushed(device, after, seq);
    this.deliveryLog.addPush(after, seq, at, this.#appliedLsn, trail);
    for (let next = Math.max(after, this.#delivered) + 1; next <= seq; next++) {
      const message = this.#messages.get(next);
      if (message) this.#messages.set(next, { ...message, attempts: message.attempts + 1, triedAt: at });
    }
  }

  /** Drops messages beyond their retention (storage 15): tombstones are left of them. `now`: ms since 1970. */
  trim(now: number): void {
    const { keptDelivered, keptDeliveredMs } = this.#limits;
    const messages = this.#messages;
    while (messages.first <= this.#delivered) {
      const { seq, from, id, body, bytes, at, purgedAt, crc } = messages.get(messages.first) as ReadMessage;
      if (seq > this.#delivered - keptDelivered && at > now - keptDeliveredMs) break;
      messages.shift();
      const purged = purgedAt !== undefined;
      if (!purged) this.#keptBytes -= bytes;
      this.#ids.bury({ seq, from, id, crc: crc ?? crc32(body), bytes, purged });
    }
    this.deliveryLog.trim(messages.first);
  }

  /** Applied messages after `after`, in order; at least one if there is one. With a `device`: its attempts. */
  read(after: number, limit: ReadLimit, device?: string): readonly ReadMessage[] {
    const first = Math.max(after + 1, this.#messages.first);
    const end = Math.min(first + Math.max(limit.messages, 1), this.#messages.next);
    let bytes = 0;
    let next = first;
    for (; next < end; next++) {
      bytes += (this.#messages.get(next) as ReadMessage).bytes;
      if (bytes > limit.bytes && next > first) break;
    }
    const messages = this.#messages.slice(first, next);
    if (device === undefined || this.#devices.size === 0) return messages;
    return messages.map((message) => {
      const attempts = this.#devices.attemptsOf(device, message.seq);
      return attempts === message.attempts ? message : { ...message, attempts };
    });
  }

  /** Adds a message to the index of ids and, if it is undelivered, to its sender's usage. */
  #addId({ from, id }: ReservedMessage, seq: number, bytes: number): void {
    this.#ids.set(from, id, seq);
    if (seq > this.#delivered) this.#usage.add(from, bytes);
  }

  #addMessage(message: KeptMessage): void {
    this.#messages.push(message);
    this.#keptBytes += message.bytes;
  }

  /** A purged message no longer counts for the quota. */
  #dropBody({ seq, from, bytes }: ReadMessage): void {
    this.#keptBytes -= bytes;
    if (seq <= this.#delivered) return;
    this.#usage.remove(from, bytes);
    this.#purged++;
  }
}

const seqOf = (known: number | IdTombstone): number => (typeof known === 'object' ? known.seq : known);
