/** Encodes queued records into the bytes of one write: one line each, with its lsn and its chained checksum. */
import { crc32 } from 'node:zlib';
import { SUFFIX, SUFFIX_BYTES, writeCrc } from './journal-format.js';

const NEWLINE = 0x0a;

/** The records of one entry of the queue. */
export interface EncodedEntry {
  /** Bytes of each record, including its newline, and their sum. */
  readonly sizes: readonly number[];
  readonly bytes: number;
  /** Of the last record. */
  readonly crc: number;
}

interface Batch {
  /** Valid until the next `encode`, which reuses the buffer. */
  readonly bytes: Buffer;
  /** Offset of the first record: after the seal, if there is one. */
  readonly first: number;
  readonly entries: readonly EncodedEntry[];
  /** How many records there are in all. */
  readonly records: number;
  /** The crc of the last record: the `chain` of the next batch. */
  readonly chain: number;
}

/** Owns the buffer in which all batches are built. */
export class BatchEncoder {
  #buffer = Buffer.allocUnsafe(64 * 1024);
  readonly #maxBytes: number;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /**
   * Encodes the first of `queue`: as many as fit into a batch, at least one, and each with all its records.
   * @param lsn of the last record before the batch; `chain` is its crc.
   * @param seal written before the first record. @param allowed bytes after which the batch takes no more entries.
   */
  encode(
    queue: readonly { readonly records: readonly string[] }[],
    lsn: number,
    chain: number,
    seal: Buffer | undefined,
    allowed = Number.POSITIVE_INFINITY,
  ): Batch {
    const maxBytes = Math.min(this.#maxBytes, allowed);
    this.#reserve(0, seal?.length ?? 0);
    const first = seal?.copy(this.#buffer) ?? 0;
    const entries: EncodedEntry[] = [];
    let records = 0;
    let crc = chain;
    let position = first;
    for (const entry of queue) {
      if (entries.length > 0 && position >= maxBytes) break;
      let text = '';
      for (const record of entry.records) text += `{"lsn":${lsn + ++records},${record}${SUFFIX}`;
      const start = position;
      this.#reserve(start, text.length * 3); // A UTF-16 unit is at most 3 bytes of UTF-8.
      const end = start + this.#buffer.write(text, start); // One write for all of them: each call costs more than its bytes.
      const sizes: number[] = [];
      while (position < end) {
        const next = this.#buffer.indexOf(NEWLINE, position) + 1;
        crc = crc32(this.#buffer.subarray(position, next - SUFFIX_BYTES), crc);
        writeCrc(this.#buffer, next, crc);
        sizes.push(next - position);
        position = next;
      }
      entries.push({ sizes, bytes: end - start, crc });
    }
    return { bytes: this.#buffer.subarray(0, position), first, entries, records, chain: crc };
  }

  /** Grows the buffer so that it has `bytes` bytes after `position`. */
  #reserve(position: number, bytes: number): void {
    if (position + bytes <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafe(Math.max(2 * this.#buffer.length, position + bytes));
    this.#buffer.copy(larger, 0, 0, position);
    this.#buffer = larger;
  }
}
