/**
 * Checkpoints: what the journal holds goes into the mailboxes' files, so that the journal stays short (storage 6). They
 * run beside the traffic, one mailbox after the other.
 */

import { join } from 'node:path';
import { CannotWrite, isTemporary, orDiskBroken } from '../disk/disk-errors.js';
import type { Journal, JournalPosition } from '../disk/journal.js';
import { removeOtherSegments } from '../disk/journal-folder.js';
import { membersOf, segmentName } from '../disk/journal-format.js';
import type { JOURNAL } from '../disk/limits.js';
import type { Clock } from '../io/clock.js';
import type { Files } from '../io/files.js';
import type { Log } from '../io/log.js';
import type { Bounds } from '../protocol/limits.js';
import { StoreUnavailable } from '../store/store.js';
import type { JournalIndex } from './journal-index.js';
import type { FILE_STORE } from './limits.js';
import { writeMailboxFile } from './mailbox-file.js';
import { MailboxDamaged, readLines } from './mailbox-loader.js';
import type { Mailboxes } from './mailbox-store.js';
import type { StoreFile } from './store-file.js';

interface CheckpointOptions {
  readonly files: Files;
  readonly folder: string;
  readonly clock: Pick<Clock, 'now' | 'monotonic' | 'defer'>;
  readonly log: Log;
  readonly limits: Pick<
    Bounds<typeof FILE_STORE & typeof JOURNAL>,
    'checkpointBytes' | 'maxJournalBytes' | 'fullDiskRetryMs' | 'mailboxesAtATime'
  >;
  readonly journal: Journal;
  readonly index: JournalIndex;
  readonly storeFile: StoreFile;
  readonly mailboxes: Mailboxes;
}

export class Checkpoint {
  readonly #options: CheckpointOptions;
  /** Bytes of journal at which the next one is due. */
  #dueBytes: number;
  /** Bytes of the segments before the one that is being written. */
  #olderBytes = 0;
  #running: Promise<boolean> | undefined;
  #notBefore = 0;
  /** Records are being carried on, which the journal has to take even if it is too long. */
  #isCarrying = false;

  constructor(options: CheckpointOptions) {
    this.#options = options;
    this.#dueBytes = options.limits.checkpointBytes;
  }

  /** Begins one if it is due, and holds the journal while it is longer than it may be. For every batch, and now and then. */
  consider(): void {
    const isDue = this.#bytes >= this.#dueBytes && this.#options.clock.monotonic() >= this.#notBefore;
    if (isDue && !this.#running) void this.run();
    this.#holdOrRelease();
  }

  /** Resolves when all of the journal is in the mailboxes' files, or nothing more can be done now. */
  async finish(): Promise<void> {
    // One that has begun, or was postponed, ends before the newest segment: a second one is for that.
    for (let rounds = this.#options.storeFile.document.segments.length; rounds > 0; rounds--) {
      if (this.#options.index.isEmpty || !(await this.run())) return;
    }
  }

  /** What was durable at this moment is in the mailboxes' files then: true; or it was postponed, and the journal has it. */
  run(): Promise<boolean> {
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
      this.#holdOrRelease();
    });
    return this.#running;
  }

  /** Of the whole journal. */
  get #bytes(): number {
    return this.#olderBytes + this.#options.journal.segmentBytes;
  }

  #holdOrRelease(): void {
    const { journal, limits } = this.#options;
    if (this.#bytes > limits.maxJournalBytes && !this.#isCarrying) journal.hold();
    else journal.release();
  }

  async #run(): Promise<boolean> {
    const { journal, log, clock, limits } = this.#options;
    if (journal.isBroken) return false; // storage 3: never again
    try {
      const written = await this.#write();
      // What it cost decides when the next one is worth it; it has to be over before the journal is too long.
      this.#dueBytes = Math.min(Math.max(limits.checkpointBytes, 2 * written), 0.75 * limits.maxJournalBytes);
      return true;
    } catch (error) {
      this.#notBefore = clock.monotonic() + limits.fullDiskRetryMs;
      const isPostponed = error instanceof CannotWrite || error instanceof StoreUnavailable || isTemporary(error);
      if (isPostponed) log.warn('checkpoint-postponed', { reason: String(error) });
      else journal.fail(error);
      return false;
    }
  }

  /** Returns how many bytes it took. */
  async #write(): Promise<number> {
    const { files, folder, clock, journal, index, storeFile, log } = this.#options;
    const begun = clock.monotonic();
    // One that was postponed goes on where it was.
    if (storeFile.document.segments.length === 1) await this.#rotate();
    const current = journal.segment;
    const users = index.usersBefore(current);
    const bytes = await this.#writeMailboxes(users, current);
    await orDiskBroken(files.syncFolder(join(folder, 'mailboxes')));
    await storeFile.change({ segments: [current] });
    index.drop(current);
    this.#olderBytes = 0;
    await removeOtherSegments(files, join(folder, 'journal'), current);
    log.debug('checkpoint', { mailboxes: users.size, bytes, ms: Math.round(clock.monotonic() - begun) });
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
    const rest = [...users];
    let bytes = 0;
    const work = async (): Promise<void> => {
      for (let user = rest.pop(); user !== undefined; user = rest.pop()) {
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
      // Taken in one go between two batches: what is applied is exactly what is durable, never more.
      const document = await mailboxes.look(user, (mailbox) => {
        mailbox.trim(clock.now());
        return { user, epoch, appliedLsn: journal.durableLsn, ...mailbox.snapshot() };
      });
      const bytes = await writeMailboxFile(files, folder, document);
      index.forget(user, current);
      return bytes;
    } catch (error) {
      if (!(error instanceof MailboxDamaged)) throw error;
      return this.#carry(user, current);
    }
  }

  /** The records of a mailbox whose file is damaged go on into the newest segment: whoever mends the file finds them there. */
  async #carry(user: string, current: number): Promise<number> {
    const { files, folder, index } = this.#options;
    const records: string[] = [];
    for (const { segment, spans } of index.of(user)) {
      const path = join(folder, 'journal', segmentName(segment));
      if (segment < current) await readLines(files, path, spans, (line) => records.push(membersOf(line)));
    }
    this.#isCarrying = true;
    this.#holdOrRelease();
    try {
      const sizes = await Promise.all(records.map((record) => this.#append(user, record)));
      index.forget(user, current);
      return sizes.reduce((sum, size) => sum + size, 0);
    } finally {
      this.#isCarrying = false;
    }
  }

  #append(user: string, members: string): Promise<number> {
    const { journal, index } = this.#options;
    return new Promise((resolve, refused) => {
      const written = ({ segment, position, bytes }: JournalPosition): void => {
        index.add(segment, user, position, bytes);
        resolve(bytes);
      };
      journal.append(members, { written, refused });
    });
  }
}
