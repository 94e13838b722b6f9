/** Reads journal segments and verifies every byte. Read-only, so that it may run beside a server (storage 12). */
import { join } from 'node:path';
import type { Files, ReadableFile } from '../io/files.js';
import { Damaged, NewerFormat } from './disk-errors.js';
import {
  findSeal,
  kindOf,
  lsnOf,
  parseLine,
  SEGMENT_FORMAT,
  type SegmentHeader,
  segmentName,
  verify,
} from './journal-format.js';
import { openExisting } from './json-file.js';

/** The line of a record, within a chunk of a segment. Reused for the next record. */
export interface RecordLine {
  /** Of the segment. */
  readonly path: string;
  readonly lsn: number;
  readonly bytes: Buffer;
  /** The line in `bytes`, including its newline. */
  readonly start: number;
  readonly end: number;
  /** Start of the line in the segment. */
  readonly position: number;
}

export interface SegmentVisitor {
  /** Called for each record, in order. Must not keep the bytes. */
  record?(line: RecordLine): void;
  /** Called and awaited for each chunk of verified lines after the header, in order. Must not keep the bytes. */
  chunk?(bytes: Buffer, position: number): Promise<void>;
}

/** Where the intact part of a segment ends. */
export interface ScanEnd {
  readonly header: SegmentHeader;
  /** Of the last record; of the previous segment's last one if this segment has none. */
  readonly lsn: number;
  /** The crc of that record. */
  readonly chain: number;
  /** Length of the intact part. */
  readonly bytes: number;
  /** Whether that ends with a header or a seal. */
  readonly isSealed: boolean;
  /** Set if damaged bytes follow that, as far as known, never were durable: what is wrong with them. */
  readonly torn: string | undefined;
}

/** A segment, and the epoch it must have. */
export interface SegmentRef {
  readonly files: Pick<Files, 'open'>;
  readonly folder: string;
  readonly segment: number;
  readonly epoch: string;
}

interface ScanOptions extends SegmentRef {
  /** Only the last segment of a journal may have a torn tail (storage 2). */
  readonly last: boolean;
  /** The end of the previous segment, which this one must continue. */
  readonly before?: ScanEnd | undefined;
}

const CHUNK_BYTES = 1024 * 1024;
const MAX_HEADER_BYTES = 4096;

/** @throws Damaged, naming file and byte; FileMissing; NewerFormat. */
export const scanSegment = (options: ScanOptions, visitor: SegmentVisitor = {}): Promise<ScanEnd> =>
  withSegment(options, async (file, path) => {
    const { header, bytes } = await readHeaderLine(file, path, options);
    const { before, last } = options;
    if (before && (before.lsn !== header.lsn - 1 || before.chain !== header.after)) {
      throw new Damaged(path, 0, 'it does not continue the previous segment');
    }
    const scan = new Scan(path, header, bytes, visitor);
    return scan.finish(await scan.readAll(file), last);
  });

/** Reads the header only. @throws as `scanSegment`. */
export const readHeader = (segment: SegmentRef): Promise<SegmentHeader> =>
  withSegment(segment, async (file, path) => (await readHeaderLine(file, path, segment)).header);

async function withSegment<T>(
  { files, folder, segment }: SegmentRef,
  use: (file: ReadableFile, path: string) => Promise<T>,
): Promise<T> {
  const path = join(folder, segmentName(segment));
  const file = await openExisting(files, path);
  try {
    return await use(file, path);
  } finally {
    await file.close();
  }
}

/** A header is durable before its segment is listed: a damaged one is never a torn tail. */
async function readHeaderLine(
  file: ReadableFile,
  path: string,
  { segment, epoch }: SegmentRef,
): Promise<{ header: SegmentHeader; bytes: number }> {
  const start = await file.read(0, MAX_HEADER_BYTES);
  const bytes = start.indexOf(0x0a) + 1;
  if (verify(start, 0, bytes, 0) < 0) throw new Damaged(path, 0, 'its header is damaged');
  const { after, ...header } = parseLine<Omit<SegmentHeader, 'after'> & { after: string }>(start, 0, bytes);
  if (header.format > SEGMENT_FORMAT) throw new NewerFormat(path, header.format, SEGMENT_FORMAT);
  if (header.segment !== segment || header.epoch !== epoch) throw new Damaged(path, 0, 'it belongs to another journal');
  return { header: { ...header, after: Number.parseInt(after, 16) }, bytes };
}

/** One scan of one segment. */
class Scan {
  #position: number;
  #lsn: number;
  #chain: number;
  #isSealed = true;
  /** What is wrong at #position. From there on only a seal matters. */
  #damage: string | undefined;

  constructor(
    readonly path: string,
    readonly header: SegmentHeader,
    headerBytes: number,
    readonly visitor: SegmentVisitor,
  ) {
    this.#position = headerBytes;
    this.#lsn = header.lsn - 1;
    this.#chain = header.after;
  }

  /** Returns whether the last line is incomplete. */
  async readAll(file: ReadableFile): Promise<boolean> {
    let offset = this.#position;
    let length = CHUNK_BYTES;
    for (let reading = file.read(offset, length); ; ) {
      const chunk = await reading;
      const whole = chunk.lastIndexOf(0x0a) + 1; // storage 8
      const isLast = chunk.length < length;
      const lines = { bytes: chunk.subarray(0, whole), offset };
      offset += whole;
      length = whole === 0 ? length * 2 : CHUNK_BYTES;
      // The next chunk is read while this one is verified. Both have ended before an error of either is thrown: the file is closed then.
      if (!isLast) reading = file.read(offset, length);
      const [, verified] = await Promise.allSettled([reading, whole > 0 && this.#readLines(lines.bytes, lines.offset)]);
      if (verified.status === 'rejected') throw verified.reason;
      if (isLast) return chunk.length > whole;
    }
  }

  finish(isIncomplete: boolean, last: boolean): ScanEnd {
    if (isIncomplete) this.#damage ??= 'the last line is incomplete';
    if (this.#damage && !last) throw new Damaged(this.path, this.#position, this.#damage);
    return {
      header: this.header,
      lsn: this.#lsn,
      chain: this.#chain,
      bytes: this.#position,
      isSealed: this.#isSealed,
      torn: this.#damage,
    };
  }

  async #readLines(chunk: Buffer, offset: number): Promise<void> {
    const line = { path: this.path, lsn: 0, bytes: chunk, start: 0, end: 0, position: 0 };
    for (let start = 0; start < chunk.length; start = line.end) {
      line.start = start;
      line.end = chunk.indexOf(0x0a, start) + 1;
      line.position = offset + start;
      this.#damage ??= kindOf(chunk, start) === 'seal' ? this.#readSeal(line) : this.#readRecord(line);
      if (this.#damage) this.#rejectIfSealed(chunk, start, line.end);
      else this.#position = offset + line.end;
    }
    if (this.#position > offset) await this.visitor.chunk?.(chunk.subarray(0, this.#position - offset), offset);
  }

  /** Undefined if it is the next record; otherwise what is wrong with it. */
  #readRecord(line: { lsn: number } & RecordLine): string | undefined {
    const { bytes, start, end } = line;
    const crc = verify(bytes, start, end, this.#chain);
    if (crc < 0) return 'the checksum of a line does not match';
    if (kindOf(bytes, start) !== 'record' || lsnOf(bytes, start) !== this.#lsn + 1) return 'a record is out of place';
    this.#lsn++;
    this.#chain = crc;
    this.#isSealed = false;
    line.lsn = this.#lsn;
    this.visitor.record?.(line);
    return undefined;
  }

  #readSeal({ bytes, start, end }: RecordLine): string | undefined {
    if (verify(bytes, start, end, 0) < 0) return 'the checksum of a line does not match';
    const { after } = parseLine<{ after: string }>(bytes, start, end);
    if (Number.parseInt(after, 16) !== this.#chain) return 'a seal is out of place';
    this.#isSealed = true;
    return undefined;
  }

  /** Damage before a seal is no torn tail: everything above a seal was durable when it was written. @throws Damaged */
  #rejectIfSealed(bytes: Buffer, start: number, end: number): void {
    const seal = findSeal(bytes, start, end);
    if (seal < 0 || verify(bytes, seal, end, 0) < 0) return;
    throw new Damaged(this.path, this.#position, this.#damage ?? 'it is damaged');
  }
}
