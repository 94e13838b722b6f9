/**
 * A mailbox whose row a transaction has locked: the rules of each call, and what has to be written. Pure: what was loaded changes
 * here first, and is written before the commit.
 */
import { hash } from 'node:crypto';
import { MAIN_DEVICE } from '../../protocol/frames/login.js';
import type { Bounds } from '../../protocol/limits.js';
import { type AddedDevice, type DeviceUse, devicesToDrop } from '../../store/device-claims.js';
import { deviceHeads } from '../../store/device-heads.js';
import type { MAILBOX } from '../../store/limits.js';
import { isHeldBack } from '../../store/sender-order.js';
import { hasRoom, type Usage } from '../../store/sender-room.js';
import type { AppendResult, DeviceHead, LastReceived, MessageStatus, SettledMessage } from '../../store/store.js';
import { POSTGRES_STORE } from '../limits.js';

export type MailboxLimits = Bounds<typeof MAILBOX>;

/** Columns of the table `mailbox`. */
export interface MailboxRow {
  readonly no: number;
  readonly name: string;
  readonly epoch: string | null;
  readonly past_epochs: readonly string[];
  is_listed: boolean;
  first: number;
  last: number;
  delivered: number;
  waiting: number;
  waiting_bytes: number;
  /** Unsent ones included. */
  purged: number;
  unsent: number;
  copies: number;
  copy_bytes: number;
  has_devices: boolean;
  has_holds: boolean;
  pushed_at: number;
  acked_at: number;
  /** Up to this seq, sessions that have ended may have read messages; null: not known. */
  pushable: number | null;
}

/** Columns of the table `device`, and whether it has a session on a server that is alive. */
export interface DeviceRow {
  readonly name: string;
  fence: number;
  is_open: boolean;
  server: string | null;
  sessions: number[];
  noted: number[];
  cursor: number | null;
  at: number;
  attempts: number[];
  copies: boolean;
  history: number;
  seen_at: number | null;
  seen_fence: number | null;
  agent: string | null;
  is_online: boolean;
}

/** A kept message, without its body. */
export interface MessageFacts {
  readonly seq: number;
  readonly sender: string;
  readonly id: string;
  readonly bytes: number;
  readonly is_copy: boolean;
  is_purged: boolean;
  is_unsent: boolean;
}

/** A (sender, id) that the mailbox knows: of a kept message, or a tombstone. */
export interface KnownMessage {
  readonly seq: number;
  readonly bytes: number;
  readonly crc: number;
  readonly is_purged: boolean;
  readonly is_unsent: boolean;
}

/** A message to store. */
export interface MessageToStore {
  readonly sender: string;
  readonly id: string;
  readonly at: number;
  /** Hash of sender and id, as a decimal number. */
  readonly key: string;
  readonly body: Buffer;
  readonly crc: number;
  readonly isPlain: boolean;
  readonly restored?: { readonly by: string; readonly at: number };
  /** See NewMessage. */
  readonly parked?: number;
  /** Of a copy. */
  readonly target?: string;
  readonly device?: string;
  /** The id of the message that it is about. */
  readonly re?: string;
}

/** A refusal that holds back later messages of a sender. */
export interface Hold {
  readonly id: string;
  readonly at: number;
}

/** A message for the table, with its place. */
export type PlacedMessage = MessageToStore & { readonly mailbox: number; readonly seq: number };

export const knownKey = (sender: string, id: string): string => `${sender} ${id}`; // A name has no space.

/** 64 bits of a hash that nobody can find collisions of, as a signed decimal number: where an id is looked up. */
export const keyOf = (sender: string, id: string): string =>
  hash('sha1', `${sender} ${id}`, 'buffer').readBigInt64BE().toString();

const EMPTY_ROW: Omit<MailboxRow, 'name'> = {
  no: 0,
  epoch: null,
  past_epochs: [],
  is_listed: false,
  first: 1,
  last: 0,
  delivered: 0,
  waiting: 0,
  waiting_bytes: 0,
  purged: 0,
  unsent: 0,
  copies: 0,
  copy_bytes: 0,
  has_devices: false,
  has_holds: false,
  pushed_at: 0,
  acked_at: 0,
  pushable: 0,
};

export class LockedMailbox {
  readonly devices = new Map<string, DeviceRow>();
  /** By `knownKey`; the newest, if it was restored. */
  readonly known = new Map<string, KnownMessage>();
  /** Loaded messages, and new ones, by seq. */
  readonly messages = new Map<number, MessageFacts>();
  /** What waits of each sender; undefined as long as nobody has to count it. */
  used: Map<string, Usage> | undefined;
  /** By sender; the oldest first. Loaded if the row says that there are any. */
  readonly holds = new Map<string, Hold>();
  /** The first message that is young enough to be kept, whatever is delivered; undefined: not loaded. */
  freshFrom: number | undefined;

  /** What has to be written. */
  readonly stored: PlacedMessage[] = [];
  readonly changedDevices = new Set<string>();
  readonly removedDevices = new Set<string>();
  readonly changedHolds = new Set<string>();
  isChanged = false;
  /** The oldest kept message when it was loaded. */
  readonly loadedFirst: number;

  constructor(
    readonly row: MailboxRow,
    readonly limits: MailboxLimits,
  ) {
    this.loadedFirst = row.first;
  }

  /** One that does not exist: nothing can be changed in it. */
  static missing(name: string, limits: MailboxLimits): LockedMailbox {
    return new LockedMailbox({ ...EMPTY_ROW, name }, limits);
  }

  get exists(): boolean {
    return this.row.no !== 0;
  }

  get delivered(): number {
    return this.row.delivered;
  }

  get dropped(): number {
    return this.row.first - 1;
  }

  get hasDevices(): boolean {
    return this.row.has_devices;
  }

  cursorOf(device: string): number | undefined {
    if (this.hasDevices) return this.devices.get(device)?.cursor ?? undefined;
    return device === MAIN_DEVICE ? this.delivered : undefined;
  }

  wantsCopies(device: string): boolean | undefined {
    const known = this.devices.get(device);
    return known?.cursor == null ? undefined : known.copies;
  }

  historyOf(device: string): number {
    const { cursor, history = 0 } = this.devices.get(device) ?? {};
    return history > (cursor ?? 0) ? history : 0;
  }

  devicesToDrop(devices: readonly DeviceUse[], joining: string, now: number): readonly string[] | undefined {
    return devicesToDrop(devices, joining, now, this.limits);
  }

  heads(): readonly DeviceHead[] {
    return headsOf(this.row, [...this.devices.values()]);
  }

  /** The servers on which devices have sessions; undefined when one of them is not known. */
  places(): readonly string[] | undefined {
    const servers = new Set<string>();
    for (const { is_online, server } of this.devices.values()) {
      if (!is_online) continue;
      if (server === null) return undefined;
      servers.add(server);
    }
    return [...servers];
  }

  /** The device whose newest session has this fence. */
  currentDevice(fence: number): DeviceRow | undefined {
    for (const device of this.devices.values()) if (device.fence === fence) return device;
    return undefined;
  }

  /** The device that was given this fence; undefined if that is not known any more. */
  deviceOf(fence: number): DeviceRow | undefined {
    for (const device of this.devices.values()) if (device.sessions.includes(fence)) return device;
    return undefined;
  }

  /** A new session of the device: earlier ones are stale. */
  claim(name: string, fence: number, server: string | undefined): void {
    const known = this.devices.get(name) ?? newDevice(name);
    known.fence = fence;
    known.is_open = true;
    known.is_online = true;
    known.server = server ?? null;
    known.sessions = [...known.sessions, fence].slice(-POSTGRES_STORE.keptSessions);
    known.noted = [...known.noted, 0].slice(-POSTGRES_STORE.keptSessions);
    this.devices.set(name, known);
    this.changedDevices.add(name);
  }

  /** See the file store's `DeviceCursors.add`. @param attempts of the messages after the cursor of the mailbox. */
  addDevice(added: AddedDevice, attempts: readonly number[]): void {
    const { device: name, cursor, at, copies = false, history = 0 } = added;
    const isImplicit = name === MAIN_DEVICE && !this.hasDevices;
    this.row.has_devices = true;
    this.row.is_listed = true;
    this.isChanged = true;
    const known = this.devices.get(name);
    const device = known ?? newDevice(name);
    if (device.cursor === null) {
      device.cursor = isImplicit ? this.delivered : Math.min(cursor, this.delivered);
      device.at = at;
      device.history = history;
      const untried = attempts.indexOf(0);
      device.attempts = isImplicit ? attempts.slice(0, untried < 0 ? attempts.length : untried) : [];
    }
    device.copies = copies;
    this.devices.set(name, device);
    this.changedDevices.add(name);
  }

  /**
   * A session has ended, or its device is removed: nobody knows up to where it has read. An older session of the device, or one on a
   * server that has crashed, has read no more. Or the user is shown what is there without a session.
   */
  countAsRead(): void {
    if (this.row.pushable === this.row.last) return;
    this.row.pushable = this.row.last;
    this.isChanged = true;
  }

  /** Whether no session can have read this message. Until the mailbox is unlocked no other session begins. */
  isUnread(seq: number): boolean {
    for (const { is_open } of this.devices.values()) if (is_open) return false; // Whatever the lease of its server says.
    return this.row.pushable !== null && seq > this.row.pushable;
  }

  removeDevice(name: string): void {
    if (this.devices.delete(name)) this.countAsRead();
    this.changedDevices.delete(name);
    this.removedDevices.add(name);
    if (name !== MAIN_DEVICE) return;
    this.row.has_devices = true;
    this.isChanged = true;
  }

  /** Whether this mailbox ever had the message, as far as it can tell. @param found what it has at this seq. */
  hadMessage(
    { epoch, seq, from, id }: LastReceived,
    storeEpoch: string,
    found: { readonly sender: string; readonly id: string } | undefined,
  ): boolean {
    if (epoch !== (this.row.epoch ?? storeEpoch)) return this.row.past_epochs.includes(epoch);
    return found ? found.id === id && found.sender === from : seq <= this.row.last;
  }

  /** R8: the result for a known (sender, id); undefined for a message to store. */
  classify({ sender, id, body, crc, restored, parked = 0 }: MessageToStore): AppendResult | undefined {
    const known = this.known.get(knownKey(sender, id));
    if (known === undefined || (known.is_purged && !known.is_unsent && restored)) return undefined;
    if (known.bytes !== body.length || known.crc !== crc) return { outcome: 'conflict' };
    if (known.is_purged) return { outcome: known.is_unsent ? 'unsent' : 'purged' };
    const delivered = known.seq <= this.delivered;
    if (restored && delivered && known.seq <= parked) return undefined;
    return { outcome: 'duplicate', seq: known.seq, delivered };
  }

  /** Of a known message; 0 for any other. */
  seqOf(sender: string, id: string): number {
    return this.known.get(knownKey(sender, id))?.seq ?? 0;
  }

  stateOfId(sender: string, id: string): MessageStatus['state'] {
    const known = this.known.get(knownKey(sender, id));
    if (known === undefined) return 'unknown';
    if (known.is_purged) return known.is_unsent ? 'unsent' : 'purged';
    return known.seq <= this.delivered ? 'delivered' : 'stored';
  }

  /** Whether a body of this length fits into the quotas of mailbox and sender. */
  hasRoom(sender: string, bytes: number): boolean {
    if (this.used === undefined) return true;
    return hasRoom(this.usage, this.used.get(sender) ?? NO_USAGE, bytes, this.limits);
  }

  /** What counts for the quota: unsent messages without their bodies, so that nobody fills a mailbox with them. */
  get usage(): Usage {
    return { messages: this.row.waiting + this.row.unsent, bytes: this.row.waiting_bytes };
  }

  /** The hold that blocks this message, if any; `sender`: see `heldSender`. It ends with a resend of the refused message, or after heldBackMs (R16). */
  isHeld(sender: string, id: string, at: number): boolean {
    const first = this.holds.get(sender);
    if (first === undefined) return false;
    if (first.id !== id && isHeldBack(sender, first.at, at, this.limits)) return true;
    this.holds.delete(sender);
    this.changedHolds.add(sender);
    return false;
  }

  /** The message was refused for now: later ones of its sender wait for it. */
  hold(sender: string, hold: Hold): void {
    const [oldest] = this.holds.keys();
    if (this.holds.size >= this.limits.heldBackSenders && oldest !== undefined) {
      this.holds.delete(oldest);
      this.changedHolds.add(oldest);
    }
    this.holds.set(sender, hold);
    this.changedHolds.add(sender);
  }

  /** Stores a message with status 0 (R9). */
  add(message: MessageToStore): number {
    const seq = this.#place(message, false);
    const { sender, id, body, crc } = message;
    this.known.set(knownKey(sender, id), { seq, bytes: body.length, crc, is_purged: false, is_unsent: false });
    this.#use(sender, 1, body.length);
    return seq;
  }

  /** Whether a copy of what the user sends from this device is wanted here, and there is room for it. */
  wantsCopy(device: string | undefined, bytes: number): boolean {
    const { copies, copy_bytes } = this.row;
    if (copies >= this.limits.maxUndelivered || copy_bytes + bytes > this.limits.maxUndeliveredBytes) return false;
    for (const other of this.devices.values())
      if (other.copies && other.cursor !== null && other.name !== device) return true;
    return false;
  }

  /** A copy waits for nobody: the cursor passes one that follows it. */
  addCopy(message: MessageToStore): void {
    const seq = this.#place(message, true);
    if (this.row.delivered === seq - 1) {
      this.row.delivered = seq;
    } else {
      this.row.copies++;
      this.row.copy_bytes += message.body.length;
    }
    this.#trim();
  }

  #place(message: MessageToStore, isCopy: boolean): number {
    const seq = ++this.row.last;
    this.row.is_listed = true;
    this.isChanged = true;
    const { sender, id, body } = message;
    this.messages.set(seq, {
      seq,
      sender,
      id,
      bytes: body.length,
      is_copy: isCopy,
      is_purged: false,
      is_unsent: false,
    });
    this.stored.push({ ...message, mailbox: this.row.no, seq });
    return seq;
  }

  /** R12: moves the cursor of the device, and that of the mailbox if it is lower. Returns the messages that became delivered. */
  ack(device: DeviceRow, seq: number, at: number): readonly SettledMessage[] {
    if (this.hasDevices && device.cursor !== null && seq > device.cursor) {
      device.attempts = device.attempts.slice(seq - device.cursor);
      device.cursor = seq;
      device.at = at;
      this.changedDevices.add(device.name);
    }
    if (seq <= this.delivered) return [];
    const delivered: SettledMessage[] = [];
    for (let next = this.delivered + 1; next <= seq; next++) {
      const message = this.#loaded(next);
      if (message.is_copy) this.#passCopy(message);
      else if (message.is_purged) this.#passPurged(message);
      else {
        this.#use(message.sender, -1, -message.bytes);
        delivered.push({ seq: next, from: message.sender, id: message.id });
      }
    }
    this.row.delivered = seq;
    this.row.acked_at = at;
    this.row.is_listed = true;
    this.isChanged = true;
    while (this.row.copies > 0) {
      const next = this.messages.get(this.row.delivered + 1);
      if (!next?.is_copy) break;
      this.row.delivered++;
      this.#passCopy(next);
    }
    this.#trim();
    return delivered;
  }

  #passPurged({ sender, is_unsent }: MessageFacts): void {
    this.row.purged--;
    if (!is_unsent) return;
    this.row.unsent--;
    this.#count(sender, -1, 0);
  }

  #passCopy({ bytes }: MessageFacts): void {
    this.row.copies--;
    this.row.copy_bytes -= bytes;
  }

  #loaded(seq: number): MessageFacts {
    const message = this.messages.get(seq);
    if (message === undefined) throw new Error(`message ${seq} of ${this.row.name} is missing`);
    return message;
  }

  /** What is delivered is kept as long as it is among the newest and young (storage 15). */
  #trim(): void {
    const { first, delivered } = this.row;
    const oldest = Math.max(first, delivered - this.limits.keptDelivered + 1);
    this.row.first = Math.min(Math.max(oldest, this.freshFrom ?? first), delivered + 1);
    if (this.row.first < first) this.row.first = first;
  }

  /** Counts one more attempt for the messages after the cursor of the session's device. Returns those, if there are any. */
  notePushed(device: DeviceRow, fence: number, seq: number, at: number): { after: number; seq: number } | undefined {
    const acked = this.cursorOf(device.name);
    const index = device.sessions.indexOf(fence);
    if (acked === undefined || index < 0) return undefined;
    const after = Math.max(device.noted[index] ?? 0, acked);
    const last = Math.min(seq, this.row.last);
    if (last <= after) return undefined;
    device.noted[index] = last;
    if (device.cursor !== null && this.hasDevices) {
      const { cursor, attempts } = device;
      while (attempts.length < last - cursor) attempts.push(0);
      for (let next = after - cursor; next < last - cursor; next++) attempts[next] = (attempts[next] ?? 0) + 1;
    }
    this.row.pushed_at = at;
    this.row.is_listed = true;
    this.isChanged = true;
    this.changedDevices.add(device.name);
    return { after, seq: last };
  }

  /** The state of the message with this seq. If it is no longer kept, or a copy, it counts as delivered. */
  stateOf(seq: number): 'stored' | 'delivered' | 'purged' | 'unsent' {
    const message = this.messages.get(seq);
    if (message?.is_purged) return message.is_unsent ? 'unsent' : 'purged';
    return message?.is_copy || seq <= this.delivered ? 'delivered' : 'stored';
  }

  purge(seq: number, isUnsent = false): SettledMessage {
    const message = this.#loaded(seq);
    message.is_purged = true;
    message.is_unsent = isUnsent;
    this.row.purged++;
    this.#use(message.sender, -1, -message.bytes);
    if (isUnsent) {
      this.row.unsent++;
      this.#count(message.sender, 1, 0);
    }
    this.isChanged = true;
    return { seq, from: message.sender, id: message.id };
  }

  /** Everything is gone, and devices too. Returns what was undelivered. */
  clear(): readonly SettledMessage[] {
    const { row } = this;
    const undelivered: SettledMessage[] = [];
    for (let seq = row.delivered + 1; seq <= row.last; seq++) {
      const { sender, id, is_copy, is_purged } = this.#loaded(seq);
      if (!is_copy && !is_purged) undelivered.push({ seq, from: sender, id });
    }
    Object.assign(row, { ...EMPTY_ROW, no: row.no, epoch: row.epoch, past_epochs: row.past_epochs, last: row.last });
    row.delivered = row.last;
    row.first = row.last + 1;
    row.has_devices = true;
    row.pushable = row.last;
    row.is_listed = true;
    this.isChanged = true;
    this.devices.clear();
    return undelivered;
  }

  #use(sender: string, messages: number, bytes: number): void {
    this.row.waiting += messages;
    this.row.waiting_bytes += bytes;
    this.#count(sender, messages, bytes);
  }

  #count(sender: string, messages: number, bytes: number): void {
    if (this.used === undefined) return;
    const used = this.used.get(sender) ?? NO_USAGE;
    this.used.set(sender, { messages: used.messages + messages, bytes: used.bytes + bytes });
  }
}

const NO_USAGE: Usage = { messages: 0, bytes: 0 };

const newDevice = (name: string): DeviceRow => ({
  name,
  fence: 0,
  is_open: false,
  server: null,
  sessions: [],
  noted: [],
  cursor: null,
  at: 0,
  attempts: [],
  copies: false,
  history: 0,
  seen_at: null,
  seen_fence: null,
  agent: null,
  is_online: false,
});

type HeadColumns = Pick<MailboxRow, 'delivered' | 'has_devices' | 'pushed_at' | 'acked_at'>;
type SeenColumns = Pick<DeviceRow, 'name' | 'cursor' | 'at' | 'seen_at' | 'agent' | 'is_online'>;

/** The devices of a mailbox, by name. @param rows sorted by name. */
export function headsOf(
  { delivered, has_devices: hasDevices, pushed_at, acked_at }: HeadColumns,
  rows: readonly SeenColumns[],
): readonly DeviceHead[] {
  const at = Math.max(pushed_at, acked_at);
  const alone = at > 0 || delivered > 0 ? [{ device: MAIN_DEVICE, cursor: delivered, at }] : [];
  const kept = rows.flatMap(({ name, cursor, at }) => (cursor === null ? [] : [{ device: name, cursor, at }]));
  const sightings = rows.flatMap(({ name, seen_at, agent }) =>
    seen_at === null ? [] : [{ device: name, at: seen_at, ...(agent !== null && { agent }) }],
  );
  const sorted = kept.sort((a, b) => (a.device < b.device ? -1 : 1));
  return deviceHeads({ devices: hasDevices ? sorted : alone, delivered, hasDevices }, sightings, (device) =>
    rows.some(({ name, is_online }) => name === device && is_online),
  );
}
