/**
 * Checkpoints write the mailboxes that the journal has records of to their files, and remove the old segments, so that
 * the journal stays short (storage 6). They run beside the traffic, a few mailboxes at a time.
 */
import { join } from 'node:path';
import { CannotWrite, isTemporary, orDiskBroken } from '../disk/disk-errors.js';
import type { Journal, JournalPosition } from '../disk/journal.js';
import { removeOtherSegments } from '../disk/journal-folder.js';
import { membersOf, segmentName } from '../disk/journal-format.js';
import type { Clock } from '../io/clock.js';
import type { Files } from '../io/files.js';
import type { Log } from '../io/log.js';
import { StoreUnavailable } from '../store/store.js';
import { type CheckpointLimits, CheckpointSchedule } from './checkpoint-schedule.js';
import type { JournalIndex } from './journal-index.js';
import type { MailboxCache } from './mailbox-cache.js';
import { writeMailboxFile } from './mailbox-file.js';
import { MailboxDamaged, readLines } from './mailbox-loader.js';
import type { StoreFile } from './store-file.js';

interface CheckpointOptions {
  readonly files: Files;
  readonly folder: string;
  readonly clock: Pick<Clock, 'now' | 'monotonic' | 'defer'>;
  readonly log: Log;
  readonly limits: CheckpointLimits & { readonly mailboxesAtATime: number };
  readonly journal: Journal;
  readonly index: JournalIndex;
  readonly storeFile: StoreFile;
  readonly mailboxes: Pick<MailboxCache, 'peek'>;
}

export class Checkpoint {
  readonly #options: CheckpointOptions;
  readonly #schedule: CheckpointSchedule;
  /** Bytes of the segments before the active one. */
  #olderBytes = 0;
  #running: Promise<boolean> | undefined;
  /** Mailboxes whose records are being copied into the active segment: the journal accepts them even if it is too long. */
  #copying = 0;

  constructor(options: CheckpointOptions) {
    this.#options = options;
    this.#schedule = new CheckpointSchedule(options.limits);
  }

  /** Starts a checkpoint if it is due, and holds the journal if it is too long. Called after every batch and by a timer. */
  runIfDue(): void {
    const isDue = this.#schedule.isDue(this.#journalBytes, this.#options.clock.monotonic());
    if (isDue && !this.#running) void this.run();
    this.#holdOrRelease();
  }

  /** Resolves when the whole journal is in the mailboxes' files, or a checkpoint was postponed. */
  async finish(): Promise<void> {
    // A running or postponed checkpoint does not cover the active segment: that takes another one.
    for (let rounds = this.#options.storeFile.document.segments.length; rounds > 0; rounds--) {
      if (this.#options.index.isEmpty || !(await this.run())) return;
    }
  }

  /** True: all records that were durable at the call are in the mailboxes' files. False: it was postponed. */
  run(): Promise<boolean> {
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
      this.#holdOrRelease();
    });
    return this.#running;
  }

  get #journalBytes(): number {
    return this.#olderBytes + this.#options.journal.segmentBytes;
  }

  #holdOrRelease(): void {
    const { journal } = this.#options;
    if (this.#schedule.isTooLong(this.#journalBytes) && this.#copying === 0) journal.hold();
    else journal.release();
  }

  async #run(): Promise<boolean> {
    const { journal, log, clock } = this.#options;
    if (journal.isBroken) return false; // storage 3: no retry on a broken disk
    try {
      this.#schedule.succeeded(await this.#write());
      return true;
    } catch (error) {
      this.#schedule.postponed(clock.monotonic());
      const isPostponed = error instanceof CannotWrite || error instanceof StoreUnavailable || isTemporary(error);
      if (isPostponed) log.warn('checkpoint-postponed', { reason: String(error) });
      else journal.fail(error);
      return false;
    }
  }

  /** Returns how many bytes were written. */
  async #write(): Promise<number> {
    const { files, folder, clock, journal, index, storeFile, log } = this.#options;
    const startedAt = clock.monotonic();
    // A postponed checkpoint has rotated the journal already, and continues.
    if (storeFile.document.segments.length === 1) await this.#rotate();
    const current = journal.segment;
    const users = index.usersBefore(current);
    const bytes = await this.#writeMailboxes(users, current);
    await orDiskBroken(files.syncFolder(join(folder, 'mailboxes')));
    await storeFile.change({ segments: [current] });
    index.removeSegmentsBefore(current);
    this.#olderBytes = 0;
    await removeOtherSegments(files, join(folder, 'journal'), current);
    log.debug('checkpoint', { mailboxes: users.size, bytes, ms: Math.round(clock.monotonic() - startedAt) });
    return bytes;
  }

  #rotate(): Promise<void> {
    const { journal, storeFile } = this.#options;
    return journal.rotate(async ({ segment }) => {
      await storeFile.change({ segments: [...storeFile.document.segments, segment] });
      this.#olderBytes = journal.segmentBytes;
    });
  }

  async #writeMailboxes(users: Iterable<string>, current: number): Promise<number> {
    const { clock, limits, journal } = this.#options;
    const remaining = [...users];
    let bytes = 0;
    const work = async (): Promise<void> => {
      for (let user = remaining.pop(); user !== undefined; user = remaining.pop()) {
        if (journal.isBroken) throw new CannotWrite('the disk has failed');
        const written = await this.#writeMailbox(user, current);
        bytes += written;
        await new Promise<void>((resolve) => clock.defer(resolve));
      }
    };
    const workers = await Promise.allSettled(Array.from({ length: limits.mailboxesAtATime }, work));
    for (const worker of workers) if (worker.status === 'rejected') throw worker.reason;
    return bytes;
  }

  async #writeMailbox(user: string, current: number): Promise<number> {
    const { files, folder, clock, mailboxes, journal, index, storeFile } = this.#options;
    const { epoch } = storeFile.document;
    try {
      // The snapshot is taken synchronously, between two batches: what is applied is exactly what is durable.
      const document = await mailboxes.peek(user, (mailbox) => {
        mailbox.trim(clock.now());
        return { user, epoch, appliedLsn: journal.durableLsn, ...mailbox.snapshot() };
      });
      const bytes = await writeMailboxFile(files, folder, document);
      index.removeUserBefore(user, current);
      return bytes;
    } catch (error) {
      if (!(error instanceof MailboxDamaged)) throw error;
      return this.#copyRecords(user, current);
    }
  }

  /** Keeps the records of a mailbox whose file is damaged, until it is repaired: copies them into the active segment. */
  async #copyRecords(user: string, current: number): Promise<number> {
    const { files, folder, index } = this.#options;
    const records: string[] = [];
    for (const { segment, spans } of index.spansOf(user)) {
      const path = join(folder, 'journal', segmentName(segment));
      if (segment < current) await readLines(files, path, spans, (line) => records.push(membersOf(line)));
    }
    this.#copying++;
    this.#holdOrRelease();
    try {
      const sizes = await Promise.all(records.map((record) => this.#append(user, record)));
      index.removeUserBefore(user, current);
      return sizes.reduce((sum, size) => sum + size, 0);
    } finally {
      this.#copying--;
    }
  }

  #append(user: string, members: string): Promise<number> {
    const { journal, index } = this.#options;
    return new Promise((resolve, reject) => {
      const written = ({ segment, position, bytes }: JournalPosition): void => {
        index.add(segment, user, position, bytes);
        resolve(bytes);
      };
      journal.append(members, { written, refused: reject });
    });
  }
}
