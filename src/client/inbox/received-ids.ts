/**
 * The messages that a client received last. With them it recognizes a message that comes again under another seq, because
 * the server started a new epoch, and another message under a seq that it knows.
 */
import { crc32 } from 'node:zlib';
import type { Push } from '../../protocol/frames/message.js';
import { CLIENT } from '../limits.js';

/** A received message, without its body. */
export interface ReceivedId {
  readonly epoch: string;
  readonly seq: number;
  readonly from: string;
  readonly id: string;
  /** CRC-32 of the body, of a copy with its target: an id may be used again for another one. */
  readonly crc: number;
}

export class ReceivedIds {
  /** In the order of receiving; from `#head` on. */
  #entries: ReceivedId[];
  #head = 0;
  /** The first entry of the current epoch; from there on, seqs increase. */
  #current: number;
  /** Sender and id → entry, for the entries before `#current`. Built when it is needed. */
  #earlier: Map<string, ReceivedId> | undefined;

  /** @param epoch the current one. */
  constructor(entries: readonly ReceivedId[], epoch: string | undefined) {
    this.#entries = [...entries];
    const isBefore = (entry: ReceivedId, index: number): boolean =>
      entry.epoch !== epoch || entry.seq >= (entries[index + 1]?.seq ?? Number.POSITIVE_INFINITY);
    this.#current = entries.findLastIndex(isBefore) + 1;
  }

  /** The newest message, of the current epoch or of an earlier one. */
  get last(): ReceivedId | undefined {
    return this.#entries.at(-1);
  }

  /** Seqs start again. */
  startEpoch(): void {
    this.#current = this.#entries.length;
    this.#earlier = undefined;
  }

  /** Adds a message with the next seq. Returns whether it was received before, in an earlier epoch. */
  add(epoch: string, push: Push): boolean {
    const entry = toReceivedId(epoch, push);
    const isKnown = this.#current > this.#head && this.#earlierEntries().get(keyOf(entry))?.crc === entry.crc;
    this.#entries.push(entry);
    if (this.#entries.length - this.#head > CLIENT.keptReceivedIds) this.#head++;
    if (this.#head >= CLIENT.keptReceivedIds) this.#compact();
    return isKnown;
  }

  /** Whether another message was received with this seq of the current epoch. */
  isAnother({ seq, from, id }: Push): boolean {
    let low = Math.max(this.#current, this.#head);
    let high = this.#entries.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#entries[middle] as ReceivedId).seq < seq) low = middle + 1;
      else high = middle;
    }
    const entry = this.#entries[low];
    return entry?.seq === seq && (entry.id !== id || entry.from !== from);
  }

  #earlierEntries(): Map<string, ReceivedId> {
    this.#earlier ??= new Map(this.#entries.slice(this.#head, this.#current).map((entry) => [keyOf(entry), entry]));
    return this.#earlier;
  }

  /** Frees the entries before `#head`. */
  #compact(): void {
    this.#entries = this.#entries.slice(this.#head);
    this.#current = Math.max(0, this.#current - this.#head);
    this.#head = 0;
    if (this.#current === 0) this.#earlier = undefined;
  }
}

export const toReceivedId = (epoch: string, { seq, from, id, body, to }: Push): ReceivedId => ({
  epoch,
  seq,
  from,
  id,
  crc: crc32(to === undefined ? body : `${to} ${body}`),
});

const keyOf = ({ from, id }: ReceivedId): string => `${from} ${id}`;
