/**
 * The format of a journal segment: one JSON object per line, with its CRC-32 as the last key (storage 2).
 *
 *     {"segment":7,"format":1,"epoch":"…","lsn":1201,"after":"5d0fc1e2","crc":"…"}    header: the first record here is 1201
 *     {"lsn":1201,"user":"bob","type":"message",…,"crc":"…"}                           record: its crc continues the one before
 *     {"synced":1201,"after":"90ab12cd","crc":"…"}                                     seal: everything above was durable before it
 *
 * `after` is the crc of the previous record, so that a header and a seal can be verified on their own. A seal after
 * damaged bytes proves that they were durable once: that distinguishes real damage from a torn tail.
 */
import { crc32 } from 'node:zlib';

export const SEGMENT_FORMAT = 1;

export interface SegmentHeader {
  readonly segment: number;
  readonly format: number;
  /** Identity of the store: a segment with another epoch is not part of this journal. */
  readonly epoch: string;
  /** Of the first record in this segment. */
  readonly lsn: number;
  /** The crc of the last record of the previous segment; 0 in the first one. */
  readonly after: number;
}

/** The end of every line, with a crc of 0: `crc` covers all bytes of the line before this. */
export const SUFFIX = ',"crc":"00000000"}\n';
export const SUFFIX_BYTES = SUFFIX.length;
const SUFFIX_AS_BYTES = Buffer.from(SUFFIX);
const DIGIT_AT = SUFFIX.indexOf('0');
const HEX = Buffer.from('0123456789abcdef');

export const segmentName = (segment: number): string => `${String(segment).padStart(6, '0')}.ndjson`;

/** The number of the segment with this file name; undefined if it is not a segment. */
export function segmentNumber(name: string): number | undefined {
  const digits = /^(\d{6,})\.ndjson$/.exec(name)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/** A crc as it is written. */
export const hex = (crc: number): string => crc.toString(16).padStart(8, '0');

export const headerLine = ({ segment, format, epoch, lsn, after }: SegmentHeader): Buffer =>
  sealLine(
    `{"segment":${segment},"format":${format},"epoch":${JSON.stringify(epoch)},"lsn":${lsn},"after":"${hex(after)}"`,
  );

export const syncedLine = (lsn: number, chain: number): Buffer => sealLine(`{"synced":${lsn},"after":"${hex(chain)}"`);

/** A line with a crc of its own, which does not continue another line's. */
function sealLine(text: string): Buffer {
  const bytes = Buffer.from(text);
  return Buffer.from(`${text},"crc":"${hex(crc32(bytes))}"}\n`);
}

/** Writes the crc into the line that ends before `end`, with SUFFIX. */
export function writeCrc(bytes: Buffer, end: number, crc: number): void {
  const first = end - SUFFIX_BYTES + DIGIT_AT;
  let rest = crc;
  for (let digit = first + 7; digit >= first; digit--) {
    bytes[digit] = HEX[rest & 15] as number;
    rest >>>= 4;
  }
}

/** The crc of the line, continued from `chain`; -1 if the line does not end with it. `end` is after the newline. */
export function verify(bytes: Buffer, start: number, end: number, chain: number): number {
  const position = end - SUFFIX_BYTES;
  if (position <= start) return -1;
  const line = new Uint8Array(bytes.buffer, bytes.byteOffset + start, position - start); // cheaper than subarray
  const crc = crc32(line, chain);
  for (let index = 0; index < SUFFIX_BYTES; index++) {
    const digit = index - DIGIT_AT;
    const expected = digit < 0 || digit > 7 ? SUFFIX_AS_BYTES[index] : HEX[(crc >>> ((7 - digit) * 4)) & 15];
    if (bytes[position + index] !== expected) return -1;
  }
  return crc;
}

const RECORD = Buffer.from('{"lsn":');
const SYNCED = Buffer.from('{"synced":');

/** The kind of a line, by its first bytes. */
export function kindOf(bytes: Buffer, start: number): 'record' | 'seal' | 'other' {
  if (beginsWith(bytes, start, RECORD)) return 'record';
  return beginsWith(bytes, start, SYNCED) ? 'seal' : 'other';
}

/** Where in a line a seal may begin: not at its start if the newline before the seal is damaged. -1 if nowhere. */
export function findSeal(bytes: Buffer, start: number, end: number): number {
  const position = bytes.subarray(start, end).indexOf(SYNCED);
  return position < 0 ? -1 : start + position;
}

/** Whether the bytes at `start` are those of `prefix`. */
export function beginsWith(bytes: Buffer, start: number, prefix: Buffer): boolean {
  for (let index = 0; index < prefix.length; index++) if (bytes[start + index] !== prefix[index]) return false;
  return true;
}

/** The lsn at the start of a record's line. */
export function lsnOf(bytes: Buffer, start: number): number {
  let lsn = 0;
  for (let index = start + RECORD.length; ; index++) {
    const digit = (bytes[index] as number) - 0x30;
    if (!(digit >= 0 && digit <= 9)) return lsn;
    lsn = lsn * 10 + digit;
  }
}

/** The members of a record as they were appended: its line without `lsn` and `crc`. */
export function membersOf(line: Buffer): string {
  return line.toString('utf8', line.indexOf(',') + 1, line.length - SUFFIX_BYTES);
}

const UTF8 = new TextDecoder('utf-8', { fatal: true });

/** Parses a line that has been verified. @throws TypeError when it is not UTF-8, SyntaxError when it is not JSON. */
export function parseLine<T>(bytes: Buffer, start: number, end: number): T {
  return JSON.parse(UTF8.decode(bytes.subarray(start, end))) as T; // storage 8
}
