/**
 * A mailbox: a pure reducer over durable changes, and the checks of new messages: duplicate, conflict, quota. No I/O.
 *
 * A message has two stages: `reserve` assigns its seq when its record is appended to the journal, `applyReserved` adds
 * it when the record is durable. Only applied messages can be read, acked or written to a file.
 */
import { crc32 } from 'node:zlib';
import { MAIN_DEVICE } from '../../protocol/frames/login.js';
import type { Bounds } from '../../protocol/limits.js';
import { type DeviceUse, devicesToDrop } from '../../store/device-claims.js';
import type { MAILBOX } from '../../store/limits.js';
import type { DeviceState, IdTombstone } from '../../store/mailbox-contents.js';
import type {
  AppendResult,
  LastReceived,
  MessageStatus,
  PushTrail,
  ReadLimit,
  ReadMessage,
  SessionEvent,
} from '../../store/store.js';
import { DeliveryLog } from './delivery-log.js';
import { DeviceCursors } from './device-cursors.js';
import { KnownIds } from './known-ids.js';
import { MailboxEpochs } from './mailbox-epochs.js';
import {
  EMPTY_MAILBOX,
  type EpochChange,
  type KeptMessage,
  type MailboxSnapshot,
  type MailboxState,
  messageLines,
} from './mailbox-state.js';
import { MessageLog } from './message-log.js';
import { SenderUsage } from './sender-usage.js';
import { SeqList } from './seq-list.js';
import { Sightings } from './sightings.js';
import { tombstoneLines } from './tombstones.js';

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

type ReservedMessage = Pick<KeptMessage, 'from' | 'id' | 'body' | 'restored'>;
type MessageContent = Pick<KeptMessage, 'from' | 'id' | 'body' | 'at' | 'restored' | 're'>;
type CopyContent = Omit<MessageContent, 'restored'> & Required<Pick<KeptMessage, 'to'>> & Pick<KeptMessage, 'device'>;
type ResendResult = Extract<AppendResult, { readonly outcome: 'duplicate' | 'purged' | 'unsent' | 'conflict' }>;

/** Memory in bytes besides the bodies, as measured. */
const MESSAGE_BYTES = 300;
const TOMBSTONE_BYTES = 200;
const MAILBOX_BYTES = 1_400;
const SIGHTING_BYTES = 150;
const DEVICE_BYTES = 250;

/** Messages that are restored per step: a few milliseconds of work. */
const RESTORE_STEP = 4_096;

export class Mailbox {
  readonly #limits: MailboxLimits;
  readonly #usage = new SenderUsage();
  readonly #ids: KnownIds;
  readonly #log: MessageLog;
  /** Messages in flight: appended to the journal and not yet durable. Their seqs follow the last applied one. */
  readonly #reserved: SeqList<ReservedMessage>;
  /** Messages in flight that restore a purged or parked one, by seq: the seq of that. */
  #restored: Map<number, number> | undefined;
  /** Who pushed and acked messages, and when; audit entries. */
  readonly deliveryLog: DeliveryLog;
  readonly #devices: DeviceCursors;
  /** Sessions of all users. Only the mailbox of SYSTEM_USER has any. */
  readonly sightings: Sightings;
  readonly #epochs: MailboxEpochs;
  #appliedLsn = 0;
  #appliedCrc: number | undefined;

  /** An empty mailbox. `restore` makes one with messages: here `state` only determines the first seqs. */
  constructor(limits: MailboxLimits, state: MailboxState = EMPTY_MAILBOX) {
    this.#limits = limits;
    this.#epochs = new MailboxEpochs(state);
    this.#log = new MessageLog(state);
    this.#reserved = new SeqList(state.last + 1);
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
      mailbox.#ids.restore(tombstone);
      if (index % RESTORE_STEP === 0) yield;
    }
    for (const [index, message] of state.messages.entries()) {
      const { from, id, seq, bytes, to, purgedAt, unsent } = message;
      if (to === undefined) mailbox.#ids.set(from, id, seq);
      if (seq > state.delivered && to === undefined && (purgedAt === undefined || unsent))
        if (unsent) mailbox.#usage.addUnsent(from);
        else mailbox.#usage.add(from, bytes);
      mailbox.#log.add(message);
      if (index % RESTORE_STEP === 0) yield;
    }
    return mailbox;
  }

  /** The applied state. Later changes do not affect it. */
  get state(): MailboxState {
    return {
      ...this.#epochs.state,
      last: this.last,
      delivered: this.delivered,
      ...(this.#devices.areKept && { devices: this.#devices.state }),
      messages: this.#log.all(),
      seen: this.#ids.all(),
      ...this.deliveryLog.state,
      ...(this.sightings.size > 0 && { sightings: this.sightings.all() }),
    };
  }

  /** The same, as it is written to the file. */
  snapshot(): MailboxSnapshot {
    const { state } = this;
    const { messages, seen } = state;
    return { ...state, messages: messageLines(messages), seen: tombstoneLines(seen) };
  }

  /** The epoch of this mailbox, if it is not the store's. */
  get ownEpoch(): string | undefined {
    return this.#epochs.own;
  }

  /** The highest seq in flight or applied. */
  get lastReserved(): number {
    return this.#reserved.next - 1;
  }

  /** The highest applied seq. */
  get last(): number {
    return this.#log.last;
  }

  /** The cursor: everything up to this seq is delivered. */
  get delivered(): number {
    return this.#log.delivered;
  }

  /** Up to this seq, messages are no longer kept. */
  get dropped(): number {
    return this.#log.first - 1;
  }

  /**
   * The cursor of a device; undefined if it is not known. As long as there was no other device, that of MAIN_DEVICE is that
   * of the mailbox.
   */
  cursorOf(device: string): number | undefined {
    if (this.hasDevices) return this.#devices.cursorOf(device);
    return device === MAIN_DEVICE ? this.delivered : undefined;
  }

  /** The devices, by name, and when each was added or last acked something; 0 if that is not known. */
  get devices(): readonly { readonly device: string; readonly cursor: number; readonly at: number }[] {
    if (this.hasDevices) return [...this.#devices.state].sort((a, b) => (a.device < b.device ? -1 : 1));
    const at = this.deliveryLog.lastActedAt;
    return at > 0 || this.delivered > 0 ? [{ device: MAIN_DEVICE, cursor: this.delivered, at }] : [];
  }

  /** False as long as MAIN_DEVICE was the only device. */
  get hasDevices(): boolean {
    return this.#devices.areKept;
  }

  /** Whether the device wants copies; undefined if it is not known, or has no cursor of its own. */
  wantsCopies(device: string): boolean | undefined {
    return this.#devices.wantsCopies(device);
  }

  /** Up to which seq the device gets history; 0: it gets none, or has it. */
  historyOf(device: string): number {
    return this.#devices.historyOf(device);
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
    return this.#log.length;
  }

  /** How many after the cursor were purged. */
  get purged(): number {
    return this.#log.purged;
  }

  /** How many after the cursor are copies of messages that the user sent. */
  get copies(): number {
    return this.#log.copies;
  }

  /** Whether a message that the user sends from this device has to be copied here, and there is room for it. */
  wantsCopy(device: string | undefined, bytes: number): boolean {
    if (this.#devices.size === 0 || !this.#devices.othersWantCopies(device)) return false;
    const { maxUndelivered, maxUndeliveredBytes } = this.#limits;
    return this.#log.copies < maxUndelivered && this.#log.copyBytes + bytes <= maxUndeliveredBytes;
  }

  /** Estimated memory in bytes. */
  get memoryBytes(): number {
    const items = this.#log.length * MESSAGE_BYTES + this.#ids.tombstones * TOMBSTONE_BYTES;
    const sessions = this.sightings.size * SIGHTING_BYTES + this.#devices.size * DEVICE_BYTES;
    return MAILBOX_BYTES + this.#log.bytes + items + this.deliveryLog.memoryBytes + sessions;
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
    if (epoch !== (this.ownEpoch ?? storeEpoch)) return this.#epochs.isPast(epoch);
    const message = this.#log.get(seq) ?? this.#ids.tombstoneAt(seq);
    return message ? message.id === id && message.from === from : seq <= this.last;
  }

  /** The kept message with this seq. */
  get(seq: number): KeptMessage | undefined {
    return this.#log.get(seq);
  }

  /** The applied messages with this id, at most one per sender unless it was restored after a purge. */
  find(id: string): { readonly from: string; readonly seq: number }[] {
    const forgotten = this.#ids.find(id);
    const kept = this.#log.all().filter((message) => message.id === id && message.to === undefined);
    return [...forgotten, ...kept].map(({ from, seq }) => ({ from, seq }));
  }

  /**
   * R8: the result for a known (sender, id); undefined for a message to store: a new one, or one to restore.
   * @param parked see NewMessage.
   */
  classify({ from, id, body, restored }: Omit<MessageContent, 'at'>, parked = 0): ResendResult | undefined {
    const known = this.#ids.get(from, id);
    if (known === undefined) return undefined;
    const state = this.#stateOf(known);
    if (state === 'purged' && restored) return undefined;
    if (!this.#hasBody(known, body)) return { outcome: 'conflict' };
    if (state === 'purged' || state === 'unsent') return { outcome: state };
    const seq = seqOf(known);
    const delivered = seq <= this.delivered;
    if (restored && delivered && seq <= parked) return undefined;
    return { outcome: 'duplicate', seq, delivered };
  }

  /** Purged messages and tombstones have no body, but its length and checksum. */
  #hasBody(known: number | IdTombstone, body: string): boolean {
    const kept = typeof known === 'number' ? this.#log.get(known) : known;
    if (typeof known === 'number' && !kept) return this.#reserved.get(known)?.body === body;
    if (kept && 'body' in kept && kept.purgedAt === undefined) return kept.body === body;
    return kept !== undefined && kept.bytes === Buffer.byteLength(body) && kept.crc === crc32(body);
  }

  /** The state of the applied message with this sender and id. */
  stateOfId(from: string, id: string): MessageStatus['state'] {
    const known = this.#ids.get(from, id);
    return known === undefined || seqOf(known) > this.last ? 'unknown' : this.#stateOf(known);
  }

  #stateOf(known: number | IdTombstone): 'stored' | 'delivered' | 'purged' | 'unsent' {
    if (typeof known === 'number') return this.stateOf(known);
    if (known.unsent) return 'unsent';
    return known.purged ? 'purged' : 'delivered';
  }

  /** The state of the message with this seq. If it is no longer kept, or a copy, it counts as delivered. */
  stateOf(seq: number): 'stored' | 'delivered' | 'purged' | 'unsent' {
    return this.#log.stateOf(seq);
  }

  /** Whether so many more undelivered messages may be purged before the cursor passes them. */
  hasRoomForPurged(count: number): boolean {
    return this.#log.purged + count <= this.#limits.maxUndelivered;
  }

  /** Whether a body of this length fits into the quotas of mailbox and sender. Messages in flight count. */
  hasRoom(from: string, bytes: number): boolean {
    return this.#usage.hasRoom(from, bytes, this.#limits);
  }

  /** Senders with undelivered messages. Messages in flight count. */
  get senders(): Iterable<string> {
    return this.#usage.senders();
  }

  /** Whether the sender has any. Messages in flight count. */
  hasWaitingFrom(from: string): boolean {
    return this.#usage.messagesOf(from) > 0;
  }

  /** Its applied undelivered messages after `after`, in order, at most `limit`. */
  waitingFrom(from: string, after: number, limit: number): readonly KeptMessage[] {
    const found: KeptMessage[] = [];
    const enough = Math.min(limit, this.#usage.messagesOf(from));
    for (let seq = Math.max(after, this.delivered) + 1; seq <= this.last && found.length < enough; seq++) {
      const message = this.#log.get(seq);
      if (message?.from === from && this.stateOf(seq) === 'stored') found.push(message);
    }
    return found;
  }

  /** Assigns a seq. `applyReserved` must follow in the order of the reservations, or `release` in the reverse order. */
  reserve(message: ReservedMessage, bytes: number): number {
    const seq = this.#reserved.next;
    // Every other message with a known id is a resend, and not stored.
    const purged = message.restored === undefined ? undefined : this.#ids.seqOf(message.from, message.id);
    if (purged !== undefined) {
      this.#restored ??= new Map();
      this.#restored.set(seq, purged);
    }
    this.#reserved.push(message);
    this.#ids.set(message.from, message.id, seq);
    this.#usage.add(message.from, bytes);
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

  /**
   * Adds a message of a record, unless it was applied before; none is reserved. @param bytes the body's length in UTF-8.
   * @throws MailboxGap
   */
  applyMessage(seq: number, { from, id, body, at, restored, re }: MessageContent, bytes: number): void {
    if (seq <= this.last) return;
    if (seq !== this.last + 1) throw new MailboxGap(`message ${seq} follows message ${this.last}: records are missing`);
    const marks = { ...(restored && { restored }), ...(re !== undefined && { re }) };
    const message = { seq, from, id, body, at, bytes, attempts: 0, ...marks };
    this.reserve(message, bytes);
    this.applyReserved(message);
  }

  /** Adds the oldest reserved message, as it is. */
  applyReserved(message: KeptMessage): void {
    this.#reserved.shift();
    this.#restored?.delete(message.seq);
    this.#log.add(message);
  }

  /** Assigns a seq to a copy. As after `reserve`, `applyCopy` or `releaseCopy` must follow. */
  reserveCopy(message: ReservedMessage): number {
    const seq = this.#reserved.next;
    this.#reserved.push(message);
    return seq;
  }

  /** Undoes the newest reservation, which is one of a copy. */
  releaseCopy(): void {
    this.#reserved.pop();
  }

  /** Adds a copy of a message that the user sent, unless it was applied before. @throws MailboxGap */
  applyCopy(seq: number, copy: CopyContent, bytes: number): void {
    if (seq <= this.last) return;
    if (seq !== this.last + 1) throw new MailboxGap(`copy ${seq} follows message ${this.last}: records are missing`);
    if (this.#reserved.length === 0) this.reserveCopy(copy);
    this.#reserved.shift();
    const { from, id, body, at, to, device, re } = copy;
    const marks = { ...(device !== undefined && { device }), ...(re !== undefined && { re }) };
    this.#log.add({ seq, from, id, body, at, bytes, attempts: 0, to, ...marks });
    this.#log.passCopies();
    this.trim(at);
  }

  /**
   * R12: moves the cursor of the device, and with it that of the mailbox if it is lower, the only way to status 1. Returns the
   * messages that became delivered. @throws MailboxGap
   */
  applyAck(seq: number, at: number, trail?: PushTrail, device: string = MAIN_DEVICE): readonly ReadMessage[] {
    if (this.hasDevices) this.#devices.ack(device, Math.min(seq, this.last), at);
    const before = this.delivered;
    if (seq <= before) return [];
    if (seq > this.last) throw new MailboxGap(`ack ${seq} follows message ${this.last}: records are missing`);
    const delivered = this.#deliver(seq);
    this.deliveryLog.addAck(before, seq, this.#recorded(at, device), trail);
    this.#log.passCopies();
    this.trim(at);
    return delivered;
  }

  /** Moves the cursor. Returns the messages that became delivered. */
  #deliver(seq: number): readonly KeptMessage[] {
    for (const { from } of this.#log.unsentUpTo(seq)) this.#usage.removeUnsent(from);
    const delivered = this.#log.deliver(seq);
    for (const { from, bytes } of delivered) this.#usage.remove(from, bytes);
    return delivered;
  }

  /**
   * Purges the undelivered ones of these messages. Returns those that were not purged before, with their bodies.
   * @param isUnsent their sender does it: they go on to count for the sender's share, so that nobody fills a mailbox with them.
   */
  applyPurge(seqs: readonly number[], at: number, isUnsent = false): readonly ReadMessage[] {
    const purged: ReadMessage[] = [];
    for (const seq of seqs) {
      const message = this.#log.purge(seq, at, this.#appliedLsn, isUnsent);
      if (!message) continue;
      this.#usage.remove(message.from, message.bytes); // it no longer counts for the quota
      if (isUnsent) this.#usage.addUnsent(message.from);
      purged.push(message);
    }
    return purged;
  }

  /**
   * A device is added, with a cursor. MAIN_DEVICE may have acked more before it had one of its own. Of a known device, only
   * changes whether it wants copies.
   */
  applyDevice({ device, cursor: seq, at, copies = false, history = 0 }: DeviceState): void {
    const isImplicit = device === MAIN_DEVICE && !this.hasDevices;
    const cursor = isImplicit ? this.delivered : Math.min(seq, this.delivered);
    const attempts: number[] = [];
    for (let next = cursor + 1; isImplicit && next <= this.last; next++) {
      const count = this.#log.get(next)?.attempts ?? 0;
      if (count === 0) break;
      attempts.push(count);
    }
    this.#devices.add({ device, cursor, at, attempts, copies, history });
  }

  applyDeviceRemoval(device: string): void {
    this.#devices.remove(device);
  }

  /** From now on a seq identifies a message only together with this epoch. */
  applyEpoch(change: EpochChange): void {
    this.#epochs.change(change);
  }

  /** The user was removed: drops all messages up to `seq`. Returns those that were undelivered. */
  applyRemoval(seq: number, change: EpochChange): readonly ReadMessage[] {
    const undelivered = this.#deliver(Math.max(this.delivered, seq));
    this.#log.clear(seq);
    this.#ids.forget(seq);
    this.deliveryLog.clear();
    this.#devices.clear();
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
    if (this.hasDevices) this.#devices.pushed(device, after, seq);
    this.deliveryLog.addPush(after, seq, this.#recorded(at, device), this.#log.first, trail);
    this.#log.tried(after, seq, at);
  }

  #recorded(at: number, device: string) {
    return { at, lsn: this.#appliedLsn, ...(device !== MAIN_DEVICE && { device }) };
  }

  /** Drops messages beyond their retention (storage 15): tombstones are left of them. `now`: ms since 1970. */
  trim(now: number): void {
    const { keptDelivered, keptDeliveredMs } = this.#limits;
    const { delivered } = this;
    for (let oldest = this.#log.get(this.#log.first); oldest; oldest = this.#log.get(this.#log.first)) {
      const { seq, from, id, body, bytes, at, purgedAt, unsent, crc, to } = oldest;
      if (seq > delivered || (seq > delivered - keptDelivered && at > now - keptDeliveredMs)) break;
      this.#log.shift();
      const purged = purgedAt !== undefined;
      if (to !== undefined) continue;
      this.#ids.bury({ seq, from, id, crc: crc ?? crc32(body), bytes, purged, ...(unsent && { unsent }) });
    }
    this.deliveryLog.trim(this.#log.first);
  }

  /** Applied messages after `after`, in order; at least one if there is one. With a `device`: its attempts. */
  read(after: number, limit: ReadLimit, device?: string): readonly ReadMessage[] {
    const messages = this.#log.read(after, limit);
    if (device === undefined || !this.hasDevices) return messages;
    return messages.map((message) => {
      const attempts = this.#devices.attemptsOf(device, message.seq);
      return attempts === message.attempts ? message : { ...message, attempts };
    });
  }
}

const seqOf = (known: number | IdTombstone): number => (typeof known === 'object' ? known.seq : known);
