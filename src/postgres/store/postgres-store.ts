/** The Store port on PostgreSQL, which several servers share. */
import type { Clock } from '../../io/clock.js';
import type { Log } from '../../io/log.js';
import { MAILBOX } from '../../store/limits.js';
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
  OutcomeUnknown,
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
  type Store,
  StoreUnavailable,
  type Unsend,
  type UnsendResult,
} from '../../store/store.js';
import { Barrier } from '../database/barrier.js';
import type { Database } from '../database/database.js';
import { DATABASE, POSTGRES_STORE } from '../limits.js';
import { storedText } from '../stored-text.js';
import { readAudits, writeAudit } from './audits.js';
import {
  AppendCall,
  CAME_TOO_LATE,
  type Call,
  type CallContext,
  CLIENT_GONE,
  ClaimCall,
  CountAsReadCall,
  FindCall,
  NotePushedCall,
  NoteSessionCall,
  PurgeCall,
  RemoveCall,
  RemoveDeviceCall,
  SettleCall,
  UnsendCall,
} from './calls.js';
import { Lane } from './lane.js';
import { headsOf, type MailboxLimits, type MailboxRow } from './mailbox-model.js';
import { readSent } from './sent.js';
import * as sql from './statements.js';
import { readTrails } from './trails.js';

export interface PostgresStoreOptions {
  /** Its schema is that of this program. */
  readonly database: Database;
  /** Of the schema: the identity of the store. */
  readonly epoch: string;
  /** Of this server in the table `server`: its sessions are online as long as its lease. Undefined: always. */
  readonly server?: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Limits of a mailbox that differ from MAILBOX. */
  readonly limits?: Partial<MailboxLimits>;
  /**
   * The servers with sessions of a user, whenever a message is stored for the user, before the call of `append` resolves. A
   * session that begins later sees the message itself.
   */
  readonly onPlaces?: (user: string, servers: readonly string[]) => void;
  /** So many calls became durable together, and how long that took. */
  readonly onCommit?: (calls: number, ms: number) => void;
}

/** A row of READ. */
interface ReadRow {
  readonly fence: number | null;
  readonly cursor: number | null;
  readonly device_attempts: readonly number[] | null;
  readonly has_devices: boolean;
  readonly seq: number | null;
  readonly at: number;
  readonly bytes: number;
  readonly attempts: number;
  readonly is_plain: boolean;
  readonly sender: string;
  readonly id: string;
  readonly body: Buffer;
  readonly tried_at: number | null;
  readonly purged_at: number | null;
  readonly is_unsent: boolean;
  readonly crc: number;
  readonly target: string | null;
  readonly device: string | null;
  readonly re: string | null;
}

/** A row of INSPECT and LIST. */
type HeadRow = Pick<
  MailboxRow,
  'name' | 'delivered' | 'last' | 'purged' | 'copies' | 'has_devices' | 'pushed_at' | 'acked_at'
> & {
  readonly device: string | null;
  readonly cursor: number | null;
  readonly at: number;
  readonly seen_at: number | null;
  readonly agent: string | null;
  readonly is_online: boolean;
};

export class PostgresStore implements Store {
  readonly #options: PostgresStoreOptions;
  readonly #database: Database;
  readonly #lanes: readonly Lane[];
  readonly #context: CallContext;
  readonly #limits: MailboxLimits;
  /** Push notes in flight, by user: a read waits for them. */
  readonly #notes = new Map<string, Promise<void>>();
  /** Up to which seq everything is durable, by user; the mailbox used longest ago is forgotten. */
  readonly #known = new Map<string, number>();
  readonly #barrier: Barrier;
  #isClosed = false;
  #closed: Promise<void> | undefined;

  constructor(options: PostgresStoreOptions) {
    const { database, clock, log, epoch, server, onCommit } = options;
    this.#options = options;
    this.#database = database;
    const limits = { ...MAILBOX, ...options.limits };
    this.#limits = limits;
    this.#lanes = Array.from(
      { length: POSTGRES_STORE.lanes },
      () => new Lane({ database, clock, log, limits, onCommit }),
    );
    this.#barrier = new Barrier(database);
    this.#context = { epoch, now: () => clock.now(), server };
  }

  get epoch(): string {
    return this.#options.epoch;
  }

  async append(batch: Batch): Promise<readonly AppendResult[]> {
    if (batch.messages.length === 0) return [];
    const { onPlaces } = this.#options;
    const call = new AppendCall(batch, onPlaces !== undefined);
    const results = await this.#run(call);
    // Only then a nudge follows, which uses them up.
    if (call.places && results.some(({ outcome }) => outcome === 'stored')) onPlaces?.(batch.to, call.places);
    let last = 0;
    for (const result of results) if ('seq' in result) last = Math.max(last, result.seq);
    if (last > 0) this.#know(batch.to, last);
    return results;
  }

  async claim(user: string, claimant: Claimant = {}): Promise<Claim> {
    const claim = await this.#run(new ClaimCall(user, claimant, this.#context, this.#deadline()));
    this.#know(user, claim.last);
    return claim;
  }

  /** For a claim that begins now, in the database's time, ms since 1970. Undefined: that is not known. */
  #deadline(): number | undefined {
    const now = this.#database.now();
    return now === undefined ? undefined : now + POSTGRES_STORE.claimMs;
  }

  async claimOutbox(user: string, outbox: string, isGone?: Claimant['isGone']): Promise<number> {
    this.#check();
    const at = this.#options.clock.now();
    const deadline = this.#deadline();
    return this.#database.transaction(async (transaction) => {
      transaction.write(sql.FORGET_OUTBOXES, [user, at - POSTGRES_STORE.keptOutboxMs]);
      const [row] = await transaction.query<{ fence: number }>(sql.CLAIM_OUTBOX, [user, storedText(outbox), at]);
      const [time] = await transaction.query<{ now: number }>(sql.TIME);
      if (deadline !== undefined && (time?.now ?? 0) > deadline) throw new StoreUnavailable(CAME_TOO_LATE);
      if (isGone?.()) throw new StoreUnavailable(CLIENT_GONE);
      return (row as { fence: number }).fence;
    });
  }

  settle(user: string, seq: number, fence: number, trail?: PushTrail): Promise<SettleResult> {
    return this.#run(new SettleCall(user, seq, fence, trail, this.#context));
  }

  async read(user: string, after: number, limit: ReadLimit, reader?: Reader): Promise<readonly ReadMessage[]> {
    this.#check();
    const note = this.#notes.get(user);
    if (note) await Promise.allSettled([note]); // A refused note does not count.
    const values = [user, after, Math.max(limit.messages, 1), limit.bytes, reader?.device ?? null];
    const deadline = this.#options.clock.monotonic() + DATABASE.waitMs;
    for (;;) {
      const { rows, server } = await this.#database.read<ReadRow>(sql.READ, values);
      const [first] = rows;
      if (reader && first?.fence !== reader.fence) throw new StaleClaim('replaced'); // R6
      const device = first?.has_devices && first.cursor !== null ? first : undefined;
      const messages = rows.filter(({ seq }) => seq !== null);
      if (!reader || (await this.#isDurable(user, messages.at(-1)?.seq ?? 0, server)))
        return messages.map((row) => messageOf(row, reader && device));
      if (this.#isClosed || this.#options.clock.monotonic() > deadline)
        throw new StoreUnavailable('the database does not say what is durable');
    }
  }

  /**
   * What is visible may not be on the standbys yet: when a server waits for them and its connection is terminated. A session pushes
   * nothing that a failover could take back, so what another server stored is read again by a commit.
   */
  async #isDurable(user: string, seq: number, server: string): Promise<boolean> {
    if (seq <= (this.#known.get(user) ?? 0)) return true;
    try {
      // On another server it says nothing: what was read may have been taken back by a failover.
      if ((await this.#barrier.wait()) !== server) return false;
    } catch (error) {
      if (error instanceof OutcomeUnknown) return false;
      throw error;
    }
    this.#know(user, seq);
    return true;
  }

  /** Everything in this mailbox up to this seq is durable. */
  #know(user: string, seq: number): void {
    const before = this.#known.get(user) ?? 0;
    this.#known.delete(user);
    this.#known.set(user, Math.max(before, seq));
    const oldest = this.#known.keys().next().value;
    if (this.#known.size > POSTGRES_STORE.knownMailboxes && oldest !== undefined) this.#known.delete(oldest);
  }

  notePushed(user: string, seq: number, fence: number, at: number, trail?: PushTrail): Promise<void> {
    const noting = this.#run(new NotePushedCall(user, seq, fence, at, trail));
    const before = this.#notes.get(user);
    const noted = Promise.allSettled([before, noting]).then(() => {
      if (this.#notes.get(user) === noted) this.#notes.delete(user);
    });
    this.#notes.set(user, noted);
    return noting;
  }

  noteSession(user: string, fence: number, event: SessionEvent, at: number, agent?: string): Promise<void> {
    return this.#run(new NoteSessionCall(user, fence, event, at, agent));
  }

  async devices(user: string): Promise<readonly DeviceHead[]> {
    const rows = await this.#inspect(user);
    return rows[0] ? devicesOf(rows[0], rows) : [];
  }

  removeDevice(user: string, device: string): Promise<boolean> {
    return this.#run(new RemoveDeviceCall(user, device));
  }

  purge(user: string, seqs: readonly number[], at: number): Promise<PurgeResult> {
    return this.#run(new PurgeCall(user, seqs, at));
  }

  remove(user: string): Promise<readonly SettledMessage[]> {
    return this.#run(new RemoveCall(user, this.#context));
  }

  unsend(unsend: Unsend): Promise<UnsendResult> {
    return this.#run(new UnsendCall(unsend));
  }

  countAsRead(user: string): Promise<number> {
    return this.#run(new CountAsReadCall(user));
  }

  find(user: string, from: string, ids: readonly string[]): Promise<readonly MessageStatus[]> {
    return this.#run(new FindCall(user, from, ids));
  }

  async sent(from: string, after: Pick<SentMessage, 'to' | 'id'> | undefined, limit: ReadLimit): Promise<SentPage> {
    this.#check();
    return { messages: await readSent((...given) => this.#database.query(...given), from, after, limit), unread: 0 };
  }

  async heads(after: string, limit: number): Promise<readonly ListedMailbox[]> {
    this.#check();
    const rows = await this.#database.query<HeadRow>(sql.LIST, [after, limit]);
    const mailboxes = new Map<string, HeadRow[]>();
    for (const row of rows) {
      const known = mailboxes.get(row.name);
      if (known) known.push(row);
      else mailboxes.set(row.name, [row]);
    }
    return [...mailboxes].map(([user, of]) => ({ user, ...headOf(of) }));
  }

  async inspect(user: string): Promise<MailboxHead> {
    return headOf(await this.#inspect(user));
  }

  async trails(user: string, id: string): Promise<readonly MessageTrail[]> {
    this.#check();
    return readTrails(
      (...given) => this.#database.query(...given),
      user,
      id,
      () => this.audits(),
    );
  }

  async audit(audit: Audit): Promise<void> {
    this.#check();
    await this.#database.transaction(async (transaction) => {
      writeAudit(transaction, audit);
      transaction.write(sql.FORGET_AUDITS, [this.#limits.keptAudits]);
    });
  }

  async audits(): Promise<readonly Audit[]> {
    this.#check();
    return readAudits((statement) => this.#database.query(statement));
  }

  close(): Promise<void> {
    this.#isClosed = true;
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    for (const lane of this.#lanes) lane.stop();
    await Promise.all(this.#lanes.map((lane) => lane.idle()));
  }

  async #run<T>(call: Call<T>): Promise<T> {
    this.#check();
    return this.#laneOf(call.user).run(call);
  }

  #check(): void {
    if (this.#isClosed) throw new StoreUnavailable('the store is closed');
  }

  #laneOf(user: string): Lane {
    let hash = 0;
    for (let index = 0; index < user.length; index++) hash = (Math.imul(hash, 31) + user.charCodeAt(index)) >>> 0;
    return this.#lanes[hash % this.#lanes.length] as Lane;
  }

  async #inspect(user: string): Promise<readonly HeadRow[]> {
    this.#check();
    return this.#database.query<HeadRow>(sql.INSPECT, [user]);
  }
}

function messageOf(row: ReadRow, device: ReadRow | undefined): ReadMessage {
  const { sender: from, id, at, bytes, is_plain, tried_at, purged_at, crc, target, device: sentBy, re } = row;
  const seq = row.seq as number;
  const attempts = device ? (device.device_attempts?.[seq - (device.cursor ?? 0) - 1] ?? 0) : row.attempts;
  return {
    ...{ seq, from, id, body: row.body.toString(), at, bytes, attempts },
    ...(is_plain && purged_at === null && { isPlain: true as const }),
    ...(tried_at !== null && { triedAt: tried_at }),
    ...(purged_at !== null && { purgedAt: purged_at, crc, ...(row.is_unsent && { unsent: true }) }),
    ...(target !== null && { to: target, ...(sentBy !== null && { device: sentBy }) }),
    ...(re !== null && { re }),
  };
}

function devicesOf(head: HeadRow, rows: readonly HeadRow[]): readonly DeviceHead[] {
  return headsOf(
    head,
    rows.flatMap(({ device, ...row }) => (device === null ? [] : [{ ...row, name: device }])),
  );
}

/** @param rows of one mailbox; none: it does not exist. */
function headOf(rows: readonly HeadRow[]): MailboxHead {
  const [head] = rows;
  if (head === undefined) return { delivered: 0, last: 0, purged: 0, seenAt: 0 };
  const { delivered, last, purged, copies, pushed_at, acked_at } = head;
  const seenAt = Math.max(pushed_at, acked_at, ...rows.map(({ seen_at }) => seen_at ?? 0));
  const common = { delivered, last, purged: purged + copies, seenAt };
  return head.has_devices ? { ...common, devices: devicesOf(head, rows) } : common;
}
