/**
 * The form of a journal segment: one JSON object a line, each with its CRC-32 as the last key (storage 2).
 *
 *     {"segment":7,"format":1,"epoch":"…","lsn":1201,"after":"5d0fc1e2","crc":"…"}    header: the first record here is 1201
 *     {"lsn":1201,"user":"bob","type":"message",…,"crc":"…"}                           record: its crc goes on from the record before
 *     {"synced":1201,"after":"90ab12cd","crc":"…"}                                     seal: all above was on disk before this was written
 *
 * `after` is the crc of the record before, so that header and seal can be verified by themselves. A seal that follows
 * damage proves that the damaged bytes had been on disk: that is how a torn tail and real damage are told apart.
 */
import { crc32 } from 'node:zlib';

export const SEGMENT_FORMAT = 1;

export interface SegmentHeader {
  readonly segment: number;
  readonly format: number;
  /** Names the journal's life: segments of different journals are never mixed. */
  readonly epoch: string;
  /** Of the first record of this segment. */
  readonly lsn: number;
  /** The chain at this point: the crc of the last record of the segment before. */
  readonly after: number;
}

/** How every line ends: the value of `crc` covers all bytes of the line before this. */
const SUFFIX = Buffer.from(',"crc":"00000000"}\n');
export const SUFFIX_BYTES = SUFFIX.length;
const DIGIT_AT = SUFFIX.indexOf('0');
const HEX = Buffer.from('0123456789abcdef');

export const segmentName = (segment: number): string => `${String(segment).padStart(6, '0')}.ndjson`;

/** The number in a segment's name; undefined if this is not one. */
export function segmentNumber(name: string): number | undefined {
  const digits = /^(\d{6,})\.ndjson$/.exec(name)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

const hex = (crc: number): string => crc.toString(16).padStart(8, '0');

export const headerLine = ({ segment, format, epoch, lsn, after }: SegmentHeader): Buffer =>
  sealLine(
    `{"segment":${segment},"format":${format},"epoch":${JSON.stringify(epoch)},"lsn":${lsn},"after":"${hex(after)}"`,
  );

export const syncedLine = (lsn: number, chain: number): Buffer => sealLine(`{"synced":${lsn},"after":"${hex(chain)}"`);

/** A line that is verified by itself: its crc does not go on from another. */
function sealLine(text: string): Buffer {
  const bytes = Buffer.from(text);
  return Buffer.from(`${text},"crc":"${hex(crc32(bytes))}"}\n`);
}

/** Writes the end of a line that begins before `position`; returns the position after it. */
export function writeSuffix(bytes: Buffer, position: number, crc: number): number {
  bytes.set(SUFFIX, position);
  let rest = crc;
  for (let digit = position + DIGIT_AT + 7; digit >= position + DIGIT_AT; digit--) {
    bytes[digit] = HEX[rest & 15] as number;
    rest >>>= 4;
  }
  return position + SUFFIX_BYTES;
}

/** The crc of the line, going on from `chain`, if the line ends with it (its newline included); -1 if it does not. */
export function verify(bytes: Buffer, start: number, end: number, chain: number): number {
  const position = end - SUFFIX_BYTES;
  if (position <= start) return -1;
  const crc = crc32(bytes.subarray(start, position), chain);
  for (let index = 0; index < SUFFIX_BYTES; index++) {
    const digit = index - DIGIT_AT;
    const expected = digit < 0 || digit > 7 ? SUFFIX[index] : HEX[(crc >>> ((7 - digit) * 4)) & 15];
    if (bytes[position + index] !== expected) return -1;
  }
  return crc;
}

const RECORD = Buffer.from('{"lsn":');
const SYNCED = Buffer.from('{"synced":');

/** What a line says it is, by its first bytes. */
export function kindOf(bytes: Buffer, start: number): 'record' | 'seal' | 'other' {
  if (begins(bytes, start, RECORD)) return 'record';
  return begins(bytes, start, SYNCED) ? 'seal' : 'other';
}

/** Where in a line a seal may begin: in the middle, if the newline before it is damaged. -1 if nowhere. */
export function findSeal(bytes: Buffer, start: number, end: number): number {
  const position = bytes.subarray(start, end).indexOf(SYNCED);
  return position < 0 ? -1 : start + position;
}

function begins(bytes: Buffer, start: number, word: Buffer): boolean {
  for (let index = 0; index < word.length; index++) if (bytes[start + index] !== word[index]) return false;
  return true;
}

/** The lsn that a record's line begins with. */
export function lsnOf(bytes: Buffer, start: number): number {
  let lsn = 0;
  for (let index = start + RECORD.length; ; index++) {
    const digit = (bytes[index] as number) - 0x30;
    if (!(digit >= 0 && digit <= 9)) return lsn;
    lsn = lsn * 10 + digit;
  }
}

/** What was handed over of a record: the line without its lsn and its crc. */
export function membersOf(line: Buffer): string {
  return line.toString('utf8', line.indexOf(',') + 1, line.length - SUFFIX_BYTES);
}

/** The fields of a seal or a header that is known to be intact. */
export function parseLine<T>(bytes: Buffer, start: number, end: number): T {
  return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(start, end))) as T; // storage 8
}
