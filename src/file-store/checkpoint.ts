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
import { headerOf, includedRecord, writeMailboxFile } from './mailbox-file.js';
import { MailboxDamaged, readLines } from './mailbox-loader.js';
import type { MailboxManifest } from './mailbox-manifest.js';
import type { StoreFile } from './store-file.js';
import { undeliveredIn } from './undelivered.js';

interface CheckpointOptions {
  readonly files: Files;
  readonly folder: string;
  readonly clock: Pick<Clock, 'now' | 'monotonic' | 'defer'>;
  readonly log: Log;
  readonly limits: CheckpointLimits & { readonly mailboxesAtATime: number };
  readonly journal: Journal;
  /** Bytes of the segments before the active one. */
  readonly olderBytes: number;
  readonly index: JournalIndex;
  readonly manifest: MailboxManifest;
  readonly storeFile: StoreFile;
  readonly mailboxes: Pick<MailboxCache, 'peek'>;
}

export class Checkpoint {
  readonly #options: CheckpointOptions;
  readonly #schedule: CheckpointSchedule;
  /** Bytes of the segments before the active one. */
  #olderBytes: number;
  #running: Promise<boolean> | undefined;
  /** Mailboxes whose records are being copied into the active segment: the journal accepts them even if it is too long. */
  #copying = 0;

  constructor(options: CheckpointOptions) {
    this.#options = options;
    this.#schedule = new CheckpointSchedule(options.limits);
    this.#olderBytes = options.olderBytes;
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
    const { files, folder, clock, journal, index, manifest, storeFile, log } = this.#options;
    const startedAt = clock.monotonic();
    // A postponed checkpoint has rotated the journal already, and continues.
    if (storeFile.document.segments.length === 1) await this.#rotate();
    const written = { mailboxes: 0, bytes: 0 };
    await this.#writeMailboxes(written);
    while (index.usersBefore(journal.segment).size > 0) {
      await this.#rotate(); // See copyRecords: damaged mailboxes with records in the active segment were left out.
      await this.#writeMailboxes(written);
    }
    await orDiskBroken(files.syncFolder(join(folder, 'mailboxes')));
    const segments = [journal.segment];
    await storeFile.change({ segments, mailboxes: manifest.mailboxes });
    index.removeSegmentsBefore(journal.segment);
    this.#olderBytes = 0;
    await removeOtherSegments(files, join(folder, 'journal'), segments);
    log.debug('checkpoint', { ...written, ms: Math.round(clock.monotonic() - startedAt) });
    return written.bytes;
  }

  #rotate(): Promise<void> {
    const { journal, storeFile } = this.#options;
    return journal.rotate(async ({ segment }) => {
      await storeFile.change({ segments: [...storeFile.document.segments, segment] });
      this.#olderBytes += journal.segmentBytes;
    });
  }

  /** Writes the mailboxes with records before the active segment, a few at a time. */
  async #writeMailboxes(written: { mailboxes: number; bytes: number }): Promise<void> {
    const { clock, limits, journal, index } = this.#options;
    const users = [...index.usersBefore(journal.segment)];
    const work = async (): Promise<void> => {
      for (let user = users.pop(); user !== undefined; user = users.pop()) {
        if (journal.isBroken) throw new CannotWrite('the disk has failed');
        const bytes = await this.#writeMailbox(user);
        written.mailboxes++;
        written.bytes += bytes;
        await new Promise<void>((resolve) => clock.defer(resolve));
      }
    };
    const workers = await Promise.allSettled(Array.from({ length: limits.mailboxesAtATime }, work));
    for (const worker of workers) if (worker.status === 'rejected') throw worker.reason;
  }

  async #writeMailbox(user: string): Promise<number> {
    const { files, folder, clock, mailboxes, journal, index, manifest, storeFile } = this.#options;
    const { epoch } = storeFile.document;
    try {
      // The snapshot is taken synchronously, between two batches: what is applied is exactly what is durable.
      const { document, undelivered } = await mailboxes.peek(user, (mailbox) => {
        mailbox.trim(clock.now());
        const document = { ...headerOf(user, epoch, mailbox), ...mailbox.snapshot() };
        return { document, undelivered: undeliveredIn(mailbox) };
      });
      const bytes = await writeMailboxFile(files, folder, document);
      manifest.written(user, { ...includedRecord(document), ...undelivered });
      index.removeUserBefore(user, journal.segment);
      return bytes;
    } catch (error) {
      if (!(error instanceof MailboxDamaged)) throw error;
      return this.#copyRecords(user);
    }
  }

  /**
   * Keeps the records of a mailbox whose file is damaged, until it is repaired: copies them into the active segment. If
   * that has later records of the mailbox, the copies would be out of order: then nothing is copied.
   */
  async #copyRecords(user: string): Promise<number> {
    const { files, folder, journal, index, manifest } = this.#options;
    const segments = index.spansOf(user);
    if (segments.some(({ segment }) => segment === journal.segment)) return 0;
    const records: string[] = [];
    for (const { segment, spans } of segments) {
      const path = join(folder, 'journal', segmentName(segment));
      await readLines(files, path, spans, (line) => records.push(membersOf(line)));
    }
    this.#copying++;
    this.#holdOrRelease();
    try {
      const sizes = await Promise.all(records.map((record) => this.#append(user, record)));
      index.removeUserBefore(user, journal.segment);
      manifest.damaged(user);
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
