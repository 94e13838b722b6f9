/** Encodes queued records into the bytes of one write: one line each, with its lsn and its chained checksum. */
import { crc32 } from 'node:zlib';
import { SUFFIX_BYTES, writeSuffix } from './journal-format.js';

interface Batch {
  /** Valid until the next `encode`, which reuses the buffer. */
  readonly bytes: Buffer;
  /** Offset of the first record: after the seal, if there is one. */
  readonly first: number;
  /** Bytes of each record, including its newline. */
  readonly sizes: readonly number[];
  /** The crc of each record. The last one is the `chain` of the next batch. */
  readonly crcs: readonly number[];
  /** UTF-16 units of the texts that were encoded. */
  readonly length: number;
}

/** Owns the buffer in which all batches are built. */
export class BatchEncoder {
  #buffer = Buffer.allocUnsafe(64 * 1024);
  readonly #maxBytes: number;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /**
   * Encodes the first of `texts`: as many as fit into a batch, at least one.
   * @param lsn of the last record before the batch; `chain` is its crc.
   * @param seal written before the first record. @param allowed bytes after which the batch takes no more records.
   */
  encode(
    texts: readonly string[],
    lsn: number,
    chain: number,
    seal: Buffer | undefined,
    allowed = Number.POSITIVE_INFINITY,
  ): Batch {
    const maxBytes = Math.min(this.#maxBytes, allowed);
    this.#reserve(0, seal?.length ?? 0);
    const first = seal?.copy(this.#buffer) ?? 0;
    const sizes: number[] = [];
    const crcs: number[] = [];
    let length = 0;
    let crc = chain;
    let position = first;
    while (sizes.length < texts.length && (sizes.length === 0 || position < maxBytes)) {
      const text = texts[sizes.length] as string;
      const line = `{"lsn":${lsn + sizes.length + 1},${text}`;
      this.#reserve(position, line.length * 3 + SUFFIX_BYTES); // A UTF-16 unit is at most 3 bytes of UTF-8.
      const end = position + this.#buffer.write(line, position);
      crc = crc32(this.#buffer.subarray(position, end), crc);
      const next = writeSuffix(this.#buffer, end, crc);
      sizes.push(next - position);
      crcs.push(crc);
      length += text.length;
      position = next;
    }
    return { bytes: this.#buffer.subarray(0, position), first, sizes, crcs, length };
  }

  /** Grows the buffer so that it has `bytes` bytes after `position`. */
  #reserve(position: number, bytes: number): void {
    if (position + bytes <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafe(Math.max(2 * this.#buffer.length, position + bytes));
    this.#buffer.copy(larger, 0, 0, position);
    this.#buffer = larger;
  }
}
