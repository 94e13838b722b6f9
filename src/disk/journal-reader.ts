/** Reads journal segments and verifies every byte of them. Nothing here writes: readers use it beside a running server (storage 12). */
import { join } from 'node:path';
import type { Files, ReadableFile } from '../io/files.js';
import { Damaged, errorCode, FileMissing, NewerFormat } from './disk-errors.js';
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

/** A record as it stands in a chunk of a segment. Reused from call to call. */
export interface RecordLine {
  /** The segment. */
  readonly path: string;
  readonly lsn: number;
  readonly bytes: Buffer;
  /** The line in `bytes`, its newline included. */
  readonly start: number;
  readonly end: number;
  /** Where the line begins in the segment. */
  readonly position: number;
}

export interface SegmentVisitor {
  /** Once, first. `bytes`: the length of the header's line. */
  header?(header: SegmentHeader, bytes: number): void;
  /** For each record, in order. Must not keep the bytes. */
  record?(line: RecordLine): void;
  /** For each run of verified bytes after the header, in order; awaited. Must not keep the bytes. */
  run?(bytes: Buffer): Promise<void>;
}

/** Where a journal was found to end. */
export interface ScanEnd {
  readonly header: SegmentHeader;
  /** Of the last record; of the one before the header's, if the segment has none. */
  readonly lsn: number;
  /** The crc of that record. */
  readonly chain: number;
  /** Length of what is intact. */
  readonly bytes: number;
  /** Set when bytes follow that are not intact, and nothing says that they ever were on disk. */
  readonly torn: string | undefined;
}

export interface SegmentPlace {
  readonly files: Pick<Files, 'open'>;
  readonly folder: string;
  readonly segment: number;
  /** The epoch that the segment has to be of. */
  readonly epoch: string;
}

interface ScanOptions extends SegmentPlace {
  /** The last segment of the journal may end in the middle of what was being written (storage 2). */
  readonly last: boolean;
  /** The segment before, which this one has to go on from. */
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
      throw new Damaged(path, 0, 'it does not go on from the segment before');
    }
    visitor.header?.(header, bytes);
    const scan = new Scan(path, header, bytes, visitor);
    const unfinished = await scan.readAll(file);
    return scan.finish(unfinished, last);
  });

/** The header alone. @throws as `scanSegment`. */
export const readHeader = (place: SegmentPlace): Promise<SegmentHeader> =>
  withSegment(place, async (file, path) => (await readHeaderLine(file, path, place)).header);

async function withSegment<T>(place: SegmentPlace, use: (file: ReadableFile, path: string) => Promise<T>): Promise<T> {
  const path = join(place.folder, segmentName(place.segment));
  const file = await openSegment(place.files, path);
  try {
    return await use(file, path);
  } finally {
    await file.close();
  }
}

async function openSegment(files: Pick<Files, 'open'>, path: string): Promise<ReadableFile> {
  try {
    return await files.open(path);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') throw new FileMissing(path);
    throw error;
  }
}

/** A header was durable before its segment counted: if it is not intact, that is no torn tail. */
async function readHeaderLine(
  file: ReadableFile,
  path: string,
  { segment, epoch }: SegmentPlace,
): Promise<{ header: SegmentHeader; bytes: number }> {
  const start = await file.read(0, MAX_HEADER_BYTES);
  const bytes = start.indexOf(0x0a) + 1;
  if (verify(start, 0, bytes, 0) < 0) throw new Damaged(path, 0, 'its header is not intact');
  const { after, ...header } = parseLine<Omit<SegmentHeader, 'after'> & { after: string }>(start, 0, bytes);
  if (header.format > SEGMENT_FORMAT) throw new NewerFormat(path, header.format, SEGMENT_FORMAT);
  if (header.segment !== segment || header.epoch !== epoch)
    throw new Damaged(path, 0, 'it is a segment of another journal');
  return { header: { ...header, after: Number.parseInt(after, 16) }, bytes };
}

/** One reading of one segment. */
class Scan {
  #position: number;
  #lsn: number;
  #chain: number;
  /** What is wrong at #position; from there on only seals are looked for. */
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

  /** Whether the last line has no end. */
  async readAll(file: ReadableFile): Promise<boolean> {
    let offset = this.#position;
    for (let length = CHUNK_BYTES; ; ) {
      const chunk = await file.read(offset, length);
      const whole = chunk.lastIndexOf(0x0a) + 1; // storage 8
      if (whole === 0 && chunk.length === length) {
        length *= 2;
        continue;
      }
      if (whole > 0) await this.#readLines(chunk.subarray(0, whole), offset);
      offset += whole;
      if (chunk.length < length) return chunk.length > whole;
      length = CHUNK_BYTES;
    }
  }

  finish(unfinished: boolean, last: boolean): ScanEnd {
    if (unfinished) this.#damage ??= 'the last line has no end';
    if (this.#damage && !last) throw new Damaged(this.path, this.#position, this.#damage);
    return { header: this.header, lsn: this.#lsn, chain: this.#chain, bytes: this.#position, torn: this.#damage };
  }

  async #readLines(chunk: Buffer, offset: number): Promise<void> {
    const line = { path: this.path, lsn: 0, bytes: chunk, start: 0, end: 0, position: 0 };
    for (let start = 0; start < chunk.length; start = line.end) {
      line.start = start;
      line.end = chunk.indexOf(0x0a, start) + 1;
      line.position = offset + start;
      this.#damage ??= kindOf(chunk, start) === 'seal' ? this.#readSeal(line) : this.#readRecord(line);
      if (this.#damage) this.#lookForSeal(chunk, start, line.end);
      else this.#position = offset + line.end;
    }
    if (this.#position > offset) await this.visitor.run?.(chunk.subarray(0, this.#position - offset));
  }

  /** Undefined when it is what has to come next; otherwise what is wrong with it. */
  #readRecord(line: { lsn: number } & RecordLine): string | undefined {
    const { bytes, start, end } = line;
    const crc = verify(bytes, start, end, this.#chain);
    if (crc < 0) return 'the checksum of a line does not match';
    if (kindOf(bytes, start) !== 'record' || lsnOf(bytes, start) !== this.#lsn + 1) return 'a record is out of place';
    this.#lsn++;
    this.#chain = crc;
    line.lsn = this.#lsn;
    this.visitor.record?.(line);
    return undefined;
  }

  #readSeal({ bytes, start, end }: RecordLine): string | undefined {
    if (verify(bytes, start, end, 0) < 0) return 'the checksum of a line does not match';
    const { after } = parseLine<{ after: string }>(bytes, start, end);
    return Number.parseInt(after, 16) === this.#chain ? undefined : 'a seal is out of place';
  }

  /** Damage before a seal is no torn tail: the seal was written after an fdatasync of all that stands above it. */
  #lookForSeal(bytes: Buffer, start: number, end: number): void {
    const seal = findSeal(bytes, start, end);
    if (seal < 0 || verify(bytes, seal, end, 0) < 0) return;
    throw new Damaged(this.path, this.#position, this.#damage ?? 'it is not intact');
  }
}
