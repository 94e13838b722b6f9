/**
 * The Store port on a journal: the rules of each call. A call appends a record; when the record is durable, the mailbox
 * changes and the call resolves. The backend writes the records, the cache loads the mailboxes.
 */
import { randomUUID } from 'node:crypto';
import type { AppendListener } from '../../disk/journal.js';
import type { Clock } from '../../io/clock.js';
import { MAIN_DEVICE } from '../../protocol/frames/login.js';
import { enrolmentOf, positionOf } from '../../store/device-claims.js';
import { deviceHeads } from '../../store/device-heads.js';
import type { DeviceState } from '../../store/mailbox-contents.js';
import {
  type AppendResult,
  type Audit,
  type Batch,
  type Claim,
  type Claimant,
  type DeviceHead,
  type ListedMailbox,
  type MailboxHead,
  type MessageStatus,
  type MessageTrail,
  type PurgeOutcome,
  type PurgeResult,
  type PushTrail,
  type Reader,
  type ReadLimit,
  type ReadMessage,
  type SentMessage,
  type SentPage,
  type SessionEvent,
  type SettledMessage,
  type SettleResult,
  StaleClaim,
  StaleSender,
  type Store,
  StoreUnavailable,
  TooManyDevices,
  type Unsend,
  type UnsendOutcome,
  type UnsendResult,
} from '../../store/store.js';
import {
  ackMembers,
  auditMembers,
  deviceMembers,
  deviceRemovedMembers,
  epochMembers,
  purgeMembers,
  pushedMembers,
  removedMembers,
  SYSTEM_USER,
  seenMembers,
} from '../files/journal-records.js';
import { FILE_STORE } from '../limits.js';
import type { Mailbox, SessionChange } from '../mailbox/mailbox.js';
import { trailsOf } from '../mailbox/mailbox-trails.js';
import type { Sighting } from '../mailbox/sightings.js';
import type { InFlight, LoadedMailbox } from '../memory/loaded-mailbox.js';
import type { MailboxCache } from '../memory/mailbox-cache.js';
import { MailboxDamaged } from '../memory/mailbox-loader.js';
import type { WaitingSenders } from '../memory/waiting-senders.js';
import { type AppendCall, BatchAppend } from './batch-append.js';
import {
  PendingAck,
  PendingAudit,
  PendingDevice,
  PendingDeviceRemoval,
  PendingEpoch,
  PendingPurge,
  PendingPushNote,
  PendingRemoval,
  PendingSighting,
} from './pending-writes.js';
import { SessionFences } from './session-fences.js';

export interface MailboxBackend {
  readonly epoch: string;
  /** The first fence: higher than every fence that was ever given for these mailboxes. */
  readonly firstFence: number;
  /** The users with a mailbox, in any order. */
  users(): Promise<Iterable<string>>;
  /** Whether the user has a mailbox: something was written to it. */
  hasMailbox(user: string): boolean;
  /** Who has undelivered messages in mailboxes that are not in memory. */
  readonly senders: WaitingSenders;
  /** Appends records; see `Journal.append`. */
  append(records: readonly string[], listener: AppendListener): void;
  /** Called once, when no new calls are accepted: finishes the calls in progress and releases all resources. */
  close(): Promise<void>;
}

export class MailboxStore implements Store {
  readonly #backend: MailboxBackend;
  readonly #clock: Pick<Clock, 'now'>;
  readonly #fences: SessionFences;
  /** Set when the store accepts no more calls. */
  #stopped: Error | undefined;
  #closed: Promise<void> | undefined;
  /** See `#learnSenders`. */
  #learning: Promise<void> | undefined;

  constructor(
    readonly mailboxes: MailboxCache,
    backend: MailboxBackend,
    clock: Pick<Clock, 'now'>,
  ) {
    this.#backend = backend;
    this.#clock = clock;
    this.#fences = new SessionFences(backend.firstFence);
  }

  get epoch(): string {
    return this.#backend.epoch;
  }

  append(batch: Batch): Promise<readonly AppendResult[]> {
    if (this.#stopped) return Promise.reject(this.#stopped);
    if (!this.#fences.maySend(batch)) return Promise.reject(new StaleSender('replaced')); // R6, R16
    // One promise for all ways: batches that became durable together are answered in their order.
    return new Promise((resolve, reject) => {
      const { to, from } = batch;
      const loaded = this.mailboxes.get(to);
      const sender = mayBeCopied(batch) ? this.mailboxes.get(from) : undefined;
      const isMissing = sender === undefined && mayBeCopied(batch) && this.#backend.hasMailbox(from);
      const call = { batch, resolve, reject };
      if (loaded && !isMissing) this.#append(loaded, sender, call);
      else if (sender || isMissing) this.#loadAndAppend(call);
      else this.#appendWhenLoaded(undefined, call).catch(reject);
    });
  }

  /** @param sender its mailbox, or why that cannot be read now; undefined when there is no copy in any case. */
  #append(loaded: LoadedMailbox, sender: LoadedMailbox | StoreUnavailable | undefined, call: AppendCall): void {
    new BatchAppend(loaded, sender, call, (records, listener) => this.#backend.append(records, listener)).run();
  }

  #appendWhenLoaded(sender: LoadedMailbox | StoreUnavailable | undefined, call: AppendCall): Promise<void> {
    return this.mailboxes.use(call.batch.to, async (opened) => this.#append(opened, sender, call));
  }

  /** Loads the mailbox of the sender first, and keeps it in memory until that of the target is loaded as well. */
  #loadAndAppend(call: AppendCall): void {
    let sender: LoadedMailbox | undefined;
    const appending = this.mailboxes.use(call.batch.from, (opened) => {
      sender = opened;
      return opened.keep(() => this.#appendWhenLoaded(opened, call));
    });
    const retried = appending.catch((error: unknown) => {
      if (sender !== undefined || !(error instanceof StoreUnavailable)) throw error;
      // A damaged mailbox gets no copies; its user can send.
      return this.#appendWhenLoaded(error instanceof MailboxDamaged ? undefined : error, call);
    });
    retried.catch(call.reject);
  }

  claim(user: string, claimant: Claimant = {}): Promise<Claim> {
    const { device = MAIN_DEVICE, last: received, copies = false } = claimant;
    const fence = this.#fences.claim(user, device); // R6: from now on older claims of this device are stale
    const claiming = this.#use(user, async (loaded) => {
      const { mailbox } = loaded;
      const isRestored = received !== undefined && !mailbox.hadMessage(received, this.epoch);
      if (isRestored) await this.#startEpoch(loaded, received.epoch);
      const isAlone = device === MAIN_DEVICE && !copies && !mailbox.hasDevices;
      const dropped = isAlone ? [] : await loaded.keep(() => this.#enrol(loaded, device, claimant));
      const { last, ownEpoch: epoch = this.epoch } = mailbox;
      return { fence, ...positionOf(mailbox, claimant, epoch), last, epoch, isRestored, dropped };
    });
    claiming.catch(() => this.#fences.end(user, fence)); // Nobody has this session.
    return claiming;
  }

  async claimOutbox(user: string, outbox: string): Promise<number> {
    if (this.#stopped) throw this.#stopped;
    return this.#fences.claimOutbox(user, outbox);
  }

  /** Adds the device if it is new. Returns those that were dropped. @throws TooManyDevices */
  async #enrol(loaded: LoadedMailbox, device: string, claimant: Claimant): Promise<readonly string[]> {
    const { mailbox, user } = loaded;
    const known = await this.devices(user);
    const isMainOpen = this.#fences.isOpen(user, MAIN_DEVICE);
    const facts = { mailbox, known, isMainOpen, epoch: mailbox.ownEpoch ?? this.epoch, now: this.#clock.now() };
    const enrolment = enrolmentOf(claimant, facts);
    if (enrolment === undefined) {
      this.#fences.forget(user, device);
      throw new TooManyDevices(`each of ${user}'s devices is logged in, and there may be no more of them`);
    }
    const { dropped, added } = enrolment;
    await Promise.all([
      ...dropped.map((name) => this.#removeDevice(loaded, name)),
      ...added.map((one) => this.#addDevice(loaded, one)),
    ]);
    return dropped;
  }

  /** Or changes whether it wants copies. */
  #addDevice(loaded: LoadedMailbox, device: DeviceState): Promise<void> {
    return new Promise((resolve, reject) => {
      const acking = loaded.acksInFlight.get(device.device)?.seq ?? 0; // of a session that began before
      const added = { ...device, cursor: Math.max(device.cursor, acking) };
      const pending = new PendingDevice(loaded, added, resolve, reject);
      this.#backend.append([deviceMembers(loaded.user, added)], pending);
    });
  }

  async devices(user: string): Promise<readonly DeviceHead[]> {
    const [known, sightings = []] = await Promise.all([
      this.#peek(user, ({ devices, delivered, hasDevices }) => ({ devices, delivered, hasDevices })),
      this.#sightings(user),
    ]);
    return deviceHeads(known, sightings, (device) => this.#fences.isOpen(user, device));
  }

  /** Undefined if they cannot be read: that must not affect the mailbox of the user. */
  #sightings(user: string): Promise<readonly Sighting[] | undefined> {
    return this.#peek(SYSTEM_USER, ({ sightings }) => sightings.ofUser(user)).catch(unlessUnavailable);
  }

  removeDevice(user: string, device: string): Promise<boolean> {
    return this.#use(user, async (loaded) => {
      if (!(await this.devices(user)).some((known) => known.device === device)) return false;
      await this.#removeDevice(loaded, device);
      return true;
    });
  }

  /** The sighting is removed in the same turn, so with the same fdatasync. */
  async #removeDevice(loaded: LoadedMailbox, device: string): Promise<void> {
    const { user } = loaded;
    const at = this.#clock.now();
    this.#fences.forget(user, device);
    await Promise.all([
      new Promise<void>((resolve, reject) => {
        const pending = new PendingDeviceRemoval(loaded, device, resolve, reject);
        this.#backend.append([deviceRemovedMembers(user, device, at)], pending);
      }),
      this.#noteSession(user, { device, fence: 0, event: 'removed', at }).catch(unlessUnavailable),
    ]);
  }

  #startEpoch(loaded: LoadedMailbox, foreignEpoch: string): Promise<void> {
    const past = [loaded.mailbox.ownEpoch ?? this.epoch, foreignEpoch];
    const change = { epoch: randomUUID(), past };
    return new Promise((resolve, reject) => {
      const pending = new PendingEpoch(loaded, change, resolve, reject);
      this.#backend.append([epochMembers(loaded.user, change, this.#clock.now())], pending);
    });
  }

  /** The sighting is removed in the same turn, so with the same fdatasync. */
  async remove(user: string): Promise<readonly SettledMessage[]> {
    const removal = this.#use<readonly SettledMessage[]>(user, (loaded) => {
      const change = { epoch: randomUUID(), past: [loaded.mailbox.ownEpoch ?? this.epoch] };
      return new Promise((resolve, reject) => {
        const pending = new PendingRemoval(loaded, change, resolve, reject);
        this.#backend.append([removedMembers(user, pending.seq, change, this.#clock.now())], pending);
      });
    });
    const [messages] = await Promise.all([
      removal,
      this.#noteSession(user, { fence: 0, event: 'removed', at: this.#clock.now() }).catch(unlessUnavailable),
    ]);
    return messages;
  }

  settle(user: string, seq: number, fence: number, trail?: PushTrail): Promise<SettleResult> {
    return this.#use(user, (loaded) => this.#settle(loaded, seq, fence, trail));
  }

  /** Waits for a push note in flight: a session that takes over must see the attempt of the one before. */
  read(user: string, after: number, limit: ReadLimit, reader?: Reader): Promise<readonly ReadMessage[]> {
    return this.#use(user, async (loaded) => {
      const { mailbox, pushNoteInFlight } = loaded;
      if (pushNoteInFlight) await Promise.allSettled([pushNoteInFlight.join()]); // A refused note does not count.
      if (reader === undefined) return mailbox.read(after, limit);
      const { last } = loaded.unsendsInFlight?.size ? await this.#unsendsDone(loaded) : mailbox;
      if (this.#fences.currentDevice(user, reader.fence) !== reader.device) throw new StaleClaim('replaced');
      const messages = upTo(last, mailbox.read(after, limit, reader.device));
      loaded.pushable = Math.max(loaded.pushable, messages.at(-1)?.seq ?? 0);
      return messages;
    });
  }

  /**
   * Waits for what is being unsent, but for nothing that is unsent later: so no sender keeps a session waiting. Returns up to which
   * seq the session may read then.
   */
  async #unsendsDone(loaded: LoadedMailbox): Promise<{ readonly last: number }> {
    const { last } = loaded.mailbox;
    loaded.pushable = Math.max(loaded.pushable, last);
    await Promise.allSettled([...(loaded.unsendsInFlight ?? [])].map((unsend) => unsend.join())); // A refused one changes nothing.
    return { last };
  }

  notePushed(user: string, seq: number, fence: number, at: number, trail?: PushTrail): Promise<void> {
    return this.#use(user, (loaded) => this.#notePushed(loaded, seq, fence, at, trail));
  }

  noteSession(user: string, fence: number, event: SessionEvent, at: number, agent?: string): Promise<void> {
    const device = this.#fences.deviceOf(user, fence);
    if (event === 'ended') this.#fences.end(user, fence);
    return this.#noteSession(user, { ...(device !== MAIN_DEVICE && { device }), fence, event, at, agent });
  }

  #noteSession(user: string, session: SessionChange): Promise<void> {
    return this.#use(
      SYSTEM_USER,
      (loaded) =>
        new Promise((resolve, reject) => {
          const pending = new PendingSighting(loaded, user, session, resolve, reject);
          this.#backend.append([seenMembers(user, session)], pending);
        }),
    );
  }

  purge(user: string, seqs: readonly number[], at: number): Promise<PurgeResult> {
    return this.#use(user, (loaded) => this.#purge(loaded, seqs, at));
  }

  unsend({ to, from, ids, at }: Unsend): Promise<UnsendResult> {
    // As in `find`: messages of this sender wait for that, too.
    const unsend = (): Promise<UnsendResult> => this.#use(to, (loaded) => this.#unsend(loaded, from, ids, at));
    return this.mailboxes.isLoading(from) ? this.#use(from, unsend).catch(unsend) : unsend();
  }

  /** Nothing is written: what is there at the next start counts as read. */
  countAsRead(user: string): Promise<number> {
    return this.#use(user, async (loaded) => (await this.#unsendsDone(loaded)).last);
  }

  find(user: string, from: string, ids: readonly string[]): Promise<readonly MessageStatus[]> {
    const find = (): Promise<readonly MessageStatus[]> => this.#find(user, from, ids);
    // Messages of this sender wait for that, too: see `append`.
    return this.mailboxes.isLoading(from) ? this.#use(from, find).catch(find) : find();
  }

  #find(user: string, from: string, ids: readonly string[]): Promise<readonly MessageStatus[]> {
    return this.#use(user, async (loaded) => {
      const pending = messagesInFlight(loaded, from, ids);
      await Promise.allSettled(pending); // A refused message is unknown.
      return ids.map((id) => ({ id, state: loaded.mailbox.stateOfId(from, id) }));
    });
  }

  async sent(from: string, after: Pick<SentMessage, 'to' | 'id'> | undefined, limit: ReadLimit): Promise<SentPage> {
    if (this.#stopped) throw this.#stopped;
    const { senders } = this.#backend;
    await this.#learnSenders();
    const users = new Set(senders.mailboxesOf(from));
    for (const { user, mailbox } of this.mailboxes.all) if (mailbox.hasWaitingFrom(from)) users.add(user);
    users.delete(from);
    const messages: SentMessage[] = [];
    let unread = senders.unknown;
    let bytes = 0;
    let read = 0;
    for (const to of [...users].sort()) {
      if (after !== undefined && to < after.to) continue;
      if (messages.length > 0 && ++read >= FILE_STORE.maxMailboxesOfPage) break;
      const page = await this.#peek(to, (mailbox) => {
        const last = to === after?.to ? (mailbox.seqOf(from, after.id) ?? 0) : 0;
        return mailbox.waitingFrom(from, last, Math.max(limit.messages, 1) - messages.length);
      }).catch(unlessUnavailable);
      if (page === undefined) unread++;
      for (const { id, body, at, attempts, bytes: size, re } of page ?? []) {
        bytes += size;
        if (messages.length > 0 && bytes > limit.bytes) return { messages, unread };
        messages.push({ to, id, body, at, bytes: size, attempts, ...(re !== undefined && { re }) });
      }
      if (messages.length >= limit.messages && messages.length > 0) break;
    }
    return { messages, unread };
  }

  /** Reads some of the mailboxes of which it is not known who sent to them: after a start. One at a time, for all who ask. */
  async #learnSenders(): Promise<void> {
    this.#learning ??= this.#learnSome().finally(() => {
      this.#learning = undefined;
    });
    await this.#learning;
  }

  async #learnSome(): Promise<void> {
    for (const user of this.#backend.senders.someUnknown(FILE_STORE.maxLearnedForPage)) {
      await this.#peek(user, () => undefined).catch(unlessUnavailable);
    }
  }

  async heads(after: string, limit: number): Promise<readonly ListedMailbox[]> {
    if (this.#stopped) throw this.#stopped;
    const users = [...(await this.#backend.users())].filter((user) => user > after);
    const page = users.sort().slice(0, limit);
    return Promise.all(page.map((user) => this.inspect(user).then((head) => ({ user, ...head }), faultOf(user))));
  }

  async inspect(user: string): Promise<MailboxHead> {
    const [head, sightings = []] = await Promise.all([
      this.#peek(user, ({ delivered, last, purged, copies, deliveryLog, hasDevices, devices }) => ({
        ...{ delivered, last, purged: purged + copies },
        actedAt: deliveryLog.lastActedAt,
        known: hasDevices && { devices, delivered, hasDevices },
      })),
      this.#sightings(user),
    ]);
    const { actedAt, known, ...rest } = head;
    const seenAt = Math.max(actedAt, ...sightings.map(({ at }) => at));
    if (!known) return { ...rest, seenAt };
    const devices = deviceHeads(known, sightings, (device) => this.#fences.isOpen(user, device));
    return { ...rest, seenAt, devices };
  }

  async trails(user: string, id: string): Promise<readonly MessageTrail[]> {
    const audits =
      (await this.#peek(SYSTEM_USER, ({ deliveryLog }) => deliveryLog.audits).catch(unlessUnavailable)) ?? [];
    return this.#peek(user, (mailbox) => trailsOf(user, mailbox, audits, id));
  }

  audit(audit: Audit): Promise<void> {
    return this.#use(
      SYSTEM_USER,
      (loaded) =>
        new Promise((resolve, reject) => {
          this.#backend.append([auditMembers(audit)], new PendingAudit(loaded, audit, resolve, reject));
        }),
    );
  }

  audits(): Promise<readonly Audit[]> {
    return this.#peek(SYSTEM_USER, ({ deliveryLog }) => deliveryLog.audits.map(({ lsn: _, ...audit }) => audit));
  }

  close(): Promise<void> {
    this.stop(new StoreUnavailable('the store is closed'));
    this.#closed ??= this.#backend.close();
    return this.#closed;
  }

  /** From now on every call rejects with this error. Records in flight are still answered. */
  stop(error: Error): void {
    this.#stopped ??= error;
  }

  #use<T>(user: string, use: (loaded: LoadedMailbox) => Promise<T>): Promise<T> {
    return this.#stopped ? Promise.reject(this.#stopped) : this.mailboxes.use(user, use);
  }

  #peek<T>(user: string, read: (mailbox: Mailbox) => T): Promise<T> {
    return this.#stopped ? Promise.reject(this.#stopped) : this.mailboxes.peek(user, read);
  }

  #settle(loaded: LoadedMailbox, seq: number, fence: number, trail: PushTrail | undefined): Promise<SettleResult> {
    const { mailbox, user } = loaded;
    const device = this.#fences.currentDevice(user, fence);
    const acked = device === undefined ? undefined : mailbox.cursorOf(device);
    if (device === undefined || acked === undefined) return Promise.resolve({ outcome: 'stale' }); // R6: a newer session
    const ackInFlight = loaded.acksInFlight.get(device);
    const cursor = Math.min(seq, mailbox.last);
    if (cursor <= (ackInFlight?.seq ?? acked)) return repeatedAck(ackInFlight);
    return new Promise((resolve, reject) => {
      const at = this.#clock.now();
      const pending = new PendingAck(loaded, device, cursor, at, trail, resolve, reject);
      this.#backend.append([ackMembers(user, device, cursor, at, trail)], pending); // R12: durable, then delivered
    });
  }

  #notePushed(
    loaded: LoadedMailbox,
    seq: number,
    fence: number,
    at: number,
    trail: PushTrail | undefined,
  ): Promise<void> {
    const { mailbox, user, acksInFlight } = loaded;
    const device = this.#fences.deviceOf(user, fence);
    const acked = device === undefined ? undefined : mailbox.cursorOf(device);
    if (device === undefined || acked === undefined) return Promise.resolve(); // The device was removed.
    // An ack in flight came before the end of the session.
    const after = Math.max(this.#fences.notedUpTo(user, fence), acked, acksInFlight.get(device)?.seq ?? 0);
    const last = Math.min(seq, mailbox.last);
    if (last <= after) return Promise.resolve();
    this.#fences.note(user, fence, last);
    return new Promise((resolve, reject) => {
      const pending = new PendingPushNote(loaded, device, after, last, at, trail, resolve, reject);
      this.#backend.append([pushedMembers(user, device, after, last, at, trail)], pending);
    });
  }

  /** The outcomes are determined when the record is durable: an ack may be applied before it. */
  async #purge(loaded: LoadedMailbox, seqs: readonly number[], at: number): Promise<PurgeResult> {
    const { mailbox } = loaded;
    const undelivered = seqs.filter((seq) => seq <= mailbox.last && mailbox.stateOf(seq) === 'stored');
    const messages = await this.#appendPurge(loaded, undelivered, at, false);
    const outcomes = seqs.map((seq): PurgeOutcome => {
      if (seq > mailbox.last) return 'unknown';
      const state = mailbox.stateOf(seq);
      if (state === 'stored') return 'full';
      return state === 'unsent' ? 'purged' : state;
    });
    return { outcomes, messages };
  }

  async #unsend(loaded: LoadedMailbox, from: string, ids: readonly string[], at: number): Promise<UnsendResult> {
    const { mailbox } = loaded;
    const pending = messagesInFlight(loaded, from, ids);
    if (pending.length > 0) await Promise.allSettled(pending); // A refused message is unknown.
    // From here to the append in one turn: a session that reads after it waits for the record.
    const isPushable = (seq: number): boolean => seq <= loaded.pushable;
    const waiting = ids.filter((id) => mailbox.stateOfId(from, id) === 'stored');
    const seqs = [...new Set(waiting.map((id) => mailbox.seqOf(from, id) ?? 0))].filter((seq) => !isPushable(seq));
    const messages = await this.#appendPurge(loaded, seqs, at, true);
    const unsent = new Set(seqs);
    const outcomes = ids.map((id): UnsendOutcome => {
      const state = mailbox.stateOfId(from, id);
      if (state !== 'stored') return state;
      return unsent.has(mailbox.seqOf(from, id) ?? 0) ? 'full' : 'pushed';
    });
    return { outcomes, messages };
  }

  /** Returns what was purged: nothing if there is no room for so many. */
  async #appendPurge(
    loaded: LoadedMailbox,
    seqs: readonly number[],
    at: number,
    isUnsent: boolean,
  ): Promise<readonly SettledMessage[]> {
    if (seqs.length === 0 || !loaded.mailbox.hasRoomForPurged(seqs.length)) return [];
    return new Promise((resolve, reject) => {
      const pending = new PendingPurge(loaded, seqs, at, isUnsent, resolve, reject);
      this.#backend.append([purgeMembers(loaded.user, seqs, at, isUnsent)], pending);
    });
  }
}

const faultOf = (user: string) => (error: unknown) => {
  if (!(error instanceof StoreUnavailable)) throw error;
  return { user, fault: error.message };
};

/** A message to oneself is in the own mailbox anyway, and a restored one is not sent now. */
const mayBeCopied = ({ from, to, restored }: Batch): boolean => from !== to && restored === undefined;

/** Those of these messages that are being written. */
const messagesInFlight = (loaded: LoadedMailbox, from: string, ids: readonly string[]): readonly Promise<void>[] =>
  ids.flatMap((id) => loaded.messageInFlight(loaded.mailbox.seqOf(from, id) ?? 0)?.join() ?? []);

const upTo = (last: number, messages: readonly ReadMessage[]): readonly ReadMessage[] =>
  (messages.at(-1)?.seq ?? 0) <= last ? messages : messages.filter(({ seq }) => seq <= last);

/** A mailbox cannot be read, such as that of SYSTEM_USER: that must not affect others. */
function unlessUnavailable(error: unknown): undefined {
  if (!(error instanceof StoreUnavailable)) throw error;
}

async function repeatedAck(ackInFlight: InFlight | undefined): Promise<SettleResult> {
  await ackInFlight?.join();
  return { outcome: 'settled', messages: [] };
}
