/**
 * Checkpoints write the mailboxes that the journal has records of to their files, and remove the old segments, so that
 * the journal stays short (storage 6). They run beside the traffic, a few mailboxes at a time, those with the oldest
 * records first: each segment is removed as soon as none of its records is needed.
 */
import { join } from 'node:path';
import type { ActiveSegment } from '../../disk/active-segment.js';
import { CannotWrite, isTemporary, orDiskBroken } from '../../disk/disk-errors.js';
import type { Journal, JournalPlace, SegmentSize } from '../../disk/journal.js';
import { membersOf, segmentName } from '../../disk/journal-format.js';
import { removeIfThere } from '../../disk/json-file.js';
import type { Clock } from '../../io/clock.js';
import type { Files } from '../../io/files.js';
import type { Log } from '../../io/log.js';
import type { Bounds } from '../../protocol/limits.js';
import { StoreUnavailable } from '../../store/store.js';
import type { JournalIndex } from '../files/journal-index.js';
import { headerOf, includedRecord, writeMailboxFile } from '../files/mailbox-file.js';
import type { MailboxManifest } from '../files/mailbox-manifest.js';
import type { StoreFile } from '../files/store-file.js';
import type { FILE_STORE } from '../limits.js';
import type { MailboxCache } from '../memory/mailbox-cache.js';
import { MailboxDamaged, readLines } from '../memory/mailbox-loader.js';
import { undeliveredIn } from '../memory/undelivered.js';
import { type CheckpointLimits, CheckpointSchedule } from './checkpoint-schedule.js';

type FileLimits = Pick<
  Bounds<typeof FILE_STORE>,
  'segmentBytes' | 'mailboxesAtATime' | 'turnsBetweenChunks' | 'maxMailboxesAtStop' | 'maxStopMs'
>;

interface CheckpointOptions {
  readonly files: Files;
  readonly folder: string;
  readonly clock: Pick<Clock, 'now' | 'monotonic' | 'defer'>;
  readonly log: Log;
  readonly limits: CheckpointLimits & FileLimits;
  readonly journal: Journal;
  /** The segments before the active one, oldest first. */
  readonly older: ReadonlyMap<number, SegmentSize>;
  readonly index: JournalIndex;
  readonly manifest: MailboxManifest;
  readonly storeFile: StoreFile;
  readonly mailboxes: Pick<MailboxCache, 'peek'>;
}

/** A checkpoint that is being written. */
interface Running {
  /** What the journal cost when it began. */
  readonly cost: number;
  /** Mailboxes that had records then. */
  readonly due: number;
  mailboxes: number;
  bytes: number;
}

/** The store is being closed, and a checkpoint would take too long. */
class CheckpointStopped extends Error {}

export class Checkpoint {
  readonly #options: CheckpointOptions;
  readonly #schedule: CheckpointSchedule;
  /** The segments before the active one, oldest first. */
  readonly #older: Map<number, SegmentSize>;
  #running: Promise<boolean> | undefined;
  #work: Running | undefined;
  #rotating: Promise<void> | undefined;
  /** Mailboxes whose records are being copied into the active segment: the journal accepts them even if it is too long. */
  #copying = 0;
  /** Up to this segment there may be records that were copied: they must be removed together. */
  #copiedUpTo = 0;
  /** When a checkpoint gives up (ms, monotonic): the store is being closed. */
  #stopAt = Number.POSITIVE_INFINITY;

  constructor(options: CheckpointOptions) {
    this.#options = options;
    this.#schedule = new CheckpointSchedule(options.limits);
    this.#older = new Map(options.older);
  }

  /** Begins a segment or a checkpoint if it is due, and slows the journal down. Called after every batch and by a timer. */
  runIfDue(): void {
    const { journal, index, clock, limits } = this.#options;
    const now = clock.monotonic();
    if (this.#stopAt === Number.POSITIVE_INFINITY && this.#schedule.mayWrite(now)) {
      const isDue = this.#schedule.isDue(this.#size, index.size);
      if (isDue && !this.#running) void this.run();
      const isLong = journal.active.bytes >= limits.segmentBytes;
      if (isLong && !this.#rotating) void this.#attempt(() => this.#rotate());
    }
    this.#allow();
  }

  /**
   * Writes what is left to the mailboxes' files, if that is not too much: the journal is durable, and the next start reads it.
   * Resolves when no checkpoint is being written.
   */
  async finish(): Promise<void> {
    const { clock, index, limits } = this.#options;
    const isTooMuch = index.size > limits.maxMailboxesAtStop;
    this.#stopAt = clock.monotonic() + (isTooMuch ? 0 : limits.maxStopMs);
    await this.#running;
    // A running or postponed checkpoint does not cover the active segment: that takes another one.
    for (let rounds = isTooMuch ? 0 : 2; rounds > 0; rounds--) {
      const isEmpty = this.#size.records === 0;
      if (isEmpty || !(await this.run())) return;
    }
  }

  /** True: all records of the older segments are in the mailboxes' files, or of the active one if there was no other. */
  run(): Promise<boolean> {
    this.#running ??= this.#attempt(async () => this.#schedule.succeeded(await this.#write())).finally(() => {
      this.#running = undefined;
      this.#work = undefined;
      this.#allow();
    });
    return this.#running;
  }

  /** Of all segments. */
  get #size(): SegmentSize {
    let { bytes, records } = this.#options.journal.active;
    for (const older of this.#older.values()) {
      bytes += older.bytes;
      records += older.records;
    }
    return { bytes, records };
  }

  #allow(): void {
    const { journal } = this.#options;
    const work = this.#work;
    const running = work && { cost: work.cost, share: work.mailboxes / Math.max(1, work.due) };
    const room = this.#schedule.room(this.#size, running);
    journal.allow(this.#copying > 0 ? Number.POSITIVE_INFINITY : Math.max(0, room));
  }

  /** False: it was postponed, or stopped. */
  async #attempt(work: () => Promise<void>): Promise<boolean> {
    const { journal, log, clock } = this.#options;
    if (journal.isBroken) return false; // storage 3: no retry on a broken disk
    try {
      await work();
      return true;
    } catch (error) {
      if (error instanceof CheckpointStopped) return false;
      this.#schedule.postponed(clock.monotonic());
      const isPostponed = error instanceof CannotWrite || error instanceof StoreUnavailable || isTemporary(error);
      if (isPostponed) log.warn('checkpoint-postponed', { reason: String(error) });
      else journal.fail(error);
      return false;
    }
  }

  /** Returns how many bytes were written. */
  async #write(): Promise<number> {
    const { clock, index, log } = this.#options;
    const startedAt = clock.monotonic();
    // A postponed checkpoint has rotated the journal already, and continues.
    if (this.#older.size === 0) await this.#rotate();
    const last = Math.max(...this.#older.keys());
    const work = { cost: this.#schedule.costOf(this.#size), due: index.size, mailboxes: 0, bytes: 0 };
    this.#work = work;
    for (const segment of this.#older.keys()) {
      if (segment > Math.max(last, this.#copiedUpTo)) break;
      if (index.hasUpTo(segment)) await this.#empty(segment, work);
      // Of those that are empty by now, all are removed together.
      const isNextEmpty = this.#older.has(segment + 1) && !index.hasUpTo(segment + 1);
      if (segment >= this.#copiedUpTo && !(isNextEmpty && segment < last)) await this.#removeEmpty();
    }
    const { mailboxes, bytes } = work;
    log.debug('checkpoint', { mailboxes, bytes, ms: Math.round(clock.monotonic() - startedAt) });
    return bytes;
  }

  /** Writes all mailboxes with records in this segment or older ones. */
  async #empty(segment: number, work: Running): Promise<void> {
    const { index } = this.#options;
    await this.#writeMailboxes(segment, work);
    while (index.hasUpTo(segment)) {
      await this.#rotate(); // See copyRecords: damaged mailboxes with records in the active segment were left out.
      await this.#writeMailboxes(segment, work);
    }
  }

  /** Removes the segments before the oldest record that is in no file. */
  async #removeEmpty(): Promise<void> {
    const { files, folder, index, manifest, storeFile } = this.#options;
    const journal = join(folder, 'journal');
    const empty = [...this.#older.keys()].filter((segment) => !index.hasUpTo(segment));
    await orDiskBroken(files.syncFolder(join(folder, 'mailboxes')));
    await storeFile.recordCheckpoint(manifest.mailboxes, ({ segments }) => ({
      segments: segments.filter((segment) => !empty.includes(segment)),
    }));
    for (const segment of empty) this.#older.delete(segment);
    this.#allow();
    // Not synced: after a loss of power the next start removes what is not listed.
    for (const segment of empty) await removeIfThere(files, join(journal, segmentName(segment)));
  }

  /** Begins a new segment; one rotation at a time. */
  #rotate(): Promise<void> {
    const { journal, storeFile } = this.#options;
    const prepare = async ({ segment }: ActiveSegment): Promise<void> => {
      await storeFile.change(({ segments }) => ({ segments: [...segments, segment] }));
      this.#older.set(journal.segment, journal.active);
    };
    this.#rotating ??= journal.rotate(prepare).finally(() => {
      this.#rotating = undefined;
    });
    return this.#rotating;
  }

  /** Writes the mailboxes with records up to this segment, a few at a time. */
  async #writeMailboxes(segment: number, work: Running): Promise<void> {
    const { clock, limits, journal, index } = this.#options;
    const users = index.usersUpTo(segment);
    const write = async (): Promise<void> => {
      for (let next = users.next(); !next.done; next = users.next()) {
        if (journal.isBroken) throw new CannotWrite('the disk has failed');
        if (clock.monotonic() >= this.#stopAt) throw new CheckpointStopped();
        const bytes = await this.#writeMailbox(next.value);
        work.bytes += bytes;
        work.mailboxes++;
        this.#allow();
        await new Promise<void>((resolve) => clock.defer(resolve));
      }
    };
    const workers = await Promise.allSettled(Array.from({ length: limits.mailboxesAtATime }, write));
    for (const worker of workers) if (worker.status === 'rejected') throw worker.reason;
  }

  async #writeMailbox(user: string): Promise<number> {
    const { files, folder, clock, mailboxes, index, manifest, storeFile } = this.#options;
    const { epoch } = storeFile.document;
    try {
      // The snapshot is taken synchronously, between two batches: what is applied is exactly what is durable and indexed.
      const { document, undelivered, spans } = await mailboxes.peek(user, (mailbox) => {
        mailbox.trim(clock.now());
        const document = { ...headerOf(user, epoch, mailbox), ...mailbox.snapshot() };
        return { document, undelivered: undeliveredIn(mailbox), spans: index.countOf(user) };
      });
      const bytes = await writeMailboxFile(files, folder, document, () => this.#pause());
      manifest.written(user, { ...includedRecord(document), ...undelivered });
      index.removeFirst(user, spans);
      return bytes;
    } catch (error) {
      if (!(error instanceof MailboxDamaged)) throw error;
      return this.#copyRecords(user);
    }
  }

  /** Under load the traffic gets these turns of the event loop; without it they take no time. */
  async #pause(): Promise<void> {
    const { clock, limits } = this.#options;
    for (let turn = 0; turn < limits.turnsBetweenChunks; turn++)
      await new Promise<void>((resolve) => clock.defer(resolve));
  }

  /**
   * Keeps the records of a mailbox whose file is damaged, until it is repaired: copies them into the active segment. If
   * that has later records of the mailbox, the copies would be out of order: then nothing is copied.
   */
  async #copyRecords(user: string): Promise<number> {
    const { files, folder, journal, index, manifest } = this.#options;
    const segments = index.spansOf(user);
    const count = index.countOf(user);
    if (segments.some(({ segment }) => segment === journal.segment)) return 0;
    const records: string[] = [];
    for (const { segment, spans } of segments) {
      const path = join(folder, 'journal', segmentName(segment));
      await readLines(files, path, spans, (line) => records.push(membersOf(line)));
    }
    this.#copiedUpTo = Math.max(this.#copiedUpTo, segments.at(-1)?.segment ?? 0);
    this.#copying++;
    this.#allow();
    try {
      const sizes = await Promise.all(records.map((record) => this.#append(user, record)));
      index.removeFirst(user, count);
      manifest.damaged(user);
      return sizes.reduce((sum, size) => sum + size, 0);
    } finally {
      this.#copying--;
    }
  }

  #append(user: string, members: string): Promise<number> {
    const { journal, index } = this.#options;
    return new Promise((resolve, reject) => {
      const written = ({ segment, position, sizes }: JournalPlace): void => {
        index.add(segment, user, position, sizes);
        resolve(sizes[0] as number);
      };
      journal.append([members], { written, refused: reject });
    });
  }
}
