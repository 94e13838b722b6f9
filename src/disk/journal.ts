/**
 * The journal's writer: records are handed over synchronously and become durable in batches, one fdatasync a batch
 * (storage 1). A full disk refuses a batch and leaves no trace of it; any other failure ends the journal (storage 3).
 */

import type { Clock } from '../io/clock.js';
import type { Files } from '../io/files.js';
import type { Bounds } from '../protocol/limits.js';
import { type ActiveSegment, createSegment } from './active-segment.js';
import { BatchEncoder } from './batch-encoder.js';
import { CannotWrite, type DiskBroken, isTemporary, toDiskBroken } from './disk-errors.js';
import { syncedLine } from './journal-format.js';
import { writeAll } from './json-file.js';
import { JOURNAL } from './limits.js';

/** Who handed over a record is told once what became of it. Must not throw. */
export interface AppendListener {
  /** It is on disk. Called in the order of the lsn. */
  written(place: JournalPosition): void;
  /** Nothing of it was kept (CannotWrite), or nobody knows (DiskBroken). Called in reverse order: the last one first. */
  refused(error: CannotWrite | DiskBroken): void;
}

/** Where a record is. Reused from call to call: copy what you keep. */
export interface JournalPosition {
  readonly lsn: number;
  readonly segment: number;
  /** First byte of its line, and the line's length with its newline. */
  readonly position: number;
  readonly bytes: number;
}

export interface JournalOptions {
  readonly files: Files;
  readonly folder: string;
  readonly clock: Pick<Clock, 'defer' | 'monotonic'>;
  readonly limits?: Pick<Bounds<typeof JOURNAL>, 'maxQueuedBytes' | 'maxBatchBytes' | 'fullDiskRetryMs'>;
  /** Called after each batch that became durable: how many records shared the fdatasync, and how long write and fdatasync took. */
  readonly onBatch?: (records: number, ms: number) => void;
  /** Called once, when the disk has failed: the owner has to end. */
  readonly onBroken: (error: DiskBroken) => void;
}

interface Rotation {
  readonly begun: (end: ActiveSegment) => Promise<void>;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

export class Journal {
  readonly #options: JournalOptions;
  readonly #limits: NonNullable<JournalOptions['limits']>;
  #end: ActiveSegment;
  /** What is on disk, and how long the file is with the seal that may follow it. All else can be taken back. */
  #durable: { lsn: number; chain: number; bytes: number };
  #texts: string[] = [];
  #entries: AppendListener[] = [];
  #queuedLength = 0;
  readonly #encoder: BatchEncoder;
  /** A header or a seal stands at the end. */
  #sealed = true;
  #running: Promise<void> | undefined;
  #rotation: Rotation | undefined;
  #held = false;
  #refusesUntil = 0;
  #broken: DiskBroken | undefined;
  #closed = false;

  constructor(end: ActiveSegment, options: JournalOptions) {
    this.#options = options;
    this.#limits = options.limits ?? JOURNAL;
    this.#end = end;
    this.#durable = { lsn: end.lsn, chain: end.chain, bytes: end.bytes };
    this.#encoder = new BatchEncoder(this.#limits.maxBatchBytes);
  }

  /** Of the last record that is on disk. */
  get durableLsn(): number {
    return this.#durable.lsn;
  }

  /** Length of the segment that is being written. */
  get segmentBytes(): number {
    return this.#durable.bytes;
  }

  get segment(): number {
    return this.#end.segment;
  }

  /** The disk has failed: no file of this journal may be trusted to be on disk, nor synced again (storage 3). */
  get isBroken(): boolean {
    return this.#broken !== undefined;
  }

  /**
   * Takes a record: the members of a JSON object, without its braces and without `lsn` and `crc`. The entry is told when
   * it is on disk; at once, if it is refused.
   */
  append(members: string, entry: AppendListener): void {
    const refusal = this.#refusal();
    if (refusal) {
      entry.refused(refusal);
      return;
    }
    this.#texts.push(members);
    this.#entries.push(entry);
    this.#queuedLength += members.length;
    this.#wake();
  }

  /** Takes records as before, but writes none until `release`: the journal must not grow further for now. */
  hold(): void {
    this.#held = true;
  }

  release(): void {
    if (!this.#held) return;
    this.#held = false;
    if (this.#entries.length > 0) this.#wake();
  }

  /** A disk that failed elsewhere: nothing can be promised any longer here either (storage 3). */
  fail(cause: unknown): void {
    if (!this.#broken) this.#break(cause);
  }

  /** Everything handed over so far is on disk, or refused, when this resolves. Not while the journal is held. */
  async flush(): Promise<void> {
    while (this.#running) await this.#running;
  }

  /**
   * Goes on in a new segment, between two batches. `begun` is awaited before the first record goes there: what it writes
   * down about the new segment is durable earlier than the segment's records. @throws CannotWrite: it goes on in the old one.
   */
  rotate(begun: (end: ActiveSegment) => Promise<void>): Promise<void> {
    return new Promise((resolve, reject) => {
      const refusal = this.#rotation ? new CannotWrite('the journal is being rotated') : this.#refusal();
      if (refusal) return reject(refusal);
      this.#rotation = { begun, resolve, reject };
      this.#wake();
    });
  }

  /** Writes what was handed over, and lets go of the file. Afterwards everything is refused. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.release();
    await this.flush();
    if (!this.#broken) await this.#end.file.close();
  }

  #refusal(): CannotWrite | DiskBroken | undefined {
    if (this.#broken) return this.#broken;
    if (this.#closed) return new CannotWrite('the journal is closed');
    if (this.#queuedLength > this.#limits.maxQueuedBytes) return new CannotWrite('too much waits for the disk');
    if (this.#refusesUntil > 0 && this.#options.clock.monotonic() < this.#refusesUntil) {
      return new CannotWrite('the disk is full');
    }
    return undefined;
  }

  /** What gathers until the end of this turn shares one fdatasync. */
  #wake(): void {
    this.#running ??= new Promise((resolve) => {
      this.#options.clock.defer(() => {
        this.#run().then(resolve);
      });
    });
  }

  get #hasWork(): boolean {
    return !this.#broken && (this.#rotation !== undefined || (this.#entries.length > 0 && !this.#held));
  }

  async #run(): Promise<void> {
    try {
      while (this.#hasWork) {
        if (this.#rotation) await this.#rotate(this.#rotation);
        else await this.#writeBatch();
        if (this.#hasWork) await new Promise<void>((resolve) => this.#options.clock.defer(resolve));
        else if (!this.#sealed) await this.#seal();
      }
    } catch (error) {
      this.fail(error);
    } finally {
      this.#running = undefined;
    }
  }

  /** One buffer, written until all of it is taken, one fdatasync, then the entries are told (storage 1). */
  async #writeBatch(): Promise<void> {
    const { lsn, chain, bytes } = this.#durable;
    const seal = this.#sealed ? undefined : syncedLine(lsn, chain);
    const batch = this.#encoder.encode(this.#texts, lsn, chain, seal);
    const begun = this.#options.clock.monotonic();
    if (!(await this.#write(batch.bytes))) return;
    await this.#end.file.datasync(); // R14
    const ms = this.#options.clock.monotonic() - begun;
    const entries = this.#entries.splice(0, batch.sizes.length);
    this.#texts.splice(0, batch.sizes.length);
    this.#queuedLength -= batch.length;
    const place = { lsn, segment: this.#end.segment, position: bytes + batch.first, bytes: 0 };
    this.#durable = { lsn: lsn + entries.length, chain: batch.chain, bytes: bytes + batch.bytes.length };
    this.#sealed = false;
    for (let index = 0; index < entries.length; index++) {
      place.lsn++;
      place.bytes = batch.sizes[index] as number;
      (entries[index] as AppendListener).written(place);
      place.position += place.bytes;
    }
    this.#options.onBatch?.(entries.length, ms);
  }

  /** False: the disk was full, the file is as it was, and all that waited has been refused (storage 3). */
  async #write(bytes: Buffer): Promise<boolean> {
    const { file } = this.#end;
    try {
      await writeAll(file, bytes);
      return true;
    } catch (error) {
      if (!isTemporary(error)) throw error;
      await file.truncate(this.#durable.bytes);
      await file.sync(); // What is refused must not come back after a loss of power.
      this.#refusesUntil = this.#options.clock.monotonic() + this.#limits.fullDiskRetryMs;
      this.#refuseAll(new CannotWrite('the disk is full', { cause: error }));
      return false;
    }
  }

  /** Says of what is on disk that it was: at the head of the next batch, or here, when nothing follows soon. */
  async #seal(): Promise<void> {
    const seal = syncedLine(this.#durable.lsn, this.#durable.chain);
    if (!(await this.#write(seal))) return;
    this.#durable = { ...this.#durable, bytes: this.#durable.bytes + seal.length };
    this.#sealed = true;
  }

  async #rotate({ begun, resolve, reject }: Rotation): Promise<void> {
    const { file, segment, epoch } = this.#end;
    const { lsn, chain } = this.#durable;
    await file.datasync(); // The seal, too: only the last segment may have a torn end.
    try {
      this.#end = await createSegment(this.#options, segment + 1, { epoch, lsn, chain }, begun);
    } catch (error) {
      if (!isTemporary(error)) throw error;
      this.#rotation = undefined;
      reject(new CannotWrite('there is no room for a new segment', { cause: error }));
      return;
    }
    this.#durable = { lsn, chain, bytes: this.#end.bytes };
    this.#sealed = true;
    await file.close();
    this.#rotation = undefined;
    resolve();
  }

  /** Nothing is written from now on: after a failed fsync nobody knows what is on disk (storage 3). */
  #break(cause: unknown): void {
    this.#broken = toDiskBroken(cause);
    this.#rotation?.reject(this.#broken);
    this.#refuseAll(this.#broken);
    this.#options.onBroken(this.#broken);
  }

  #refuseAll(error: CannotWrite | DiskBroken): void {
    const entries = this.#entries;
    this.#entries = [];
    this.#texts = [];
    this.#queuedLength = 0;
    for (const entry of entries.reverse()) entry.refused(error);
  }
}
