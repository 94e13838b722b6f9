/**
 * The writer of a journal, with group commit: `append` queues a record, and a batch of them shares one write and one
 * fdatasync (storage 1). A full disk refuses a batch and leaves no trace of it; any other failure breaks the journal
 * for good (storage 3).
 */
import type { Clock } from '../io/clock.js';
import type { Files } from '../io/files.js';
import type { Bounds } from '../protocol/limits.js';
import { type ActiveSegment, createSegment } from './active-segment.js';
import { BatchEncoder, type EncodedEntry } from './batch-encoder.js';
import { CannotWrite, DiskBroken, isTemporary, toDiskBroken } from './disk-errors.js';
import { syncedLine } from './journal-format.js';
import type { JournalEnd } from './journal-recovery.js';
import { writeAll } from './json-file.js';
import { JOURNAL } from './limits.js';

/** Called once for the records of one `append`. Must not throw. */
export interface AppendListener {
  /** The records are durable. Called in the order of the lsns. */
  written(place: JournalPlace): void;
  /** No record was kept (CannotWrite), or that is unknown (DiskBroken). Called for the newest records first. */
  refused(error: CannotWrite | DiskBroken): void;
}

/** Where the records of one `append` are. Reused for the next: copy what you keep, but `sizes`. */
export interface JournalPlace {
  /** Of the last record. */
  readonly lsn: number;
  readonly crc: number;
  readonly segment: number;
  /** First byte of the first record. */
  readonly position: number;
  /** Bytes of each record, including its newline. The next one follows at once. */
  readonly sizes: readonly number[];
}

/** The records of one `append`. */
interface Entry {
  readonly records: readonly string[];
  readonly listener: AppendListener;
  /** UTF-16 units of the records. */
  readonly length: number;
}

export interface SegmentSize {
  readonly bytes: number;
  readonly records: number;
}

export interface JournalOptions {
  readonly files: Files;
  readonly folder: string;
  readonly clock: Pick<Clock, 'defer' | 'monotonic'>;
  readonly limits?: Pick<Bounds<typeof JOURNAL>, 'maxQueuedBytes' | 'maxBatchBytes' | 'fullDiskRetryMs'>;
  /** Called after each durable batch: how many records it had, and how long write and fdatasync took together. */
  readonly onBatch?: (records: number, ms: number) => void;
  /** Called once, when the disk has failed: the owner has to stop. */
  readonly onBroken: (error: DiskBroken) => void;
  /** The disk is full, called for each write that is refused; or has space again after it was full. */
  readonly onFull?: (isFull: boolean, cause?: unknown) => void;
}

interface Rotation {
  readonly prepare: (created: ActiveSegment) => Promise<void>;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

const NO_SIZES: readonly number[] = [];

export class Journal {
  readonly #options: JournalOptions;
  readonly #limits: NonNullable<JournalOptions['limits']>;
  #end: ActiveSegment;
  /** The last durable record, and the length of the file with it and its seal: a failed write is truncated to that. */
  #durable: { lsn: number; chain: number; bytes: number };
  #queue: Entry[] = [];
  #queuedLength = 0;
  /** When the queue was last empty, or became shorter; ms, monotonic. */
  #progressAt = 0;
  readonly #encoder: BatchEncoder;
  /** Whether the file ends with a header or a seal. */
  #sealed: boolean;
  #running: Promise<void> | undefined;
  #rotation: Rotation | undefined;
  /** Bytes that may still be written; see `allow`. */
  #allowed = Number.POSITIVE_INFINITY;
  /** After a full disk: no write before this time (monotonic). */
  #refusesUntil = 0;
  #broken: DiskBroken | undefined;
  #closed = false;

  constructor(end: ActiveSegment, options: JournalOptions) {
    this.#options = options;
    this.#limits = options.limits ?? JOURNAL;
    this.#end = end;
    this.#sealed = end.isSealed;
    this.#durable = { lsn: end.lsn, chain: end.chain, bytes: end.bytes };
    this.#encoder = new BatchEncoder(this.#limits.maxBatchBytes);
  }

  /** The last durable record. */
  get end(): JournalEnd {
    const { lsn, chain } = this.#durable;
    return { lsn, chain };
  }

  /** The durable part of the active segment. */
  get active(): SegmentSize {
    return { bytes: this.#durable.bytes, records: this.#durable.lsn - this.#end.firstLsn + 1 };
  }

  /** The number of the active segment. */
  get segment(): number {
    return this.#end.segment;
  }

  /** Since when records wait without any of them becoming durable; ms, monotonic. Undefined if none waits. */
  get waitingSince(): number | undefined {
    return this.#queue.length > 0 ? this.#progressAt : undefined;
  }

  /** The disk has failed: what is durable is unknown, and no file of this journal may be synced again (storage 3). */
  get isBroken(): boolean {
    return this.#broken !== undefined;
  }

  /**
   * Queues records, which are written together: of each the members of a JSON object, without its braces and without `lsn` and
   * `crc`. `written` or `refused` is called later; `refused` at once if the journal takes no records now. After a loss of power the
   * first of them may be there without the others, as long as `written` was not called.
   */
  append(records: readonly string[], listener: AppendListener): void {
    const refusal = this.#refusal();
    if (refusal) {
      listener.refused(refusal);
      return;
    }
    if (this.#queue.length === 0) this.#progressAt = this.#options.clock.monotonic();
    let length = 0;
    for (const record of records) length += record.length;
    this.#queue.push({ records, listener, length });
    this.#queuedLength += length;
    this.#wake();
  }

  /**
   * From now on writes so many bytes, or a few more; further records are queued. 0: the journal is held. Called when it
   * must not grow faster than others make it shorter.
   */
  allow(bytes: number): void {
    this.#allowed = bytes;
    if (bytes > 0 && this.#queue.length > 0) this.#wake();
  }

  /** Breaks the journal after a failure elsewhere on the same disk (storage 3). */
  fail(cause: unknown): void {
    if (!this.#broken) this.#break(cause);
  }

  /** Resolves when every record appended so far is durable or refused; records of a held journal stay queued. */
  async flush(): Promise<void> {
    while (this.#running) await this.#running;
  }

  /**
   * Switches to a new segment, between two batches.
   * @param prepare awaited before the first record is written there: makes durable that the new segment counts.
   * @throws CannotWrite: the journal stays in the old segment; DiskBroken.
   */
  rotate(prepare: (created: ActiveSegment) => Promise<void>): Promise<void> {
    return new Promise((resolve, reject) => {
      const refusal = this.#rotation ? new CannotWrite('the journal is being rotated') : this.#refusal();
      if (refusal) return reject(refusal);
      this.#rotation = { prepare, resolve, reject };
      this.#wake();
    });
  }

  /** Writes the queued records and closes the file. Later records are refused. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.allow(Number.POSITIVE_INFINITY);
    await this.flush();
    if (!this.#broken) await this.#end.file.close();
  }

  #refusal(): CannotWrite | DiskBroken | undefined {
    if (this.#broken) return this.#broken;
    if (this.#closed) return new CannotWrite('the journal is closed');
    if (this.#queuedLength > this.#limits.maxQueuedBytes) return new CannotWrite('too much is queued for the disk');
    if (this.#refusesUntil > 0 && this.#options.clock.monotonic() < this.#refusesUntil) {
      return new CannotWrite('the disk is full');
    }
    return undefined;
  }

  /**
   * Starts the writer at the end of this turn of the event loop: all records of the turn share one fdatasync. The next batch, of
   * what came meanwhile, starts at once: the disk works while the turn answers the batch before.
   */
  #wake(): void {
    this.#running ??= new Promise((resolve) => {
      this.#options.clock.defer(() => {
        this.#run().then(resolve);
      });
    });
  }

  get #hasWork(): boolean {
    return !this.#broken && (this.#rotation !== undefined || (this.#queue.length > 0 && this.#allowed > 0));
  }

  async #run(): Promise<void> {
    try {
      while (this.#hasWork) {
        if (this.#rotation) await this.#rotate(this.#rotation);
        else await this.#writeBatch();
        if (!this.#hasWork && !this.#sealed) await this.#seal();
      }
    } catch (error) {
      this.fail(error);
    } finally {
      this.#running = undefined;
    }
  }

  /** One buffer, written completely, one fdatasync, and only then the listeners (storage 1). */
  async #writeBatch(): Promise<void> {
    const { lsn, chain, bytes } = this.#durable;
    const seal = this.#sealed ? undefined : syncedLine(lsn, chain);
    const batch = this.#encoder.encode(this.#queue, lsn, chain, seal, this.#allowed);
    const startedAt = this.#options.clock.monotonic();
    if (!(await this.#write(batch.bytes))) return;
    await this.#sync(bytes + batch.bytes.length); // R14: durable before anybody is answered
    this.#progressAt = this.#options.clock.monotonic();
    const ms = this.#progressAt - startedAt;
    const entries = this.#queue.splice(0, batch.entries.length);
    for (const entry of entries) this.#queuedLength -= entry.length;
    this.#allowed -= batch.bytes.length;
    const place = { lsn, crc: chain, segment: this.#end.segment, position: bytes + batch.first, sizes: NO_SIZES };
    this.#durable = { lsn: lsn + batch.records, chain: batch.chain, bytes: bytes + batch.bytes.length };
    this.#sealed = false;
    for (let index = 0; index < entries.length; index++) {
      const { sizes, crc, bytes: length } = batch.entries[index] as EncodedEntry;
      place.lsn += sizes.length;
      place.crc = crc;
      place.sizes = sizes;
      (entries[index] as Entry).listener.written(place);
      place.position += length;
    }
    this.#options.onBatch?.(batch.records, ms);
  }

  /**
   * Makes the batch durable, and checks that its file is still the one that the next start will read: somebody may have
   * removed or replaced the folder, or written over the file.
   * @param size of the file with this batch.
   */
  async #sync(size: number): Promise<void> {
    const { file, path, identity } = this.#end;
    await file.datasync();
    const found = this.#options.files.identify(path);
    if (found?.id !== identity) throw new DiskBroken(`${path} was removed or replaced while it was in use`);
    if (found?.size !== size) throw new DiskBroken(`${path} was changed by somebody else while it was in use`);
  }

  /** Returns false on a full disk: the file is as before, and all queued records have been refused (storage 3). */
  async #write(bytes: Buffer): Promise<boolean> {
    const { file } = this.#end;
    try {
      await writeAll(file, bytes);
      if (this.#refusesUntil > 0) {
        this.#refusesUntil = 0;
        this.#options.onFull?.(false);
      }
      return true;
    } catch (error) {
      if (!isTemporary(error)) throw error;
      await file.truncate(this.#durable.bytes);
      await file.sync(); // A refused record must not reappear after a loss of power.
      this.#options.onFull?.(true, error);
      this.#refusesUntil = this.#options.clock.monotonic() + this.#limits.fullDiskRetryMs;
      this.#refuseAll(new CannotWrite('the disk is full', { cause: error }));
      return false;
    }
  }

  /** Marks everything above as durable. Part of the next batch, or written here if no batch follows. */
  async #seal(): Promise<void> {
    const seal = syncedLine(this.#durable.lsn, this.#durable.chain);
    if (!(await this.#write(seal))) return;
    this.#durable = { ...this.#durable, bytes: this.#durable.bytes + seal.length };
    this.#sealed = true;
  }

  async #rotate({ prepare, resolve, reject }: Rotation): Promise<void> {
    const { file, segment, epoch } = this.#end;
    const { lsn, chain } = this.#durable;
    await file.datasync(); // The seal, too: only the last segment may have a torn tail.
    try {
      this.#end = await createSegment(this.#options, segment + 1, { epoch, lsn, chain }, prepare);
    } catch (error) {
      if (!isTemporary(error)) throw error;
      this.#rotation = undefined;
      reject(new CannotWrite('no space for a new segment', { cause: error }));
      return;
    }
    this.#durable = { lsn, chain, bytes: this.#end.bytes };
    this.#sealed = true;
    await file.close();
    this.#rotation = undefined;
    resolve();
  }

  /** Nothing is written from now on: after a failed fsync it is unknown what is durable (storage 3). */
  #break(cause: unknown): void {
    this.#broken = toDiskBroken(cause);
    this.#rotation?.reject(this.#broken);
    this.#refuseAll(this.#broken);
    this.#options.onBroken(this.#broken);
  }

  #refuseAll(error: CannotWrite | DiskBroken): void {
    const entries = this.#queue;
    this.#queue = [];
    this.#queuedLength = 0;
    for (const { listener } of entries.reverse()) listener.refused(error);
  }
}
