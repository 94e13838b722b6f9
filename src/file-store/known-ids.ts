/**
 * The ids that a mailbox knows, for dedupe (R8): those of messages in flight and kept, and, for each sender, the newest
 * of those that are no longer kept. So another sender's messages, and the clock, never make an id forgotten.
 */
import { quoteJson } from '../protocol/json-quote.js';
import { SeqList } from './seq-list.js';

/** What is left of a message that is no longer kept. */
export interface IdTombstone {
  readonly seq: number;
  readonly from: string;
  readonly id: string;
  /** CRC-32 of the body: together with its length it detects an id that is reused for another body. */
  readonly crc: number;
  /** The body's length in UTF-8. */
  readonly bytes: number;
  /** True if it was purged; otherwise it was delivered. */
  readonly purged?: boolean;
}

interface SenderIds {
  /** By id: the seq of a message in flight or kept, or a tombstone. The newest, if a purged message was restored. */
  readonly known: Map<string, number | IdTombstone>;
  /** The oldest first; the number of a tombstone in this list is not a seq. */
  readonly tombstones: SeqList<IdTombstone>;
}

export class KnownIds {
  readonly #maxTombstones: number;
  readonly #senders = new Map<string, SenderIds>(); // storage 9: a Map, never {}
  #tombstones = 0;

  /** @param maxTombstones per sender. */
  constructor(maxTombstones: number) {
    this.#maxTombstones = maxTombstones;
  }

  /** The number of tombstones of all senders. */
  get tombstones(): number {
    return this.#tombstones;
  }

  get(from: string, id: string): number | IdTombstone | undefined {
    return this.#senders.get(from)?.known.get(id);
  }

  seqOf(from: string, id: string): number | undefined {
    const known = this.get(from, id);
    return typeof known === 'object' ? known.seq : known;
  }

  set(from: string, id: string, known: number | IdTombstone): void {
    let sender = this.#senders.get(from);
    if (!sender) {
      sender = { known: new Map(), tombstones: new SeqList(1) };
      this.#senders.set(from, sender);
    }
    sender.known.set(id, known);
  }

  delete(from: string, id: string): void {
    const sender = this.#senders.get(from);
    sender?.known.delete(id);
    if (sender?.known.size === 0) this.#senders.delete(from);
  }

  /** A message is no longer kept. The oldest tombstone of its sender may be forgotten for it. */
  bury(tombstone: IdTombstone): void {
    const { seq, from, id } = tombstone;
    const newest = this.seqOf(from, id) ?? seq;
    if (newest > seq) return; // It was purged and restored: only the restored message counts.
    this.set(from, id, tombstone);
    const sender = this.#senders.get(from) as SenderIds;
    sender.tombstones.push(tombstone);
    this.#tombstones++;
    if (sender.tombstones.length <= this.#maxTombstones) return;
    const oldest = sender.tombstones.shift() as IdTombstone;
    this.#tombstones--;
    if (sender.known.get(oldest.id) === oldest) this.delete(from, oldest.id);
  }

  /** Forgets all ids up to this seq. */
  forget(seq: number): void {
    for (const [from, { known, tombstones }] of this.#senders) {
      while (tombstones.length > 0) tombstones.shift();
      for (const [id, one] of known) if (typeof one === 'object' || one <= seq) known.delete(id);
      if (known.size === 0) this.#senders.delete(from);
    }
    this.#tombstones = 0;
  }

  /** The tombstones with this id, at most one per sender. */
  find(id: string): IdTombstone[] {
    return [...this.#senders.values()].flatMap(({ known }) => {
      const found = known.get(id);
      return typeof found === 'object' ? [found] : [];
    });
  }

  /** All tombstones, those of each sender in order. */
  all(): IdTombstone[] {
    return [...this.#senders.values()].flatMap(({ tombstones }) => tombstones.slice(tombstones.first, tombstones.next));
  }
}

/** A tombstone as a line of the file. */
export function tombstoneLine({ seq, from, id, crc, bytes, purged = false }: IdTombstone): string {
  const rest = purged ? ',"purged":true' : '';
  return `{"seq":${seq},"from":${quoteJson(from)},"id":${quoteJson(id)},"crc":${crc},"bytes":${bytes}${rest}}`;
}
