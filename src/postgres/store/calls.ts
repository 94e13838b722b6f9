/**
 * The calls of the store that decide about a mailbox. Each says what has to be loaded, and decides about what was loaded; calls of one
 * transaction one after the other. A decision changes nothing but the work: it may be repeated.
 */
import { randomUUID } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { MAIN_DEVICE } from '../../protocol/frames/login.js';
import { enrolmentOf, positionOf } from '../../store/device-claims.js';
import { withPast } from '../../store/past-epochs.js';
import { pushedRanges } from '../../store/push-ranges.js';
import { heldSender } from '../../store/sender-order.js';
import {
  type AppendResult,
  type Batch,
  type Claim,
  type Claimant,
  type MessageStatus,
  type PurgeOutcome,
  type PurgeResult,
  type PushTrail,
  type SessionEvent,
  type SettledMessage,
  type SettleResult,
  StaleSender,
  StoreUnavailable,
  TooManyDevices,
  type Unsend,
  type UnsendOutcome,
  type UnsendResult,
} from '../../store/store.js';
import { storedText } from '../stored-text.js';
import { keyOf, type LockedMailbox, type MessageToStore } from './mailbox-model.js';
import type { MailboxWork, Needs, SenderCheck, SenderFacts } from './mailbox-work.js';

/** A call for one mailbox, until it is decided. */
export interface Call<T> {
  /** Whose mailbox. */
  readonly user: string;
  /** It shares a transaction with no other call for this mailbox. */
  readonly isAlone?: boolean;
  /** It waits for a database that is away, however long that is. */
  readonly isPatient?: boolean;
  /** For the limits of a transaction. */
  readonly messages?: number;
  readonly bytes?: number;
  needs(needs: Needs): void;
  /** May throw what the caller gets; what it has changed is written all the same. @param earlier what a try decided whose commit is unknown. */
  decide(work: MailboxWork, earlier: T | undefined): T;
}

/** What the calls know of the store. */
export interface CallContext {
  readonly epoch: string;
  readonly now: () => number;
  readonly server: string | undefined;
}

/** A claim that woke up must not end a newer session. */
export const CAME_TOO_LATE = 'the claim came too late';
export const CLIENT_GONE = 'the client has gone before its claim was decided';

/** Who restores a message is not its sender: only whether its target exists is checked. */
const NO_TOKEN = 0;

/** A message to oneself is in the own mailbox anyway, and a restored one is not sent now. */
const mayBeCopied = ({ from, to, restored }: Batch): boolean => from !== to && restored === undefined;

export class AppendCall implements Call<readonly AppendResult[]> {
  readonly isPatient = true;
  readonly user: string;
  readonly messages: number;
  readonly bytes: number;
  readonly #batch: Batch;
  readonly #stored: readonly MessageToStore[];
  readonly #check: SenderCheck | undefined;
  readonly #heldSender: string;
  /** The servers with sessions of the target, when it was decided; undefined: not known, or not asked for. */
  places: readonly string[] | undefined;

  /** @param asksPlaces whether `places` is wanted. */
  constructor(
    batch: Batch,
    private readonly asksPlaces = false,
  ) {
    const { to, from, at, restored, isPlain = false, messages, sender, device } = batch;
    this.user = to;
    this.messages = messages.length;
    this.#batch = batch;
    this.#heldSender = heldSender(batch);
    let bytes = 0;
    this.#stored = messages.map((message) => {
      const body = Buffer.from(message.body);
      bytes += body.length;
      const { id, re, parked } = message;
      const fields = { sender: from, id, at: message.at ?? at, key: keyOf(from, id), body, crc: crc32(body) };
      const marks = {
        ...(restored && { restored, ...(parked && { parked }) }),
        ...(re !== undefined && { re }),
      };
      return { ...fields, isPlain: isPlain && restored === undefined && re === undefined, ...marks };
    });
    this.bytes = bytes;
    const { generation = NO_TOKEN } = sender ?? {};
    const outbox = sender?.outbox === undefined ? undefined : storedText(sender.outbox);
    this.#check = (sender ?? restored) && { from, to, generation, device: device ?? MAIN_DEVICE, outbox };
  }

  needs(needs: Needs): void {
    const { to, from, at, device } = this.#batch;
    needs.lock.add(to);
    if (this.#check === undefined) needs.create.set(to, 'always');
    else {
      needs.check(this.#check);
      if (!needs.create.has(to)) needs.create.set(to, 'account');
    }
    for (const { key } of this.#stored) needs.ids.push({ user: to, key });
    if (mayBeCopied(this.#batch)) needs.copies.push({ sender: from, device });
    if (this.asksPlaces) needs.devices.add(to);
    const room = needs.room.get(to) ?? { messages: 0, bytes: 0, at, senders: new Set() };
    room.messages += this.messages;
    room.bytes += this.bytes;
    room.senders.add(from);
    needs.room.set(to, room);
  }

  /** @throws StaleSender */
  decide(work: MailboxWork, earlier: readonly AppendResult[] | undefined): readonly AppendResult[] {
    const { to, from, sender } = this.#batch;
    const facts = this.#check && work.check(this.#check);
    if (sender && facts) checkSender(facts, sender.fence, sender.outbox);
    const mailbox = work.mailbox(to);
    if (this.asksPlaces) this.places = mailbox.places();
    const copyTo = mayBeCopied(this.#batch) ? work.mailboxForCopies(from) : undefined;
    return this.#stored.map((message, index) => {
      const result = this.#add(message, mailbox, copyTo, facts);
      return wasStored(earlier?.[index], result) ?? result;
    });
  }

  #add(
    message: MessageToStore,
    mailbox: LockedMailbox,
    copyTo: LockedMailbox | undefined,
    facts: SenderFacts | undefined,
  ): AppendResult {
    const { sender, id, body } = message;
    const { at, device, to, restored } = this.#batch;
    const known = mailbox.classify(message); // R8: a known (sender, id) is not stored again
    if (known !== undefined) return known;
    if (!mailbox.exists || facts?.exists === false) return { outcome: 'unknown-user' };
    if (facts?.is_blocked && !restored) return { outcome: 'blocked' };
    if (mailbox.isHeld(this.#heldSender, id, at)) return { outcome: 'full' }; // R16: the sender's order is kept
    if (!mailbox.hasRoom(sender, body.length)) {
      mailbox.hold(this.#heldSender, { id, at });
      return { outcome: 'full' };
    }
    const seq = mailbox.add(message);
    if (!copyTo?.wantsCopy(device, body.length)) return { outcome: 'stored', seq };
    copyTo.addCopy({ ...message, target: to, ...(device !== undefined && { device }) });
    return { outcome: 'stored', seq, copied: true };
  }
}

/** R6, R7: @throws StaleSender */
function checkSender(facts: SenderFacts, fence: number | undefined, outbox: string | undefined): void {
  if (!facts.is_current) throw new StaleSender('revoked');
  const newest = outbox === undefined ? facts.device_fence : facts.outbox_fence;
  if (fence !== undefined && newest !== fence) throw new StaleSender('replaced');
}

/** The result of an earlier try that was committed after all: the message is a duplicate of itself. */
const wasStored = (earlier: AppendResult | undefined, now: AppendResult): AppendResult | undefined =>
  earlier?.outcome === 'stored' && now.outcome === 'duplicate' && now.seq === earlier.seq ? earlier : undefined;

export class SettleCall implements Call<SettleResult> {
  constructor(
    readonly user: string,
    private readonly seq: number,
    private readonly fence: number,
    private readonly trail: PushTrail | undefined,
    private readonly context: CallContext,
  ) {}

  needs(needs: Needs): void {
    needs.lock.add(this.user);
    needs.devices.add(this.user);
    needs.settle(this.user, this.seq);
  }

  decide(work: MailboxWork, earlier: SettleResult | undefined): SettleResult {
    const mailbox = work.mailbox(this.user);
    const device = mailbox.currentDevice(this.fence);
    const acked = device && mailbox.cursorOf(device.name);
    if (device === undefined || acked === undefined) return { outcome: 'stale' }; // R6: a newer session
    const seq = Math.min(this.seq, mailbox.row.last);
    const { delivered: before } = mailbox;
    const settled = seq <= acked ? [] : this.#ack(work, mailbox, device.name, seq);
    // What an earlier try delivered: it was committed after all, if the cursor was there already.
    const known = earlier?.outcome === 'settled' ? earlier.messages.filter((message) => message.seq <= before) : [];
    return { outcome: 'settled', messages: [...known, ...settled] };
  }

  #ack(work: MailboxWork, mailbox: LockedMailbox, name: string, seq: number): readonly SettledMessage[] {
    const at = this.context.now();
    const device = mailbox.devices.get(name);
    const before = mailbox.delivered;
    const messages = device ? mailbox.ack(device, seq, at) : [];
    if (seq > before) {
      for (const range of pushedRanges(before, seq, this.trail))
        work.acks.push({ ...range, mailbox: mailbox.row.no, at, device: name });
    }
    return messages;
  }
}

export class FindCall implements Call<readonly MessageStatus[]> {
  constructor(
    readonly user: string,
    private readonly from: string,
    private readonly ids: readonly string[],
  ) {}

  needs(needs: Needs): void {
    needs.lock.add(this.user);
    for (const id of this.ids) needs.ids.push({ user: this.user, key: keyOf(this.from, id) });
  }

  decide(work: MailboxWork): readonly MessageStatus[] {
    const mailbox = work.mailbox(this.user);
    return this.ids.map((id) => ({ id, state: mailbox.stateOfId(this.from, id) }));
  }
}

export class ClaimCall implements Call<Claim> {
  readonly isAlone = true;
  readonly #device: string;
  readonly #claimant: Claimant;

  constructor(
    readonly user: string,
    claimant: Claimant,
    private readonly context: CallContext,
    /** In the database's time, ms since 1970; undefined: none. */
    private readonly deadline: number | undefined,
  ) {
    const { device = MAIN_DEVICE, last } = claimant;
    this.#device = device;
    this.#claimant = last ? { ...claimant, last: { ...last, epoch: storedText(last.epoch) } } : claimant;
  }

  needs(needs: Needs): void {
    const { user } = this;
    const { last } = this.#claimant;
    needs.lock.add(user);
    needs.create.set(user, 'always');
    needs.devices.add(user);
    needs.attempts.add(user);
    needs.time = true;
    needs.fences++;
    if (last === undefined) return;
    needs.seqs.push({ user, seq: last.seq });
    needs.tombstones.push({ user, seq: last.seq });
  }

  /** @throws TooManyDevices, StoreUnavailable when it comes too late. */
  decide(work: MailboxWork, earlier?: Claim): Claim {
    const { user, context, deadline } = this;
    const claimant = this.#claimant;
    const { epoch: storeEpoch } = context;
    const mailbox = work.mailbox(user);
    const fence = work.nextFence();
    const isLate = deadline !== undefined && work.time > deadline;
    if (isLate || claimant.isGone?.()) {
      // A try that was committed has begun a session that nobody will end.
      const open = earlier && mailbox.currentDevice(earlier.fence);
      if (open !== undefined) {
        open.is_open = open.is_online = false;
        mailbox.changedDevices.add(open.name);
        mailbox.countAsRead();
      }
      throw new StoreUnavailable(isLate ? CAME_TOO_LATE : CLIENT_GONE);
    }
    const known = [...mailbox.devices.values()].map((device) => ({ ...device }));
    mailbox.claim(this.#device, fence, context.server); // R6: from now on older claims of this device are stale
    const { last: received, copies = false } = claimant;
    const found = received && work.messageAt(user, received.seq);
    const isRestored = received !== undefined && !mailbox.hadMessage(received, storeEpoch, found);
    const own = mailbox.row.epoch ?? storeEpoch;
    const epoch = isRestored ? randomUUID() : own;
    const isAlone = this.#device === MAIN_DEVICE && !copies && !mailbox.hasDevices;
    const dropped = isAlone ? [] : this.#enrol(work, mailbox, epoch);
    if (dropped === undefined) {
      mailbox.devices.clear();
      for (const device of known) mailbox.devices.set(device.name, device);
      mailbox.changedDevices.clear();
      throw new TooManyDevices(`each of ${user}'s devices is logged in, and there may be no more of them`);
    }
    if (isRestored) {
      const past = withPast(mailbox.row.past_epochs, [own, received.epoch]);
      work.epochs.push({ mailbox: mailbox.row.no, epoch, past });
    }
    const { last } = mailbox.row;
    return { fence, ...positionOf(mailbox, claimant, epoch), last, epoch, isRestored, dropped };
  }

  /** Adds the device if it is new. Returns those that were dropped; undefined: there is no room for it. */
  #enrol(work: MailboxWork, mailbox: LockedMailbox, epoch: string): readonly string[] | undefined {
    const enrolment = enrolmentOf(this.#claimant, {
      mailbox,
      known: mailbox.heads(),
      isMainOpen: mailbox.devices.get(MAIN_DEVICE)?.is_online ?? false,
      epoch,
      now: this.context.now(),
    });
    if (enrolment === undefined) return undefined;
    for (const name of enrolment.dropped) mailbox.removeDevice(name);
    for (const added of enrolment.added) mailbox.addDevice(added, work.attemptsOf(this.user));
    return enrolment.dropped;
  }
}

export class NotePushedCall implements Call<void> {
  constructor(
    readonly user: string,
    private readonly seq: number,
    private readonly fence: number,
    private readonly at: number,
    private readonly trail: PushTrail | undefined,
  ) {}

  needs(needs: Needs): void {
    needs.lock.add(this.user);
    needs.devices.add(this.user);
  }

  decide(work: MailboxWork): void {
    const { seq, fence, at } = this;
    const mailbox = work.mailbox(this.user);
    const device = mailbox.deviceOf(fence);
    const noted = device && mailbox.notePushed(device, fence, seq, at);
    if (device === undefined || noted === undefined) return; // The device was removed, or it was noted before.
    const { no, first } = mailbox.row;
    for (const range of pushedRanges(noted.after, noted.seq, this.trail))
      if (range.seq >= first) work.pushes.push({ ...range, mailbox: no, at, device: device.name });
    work.tries.push({ mailbox: no, after: Math.max(noted.after, mailbox.delivered), seq: noted.seq, at });
  }
}

export class NoteSessionCall implements Call<void> {
  /** Nothing else tells that a session has ended. */
  readonly isPatient = true;

  constructor(
    readonly user: string,
    private readonly fence: number,
    private readonly event: SessionEvent,
    private readonly at: number,
    private readonly agent: string | undefined,
  ) {}

  needs(needs: Needs): void {
    needs.lock.add(this.user);
    needs.devices.add(this.user);
  }

  decide(work: MailboxWork): void {
    const { fence, at } = this;
    const mailbox = work.mailbox(this.user);
    const device = mailbox.deviceOf(fence);
    if (device === undefined) return; // It was removed.
    mailbox.changedDevices.add(device.name);
    if (this.event === 'began') {
      if (fence <= (device.seen_fence ?? 0)) return;
      device.seen_at = at;
      device.seen_fence = fence;
      device.agent = this.agent === undefined ? null : storedText(this.agent);
      return;
    }
    if (device.fence === fence) {
      device.is_open = device.is_online = false;
      mailbox.countAsRead();
    }
    if (device.seen_fence !== fence) return;
    device.seen_at = at;
    device.seen_fence = null;
  }
}

export class RemoveDeviceCall implements Call<boolean> {
  readonly isAlone = true;

  constructor(
    readonly user: string,
    private readonly device: string,
  ) {}

  needs(needs: Needs): void {
    needs.lock.add(this.user);
    needs.devices.add(this.user);
  }

  decide(work: MailboxWork, earlier: boolean | undefined): boolean {
    const mailbox = work.mailbox(this.user);
    if (!mailbox.heads().some(({ device }) => device === this.device)) return earlier ?? false;
    mailbox.removeDevice(this.device);
    return true;
  }
}

export class PurgeCall implements Call<PurgeResult> {
  readonly isAlone = true;

  constructor(
    readonly user: string,
    private readonly seqs: readonly number[],
    private readonly at: number,
  ) {}

  needs(needs: Needs): void {
    needs.lock.add(this.user);
    for (const seq of this.seqs) needs.seqs.push({ user: this.user, seq });
  }

  decide(work: MailboxWork, earlier: PurgeResult | undefined): PurgeResult {
    const mailbox = work.mailbox(this.user);
    const { row, limits } = mailbox;
    const undelivered = [...new Set(this.seqs)].filter((seq) => seq <= row.last && mailbox.stateOf(seq) === 'stored');
    const messages: SettledMessage[] = [...(earlier?.messages ?? [])].filter(
      ({ seq }) => mailbox.stateOf(seq) === 'purged',
    );
    if (undelivered.length > 0 && row.purged + undelivered.length <= limits.maxUndelivered) {
      messages.push(...undelivered.map((seq) => mailbox.purge(seq)));
      work.purges.push({ mailbox: row.no, seqs: undelivered, at: this.at, isUnsent: false });
    }
    const outcomes = this.seqs.map((seq): PurgeOutcome => {
      if (seq > row.last) return 'unknown';
      const state = mailbox.stateOf(seq);
      if (state === 'stored') return 'full';
      return state === 'unsent' ? 'purged' : state;
    });
    return { outcomes, messages };
  }
}

export class UnsendCall implements Call<UnsendResult> {
  readonly isAlone = true;
  readonly user: string;
  readonly #unsend: Unsend;
  readonly #keys: readonly string[];
  readonly #check: SenderCheck | undefined;

  constructor(unsend: Unsend) {
    const { to, from, ids, generation } = unsend;
    this.user = to;
    this.#unsend = unsend;
    this.#keys = ids.map((id) => keyOf(from, id));
    if (generation !== undefined) this.#check = { from, to, generation, device: MAIN_DEVICE, outbox: undefined };
  }

  needs(needs: Needs): void {
    needs.lock.add(this.user);
    needs.devices.add(this.user);
    if (this.#check) needs.check(this.#check);
    for (const key of this.#keys) {
      needs.ids.push({ user: this.user, key });
      needs.keys.push({ user: this.user, key });
    }
  }

  /** @throws StaleSender */
  decide(work: MailboxWork, earlier: UnsendResult | undefined): UnsendResult {
    const { from, ids, at } = this.#unsend;
    const facts = this.#check && work.check(this.#check);
    if (facts) checkSender(facts, undefined, undefined);
    const mailbox = work.mailbox(this.user);
    const { row, limits } = mailbox;
    const messages = [...(earlier?.messages ?? [])].filter(({ id }) => mailbox.stateOfId(from, id) === 'unsent');
    const waiting = ids.filter((id) => mailbox.stateOfId(from, id) === 'stored');
    const seqs = [...new Set(waiting.map((id) => mailbox.seqOf(from, id)))].filter((seq) => mailbox.isUnread(seq));
    const isDone = seqs.length > 0 && row.purged + seqs.length <= limits.maxUndelivered;
    if (isDone) {
      messages.push(...seqs.map((seq) => mailbox.purge(seq, true)));
      work.purges.push({ mailbox: row.no, seqs, at, isUnsent: true });
    }
    const unsent = new Set(seqs);
    const outcomes = ids.map((id): UnsendOutcome => {
      const state = mailbox.stateOfId(from, id);
      if (state !== 'stored') return state;
      if (!unsent.has(mailbox.seqOf(from, id))) return 'pushed';
      return isDone ? 'unsent' : 'full';
    });
    return { outcomes, messages };
  }
}

export class CountAsReadCall implements Call<number> {
  constructor(readonly user: string) {}

  needs(needs: Needs): void {
    needs.lock.add(this.user);
  }

  decide(work: MailboxWork): number {
    const mailbox = work.mailbox(this.user);
    mailbox.countAsRead();
    return mailbox.row.last;
  }
}

export class RemoveCall implements Call<readonly SettledMessage[]> {
  readonly isAlone = true;
  /** The same in each try. */
  readonly #epoch = randomUUID();

  constructor(
    readonly user: string,
    private readonly context: CallContext,
  ) {}

  needs(needs: Needs): void {
    needs.lock.add(this.user);
    needs.devices.add(this.user);
    needs.upTo.set(this.user, Number.MAX_SAFE_INTEGER);
  }

  decide(work: MailboxWork, earlier: readonly SettledMessage[] | undefined): readonly SettledMessage[] {
    const mailbox = work.mailbox(this.user);
    if (!mailbox.exists) return earlier ?? [];
    const { no, epoch, past_epochs } = mailbox.row;
    if (epoch === this.#epoch) return earlier ?? []; // It is done already.
    const past = withPast(past_epochs, [epoch ?? this.context.epoch]);
    const undelivered = mailbox.clear();
    work.removals.push(mailbox);
    work.epochs.push({ mailbox: no, epoch: this.#epoch, past });
    return undelivered;
  }
}
