/**
 * The mailboxes of one transaction: what its calls need is locked and loaded with few statements, and what they changed is written
 * with few statements. Rows are locked in the order of their numbers, so that two servers never wait for each other.
 */

import type { PushedRange } from '../../store/push-ranges.js';
import { isHeldBack } from '../../store/sender-order.js';
import { hasRoomForAnybody } from '../../store/sender-room.js';
import type { Transaction } from '../database/database.js';
import {
  type DeviceRow,
  type KnownMessage,
  knownKey,
  LockedMailbox,
  type MailboxLimits,
  type MailboxRow,
  type MessageFacts,
} from './mailbox-model.js';
import * as sql from './statements.js';

/** What a batch needs to know about its sender and its target. */
export interface SenderCheck {
  readonly from: string;
  readonly to: string;
  readonly generation: number;
  readonly device: string;
  readonly outbox: string | undefined;
}

export interface SenderFacts {
  /** The target exists, and the target takes no messages of this sender. */
  readonly exists: boolean;
  readonly is_blocked: boolean;
  /** The token is still valid. */
  readonly is_current: boolean;
  readonly device_fence: number | null;
  readonly outbox_fence: number | null;
}

const checkKey = ({ from, to, generation, device, outbox = '' }: SenderCheck): string =>
  [from, to, generation, device, outbox].join(' '); // None of them has a space.

/** What the calls of a transaction need. */
export class Needs {
  readonly lock = new Set<string>();
  /** Mailboxes that are made if they do not exist; in any case, or only if the user exists. */
  readonly create = new Map<string, 'always' | 'account'>();
  /** Senders whose mailboxes may get copies, with the device that sends. */
  readonly copies: { readonly sender: string; readonly device: string | undefined }[] = [];
  readonly devices = new Set<string>();
  readonly ids: { readonly user: string; readonly key: string }[] = [];
  readonly checks = new Map<string, SenderCheck>();
  /** Everything after the cursor up to this seq. */
  readonly upTo = new Map<string, number>();
  readonly seqs: { readonly user: string; readonly seq: number }[] = [];
  /** Kept messages, by the hash of sender and id. */
  readonly keys: { readonly user: string; readonly key: string }[] = [];
  /** Attempts of the messages after the cursor; tombstones with this seq. */
  readonly attempts = new Set<string>();
  readonly tombstones: { readonly user: string; readonly seq: number }[] = [];
  /** Mailboxes of which something may be no longer kept, and until when messages are old, ms since 1970. */
  readonly trim = new Set<string>();
  /** How many messages and bytes are to be stored, by mailbox. */
  readonly room = new Map<string, { messages: number; bytes: number; at: number; readonly senders: Set<string> }>();
  fences = 0;
  /** The database's time. */
  time = false;

  settle(user: string, seq: number): void {
    this.upTo.set(user, Math.max(this.upTo.get(user) ?? 0, seq));
    this.trim.add(user);
  }

  check(check: SenderCheck): void {
    this.checks.set(checkKey(check), check);
  }
}

/** A mailbox has to be made first. */
export class MailboxMissing extends Error {
  override readonly name = 'MailboxMissing';
  constructor(readonly missing: readonly { readonly user: string; readonly on: 'always' | 'account' }[]) {
    super('a mailbox is missing');
  }
}

interface Trace extends PushedRange {
  readonly mailbox: number;
  readonly at: number;
  readonly device: string;
}

export class MailboxWork {
  readonly #mailboxes = new Map<string, LockedMailbox>();
  readonly #checks = new Map<string, SenderFacts>();
  readonly #attempts = new Map<string, number[]>();
  readonly #tombstones = new Map<string, { sender: string; id: string }>();
  #fences: number[] = [];
  #time = 0;
  /** Written as they are. */
  readonly acks: Trace[] = [];
  readonly pushes: Trace[] = [];
  readonly tries: { readonly mailbox: number; readonly after: number; readonly seq: number; readonly at: number }[] =
    [];
  readonly purges: {
    readonly mailbox: number;
    readonly seqs: readonly number[];
    readonly at: number;
    readonly isUnsent: boolean;
  }[] = [];
  readonly removals: LockedMailbox[] = [];
  readonly epochs: { readonly mailbox: number; readonly epoch: string; readonly past: readonly string[] }[] = [];

  constructor(
    private readonly transaction: Transaction,
    readonly limits: MailboxLimits,
    private readonly now: number,
  ) {}

  mailbox(user: string): LockedMailbox {
    let mailbox = this.#mailboxes.get(user);
    if (mailbox === undefined) {
      mailbox = LockedMailbox.missing(user, this.limits);
      this.#mailboxes.set(user, mailbox);
    }
    return mailbox;
  }

  /** The mailbox of a sender that may get copies. */
  mailboxForCopies(user: string): LockedMailbox | undefined {
    return this.#mailboxes.get(user);
  }

  check(check: SenderCheck): SenderFacts | undefined {
    return this.#checks.get(checkKey(check));
  }

  attemptsOf(user: string): readonly number[] {
    return this.#attempts.get(user) ?? [];
  }

  /** What the mailbox has, or had, at this seq. */
  messageAt(user: string, seq: number): { readonly sender: string; readonly id: string } | undefined {
    return this.mailbox(user).messages.get(seq) ?? this.#tombstones.get(`${user} ${seq}`);
  }

  nextFence(): number {
    return this.#fences.shift() as number;
  }

  /** The database's time, ms since 1970. */
  get time(): number {
    return this.#time;
  }

  /** @param mayCreate whether a missing mailbox may be made. @throws MailboxMissing */
  async load(needs: Needs, mayCreate: boolean): Promise<void> {
    const { transaction: tx } = this;
    const { oldAt } = this;
    const names = (users: Iterable<string>) => [...users];
    const pending: Promise<unknown>[] = [];
    const ask = <R>(statement: sql.Prepared, values: readonly unknown[], take: (rows: readonly R[]) => void): void => {
      pending.push(tx.query<R>(statement, values).then(take));
    };
    const senders = needs.copies.map(({ sender }) => sender);
    const sending = needs.copies.map(({ device }) => device ?? null);
    ask<MailboxRow>(sql.LOCK, [names(needs.lock), senders, sending], (rows) => {
      for (const row of rows) this.#mailboxes.set(row.name, new LockedMailbox(row, this.limits));
    });
    if (needs.devices.size + senders.length > 0) {
      const users = [...new Set([...needs.devices, ...senders])];
      ask<DeviceRow & { user: string }>(sql.DEVICES, [users], (rows) => {
        for (const row of rows) this.#mailboxes.get(row.user)?.devices.set(row.name, row);
      });
    }
    if (needs.ids.length > 0) {
      const values = [needs.ids.map(({ user }) => user), needs.ids.map(({ key }) => key)];
      ask<KnownMessage & { user: string; sender: string; id: string }>(sql.KNOWN, values, (rows) => {
        for (const row of rows) this.#know(row);
      });
    }
    if (needs.checks.size > 0) this.#askChecks(needs, ask);
    if (needs.upTo.size > 0) {
      ask<MessageFacts & { user: string }>(sql.UP_TO, [[...needs.upTo.keys()], [...needs.upTo.values()]], (rows) =>
        this.#found(rows),
      );
    }
    if (needs.seqs.length > 0) {
      const values = [needs.seqs.map(({ user }) => user), needs.seqs.map(({ seq }) => seq)];
      ask<MessageFacts & { user: string }>(sql.AT, values, (rows) => this.#found(rows));
    }
    if (needs.keys.length > 0) {
      const values = [needs.keys.map(({ user }) => user), needs.keys.map(({ key }) => key)];
      ask<MessageFacts & { user: string }>(sql.WITH_KEY, values, (rows) => this.#found(rows));
    }
    if (needs.tombstones.length > 0) {
      const values = [needs.tombstones.map(({ user }) => user), needs.tombstones.map(({ seq }) => seq)];
      ask<{ user: string; seq: number; sender: string; id: string }>(sql.TOMBSTONES, values, (rows) => {
        for (const { user, seq, sender, id } of rows) this.#tombstones.set(`${user} ${seq}`, { sender, id });
      });
    }
    if (needs.attempts.size > 0) {
      ask<{ user: string; attempts: number[] }>(sql.ATTEMPTS, [names(needs.attempts)], (rows) => {
        for (const { user, attempts } of rows) this.#attempts.set(user, attempts);
      });
    }
    const trimmed = [...new Set([...needs.trim, ...senders])];
    if (trimmed.length > 0) {
      ask<{ user: string; seq: number | null }>(sql.FRESH, [trimmed, oldAt], (rows) => {
        for (const { user, seq } of rows) {
          const mailbox = this.#mailboxes.get(user);
          if (mailbox) mailbox.freshFrom = seq ?? mailbox.row.last + 1; // What comes now is young.
        }
      });
    }
    if (needs.fences > 0) {
      ask<{ fence: number }>(sql.FENCES, [needs.fences], (rows) => {
        this.#fences = rows.map(({ fence }) => fence);
      });
    }
    if (needs.time) {
      ask<{ now: number }>(sql.TIME, [], ([row]) => {
        this.#time = row?.now ?? 0;
      });
    }
    await Promise.all(pending);
    if (mayCreate) {
      const missing = [...needs.create].filter(([user]) => !this.#mailboxes.get(user)?.exists);
      if (missing.length > 0) throw new MailboxMissing(missing.map(([user, on]) => ({ user, on })));
    }
    await this.#loadRoom(needs);
  }

  /** Messages that are as old are no longer kept, ms since 1970. */
  get oldAt(): number {
    return this.now - this.limits.keptDeliveredMs;
  }

  #know({ user, sender, id, ...known }: KnownMessage & { user: string; sender: string; id: string }): void {
    const mailbox = this.#mailboxes.get(user);
    const key = knownKey(sender, id);
    const before = mailbox?.known.get(key);
    if (before === undefined || before.seq < known.seq) mailbox?.known.set(key, known);
  }

  #found(rows: readonly (MessageFacts & { user: string })[]): void {
    for (const { user, ...facts } of rows) this.#mailboxes.get(user)?.messages.set(facts.seq, facts);
  }

  #askChecks(
    needs: Needs,
    ask: <R>(statement: sql.Prepared, values: readonly unknown[], take: (rows: readonly R[]) => void) => void,
  ): void {
    const checks = [...needs.checks];
    const column = (read: (check: SenderCheck) => unknown) => checks.map(([, check]) => read(check));
    const values = [
      column(({ from }) => from),
      column(({ to }) => to),
      column(({ generation }) => generation),
      column(({ device }) => device),
      column(({ outbox }) => outbox ?? null),
    ];
    ask<SenderFacts>(sql.CHECKS, values, (rows) => {
      for (const [index, [key]] of checks.entries()) this.#checks.set(key, rows[index] as SenderFacts);
    });
  }

  /** What only mailboxes need that are nearly full, or have refused something. */
  async #loadRoom(needs: Needs): Promise<void> {
    const counted: [number, string, LockedMailbox][] = [];
    const held: LockedMailbox[] = [];
    for (const [user, more] of needs.room) {
      const mailbox = this.#mailboxes.get(user);
      if (!mailbox?.exists) continue;
      if (!hasRoomForAnybody(mailbox.usage, more, this.limits))
        for (const sender of more.senders) counted.push([mailbox.row.no, sender, mailbox]);
      if (mailbox.row.has_holds) held.push(mailbox);
    }
    const { transaction: tx } = this;
    if (counted.length > 0) {
      const values = [counted.map(([no]) => no), counted.map(([, sender]) => sender)];
      const rows = await tx.query<{ messages: number; bytes: number }>(sql.USED, values);
      for (const [index, [, sender, mailbox]] of counted.entries()) {
        mailbox.used ??= new Map();
        mailbox.used.set(sender, rows[index] as { messages: number; bytes: number });
      }
    }
    if (held.length === 0) return;
    const holds = await tx.query<{ mailbox: number; sender: string; id: string; at: number }>(sql.HOLDS, [
      held.map(({ row }) => row.no),
    ]);
    const byNumber = new Map(held.map((mailbox) => [mailbox.row.no, mailbox]));
    for (const { mailbox: no, sender, id, at } of holds) {
      const mailbox = byNumber.get(no) as LockedMailbox;
      if (isHeldBack(sender, at, needs.room.get(mailbox.row.name)?.at ?? at, this.limits))
        mailbox.holds.set(sender, { id, at });
      else mailbox.changedHolds.add(sender);
    }
  }

  /** Sends everything that was changed, without waiting. */
  write(): void {
    const mailboxes = [...this.#mailboxes.values()].filter(({ exists }) => exists);
    this.#writeMessages(mailboxes);
    this.#writeMailboxes(mailboxes);
    this.#writeDevices(mailboxes);
    for (const { mailbox, seqs, at, isUnsent } of this.purges)
      this.transaction.write(sql.PURGE, [mailbox, seqs, at, isUnsent]);
    for (const { mailbox, after, seq, at } of this.tries) this.transaction.write(sql.TRIED, [mailbox, after, seq, at]);
    this.#writeTraces(sql.ACKS, this.acks);
    if (this.pushes.length > 0) {
      this.#writeTraces(sql.PUSHES, this.pushes);
      for (const mailbox of new Set(this.pushes.map((push) => push.mailbox)))
        this.transaction.write(sql.FORGET_PUSHES, [mailbox, this.limits.keptPushes]);
    }
    this.#bury(mailboxes);
    for (const { mailbox, epoch, past } of this.epochs) this.transaction.write(sql.EPOCH, [mailbox, epoch, past]);
    for (const mailbox of this.removals) this.#remove(mailbox);
    for (const mailbox of mailboxes) this.#writeHolds(mailbox);
  }

  #writeMessages(mailboxes: readonly LockedMailbox[]): void {
    const stored = mailboxes.flatMap((mailbox) => mailbox.stored);
    if (stored.length === 0) return;
    let offset = 1; // substring counts from 1
    const offsets = stored.map(({ body }) => {
      const start = offset;
      offset += body.length;
      return start;
    });
    this.transaction.write(sql.STORE, [
      stored.map(({ mailbox }) => mailbox),
      stored.map(({ seq }) => seq),
      stored.map(({ at }) => at),
      stored.map(({ key }) => key),
      stored.map(({ crc }) => crc),
      stored.map(({ body }) => body.length),
      stored.map(({ isPlain }) => isPlain),
      stored.map(({ sender }) => sender),
      stored.map(({ id }) => id),
      offsets,
      Buffer.concat(stored.map(({ body }) => body)),
      stored.map(({ target }) => target ?? null),
      stored.map(({ device }) => device ?? null),
      stored.map(({ restored }) => restored?.by ?? null),
      stored.map(({ restored }) => restored?.at ?? null),
      stored.map(({ re }) => re ?? null),
    ]);
  }

  #writeMailboxes(mailboxes: readonly LockedMailbox[]): void {
    const rows = mailboxes.filter(({ isChanged }) => isChanged).map(({ row }) => row);
    if (rows.length === 0) return;
    const column = (name: keyof MailboxRow) => rows.map((row) => row[name]);
    this.transaction.write(sql.UPDATE_MAILBOXES, sql.MAILBOX_COLUMNS.map(column));
  }

  #writeDevices(mailboxes: readonly LockedMailbox[]): void {
    const removed = mailboxes.flatMap((mailbox) => [...mailbox.removedDevices].map((name) => [mailbox.row.no, name]));
    if (removed.length > 0) {
      const values = [removed.map(([no]) => no), removed.map(([, name]) => name)];
      this.transaction.write(sql.REMOVE_DEVICES, values);
    }
    const changed = mailboxes.flatMap((mailbox) =>
      [...mailbox.changedDevices].flatMap((name) => {
        const device = mailbox.devices.get(name);
        return device ? [{ no: mailbox.row.no, device }] : [];
      }),
    );
    if (changed.length === 0) return;
    const column = (name: keyof DeviceRow) =>
      changed.map(({ device }) => {
        const value = device[name];
        return Array.isArray(value) ? `{${value.join(',')}}` : value;
      });
    this.transaction.write(sql.SAVE_DEVICES, [changed.map(({ no }) => no), ...sql.DEVICE_COLUMNS.map(column)]);
  }

  #writeTraces(statement: sql.Prepared, traces: readonly Trace[]): void {
    if (traces.length === 0) return;
    this.transaction.write(statement, [
      traces.map(({ mailbox }) => mailbox),
      traces.map(({ seq }) => seq),
      traces.map(({ after }) => after),
      traces.map(({ at }) => at),
      traces.map(({ device }) => device),
      traces.map(({ session }) => session ?? null),
      traces.map(({ pushedAt }) => pushedAt ?? null),
    ]);
  }

  /** Leaves tombstones of what is no longer kept. */
  #bury(mailboxes: readonly LockedMailbox[]): void {
    const trimmed = mailboxes.filter(({ row, loadedFirst }) => row.first > loadedFirst && !this.#isRemoved(row.no));
    for (const { row, loadedFirst } of trimmed) {
      this.transaction.write(sql.BURY, [row.no, loadedFirst, row.first, this.limits.keptIdsPerSender]);
      this.transaction.write(sql.FORGET_TRACES, [row.no, loadedFirst, row.first]);
    }
  }

  #isRemoved(no: number): boolean {
    return this.removals.some(({ row }) => row.no === no);
  }

  #remove({ row }: LockedMailbox): void {
    for (const statement of sql.REMOVE) this.transaction.write(statement, [row.no]);
    this.transaction.write(sql.REMOVE_OUTBOXES, [row.name]);
    this.transaction.write(sql.HAS_HOLDS, [row.no, false]);
  }

  #writeHolds(mailbox: LockedMailbox): void {
    const { changedHolds, holds, row } = mailbox;
    if (changedHolds.size === 0) return;
    const [gone, kept] = [
      [...changedHolds].filter((name) => !holds.has(name)),
      [...changedHolds].filter((name) => holds.has(name)),
    ];
    if (gone.length > 0) this.transaction.write(sql.END_HOLDS, [row.no, gone]);
    if (kept.length > 0) {
      const values = [kept.map((name) => holds.get(name)?.id), kept.map((name) => holds.get(name)?.at)];
      this.transaction.write(sql.HOLD, [row.no, kept, ...values]);
    }
    if (row.has_holds !== holds.size > 0) this.transaction.write(sql.HAS_HOLDS, [row.no, holds.size > 0]);
  }
}
