/**
 * The ids that a mailbox knows, for dedupe (R8): those of messages in flight and kept, and, for each sender, the newest
 * of those that are no longer kept. So another sender's messages, and the clock, never make an id forgotten.
 */
import { quoteJson } from '../protocol/json-quote.js';
import { SeqList } from './seq-list.js';
import { SmallMap } from './small-map.js';

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
  /** By id: the seq of a message in flight or kept, or of a tombstone. The newest, if a purged message was restored. */
  readonly seqs: SmallMap<number>;
  /** The oldest first, so with rising seqs; the position of a tombstone in this list is not its seq. Undefined: none yet. */
  tombstones: SeqList<IdTombstone> | undefined;
  /** Whether an id may have had two messages, of which one was purged and the other restored: otherwise nothing is looked up. */
  hasRestored: boolean;
}

export class KnownIds {
  readonly #maxTombstones: number;
  readonly #senders = new SmallMap<SenderIds>();
  #tombstones = 0;

  /** @param maxTombstones per sender. */
  constructor(maxTombstones: number) {
    this.#maxTombstones = maxTombstones;
  }

  /** The number of tombstones of all senders. */
  get tombstones(): number {
    return this.#tombstones;
  }

  /** The seq of a message in flight or kept, or the tombstone of one that is no longer kept. */
  get(from: string, id: string): number | IdTombstone | undefined {
    const sender = this.#senders.get(from);
    const seq = sender?.seqs.get(id);
    return sender === undefined || seq === undefined ? undefined : (tombstoneOf(sender, seq) ?? seq);
  }

  seqOf(from: string, id: string): number | undefined {
    return this.#senders.get(from)?.seqs.get(id);
  }

  set(from: string, id: string, seq: number): void {
    const sender = this.#sender(from);
    const { size } = sender.seqs;
    sender.seqs.set(id, seq);
    if (sender.seqs.size === size) sender.hasRestored = true;
  }

  delete(from: string, id: string): void {
    const sender = this.#senders.get(from);
    if (sender) this.#delete(sender, from, id);
  }

  #delete({ seqs }: SenderIds, from: string, id: string): void {
    seqs.delete(id);
    if (seqs.size === 0) this.#senders.delete(from);
  }

  /** Adds what an earlier process knew: those of each sender in order. */
  restore(tombstone: IdTombstone): void {
    this.set(tombstone.from, tombstone.id, tombstone.seq);
    this.bury(tombstone);
  }

  /** A message is no longer kept. The oldest tombstone of its sender may be forgotten for it. */
  bury(tombstone: IdTombstone): void {
    const { seq, from, id } = tombstone;
    const sender = this.#sender(from);
    const { seqs } = sender;
    if (sender.hasRestored && (seqs.get(id) ?? seq) > seq) return; // It was purged and restored: only the restored message counts.
    sender.tombstones ??= new SeqList(1);
    const { tombstones } = sender;
    tombstones.push(tombstone);
    this.#tombstones++;
    if (tombstones.length <= this.#maxTombstones) return;
    const oldest = tombstones.shift() as IdTombstone;
    this.#tombstones--;
    if (!sender.hasRestored || seqs.get(oldest.id) === oldest.seq) this.#delete(sender, from, oldest.id);
  }

  /** Forgets all tombstones, and all ids up to this seq. */
  forget(seq: number): void {
    for (const [from, { seqs, tombstones }] of this.#senders.entries()) {
      for (let one = tombstones?.shift(); one; one = tombstones?.shift()) {
        if (seqs.get(one.id) === one.seq) seqs.delete(one.id);
      }
      for (const [id, one] of seqs.entries()) if (one <= seq) seqs.delete(id);
      if (seqs.size === 0) this.#senders.delete(from);
    }
    this.#tombstones = 0;
  }

  /** The tombstone with this seq, of whatever sender. */
  tombstoneAt(seq: number): IdTombstone | undefined {
    for (const [, sender] of this.#senders.entries()) {
      const found = tombstoneOf(sender, seq);
      if (found) return found;
    }
    return undefined;
  }

  /** The tombstones with this id, at most one per sender. */
  find(id: string): IdTombstone[] {
    return [...this.#senders.entries()].flatMap(([, sender]) => tombstoneOf(sender, sender.seqs.get(id) ?? 0) ?? []);
  }

  #sender(from: string): SenderIds {
    let sender = this.#senders.get(from);
    if (!sender) {
      sender = { seqs: new SmallMap(), tombstones: undefined, hasRestored: false };
      this.#senders.set(from, sender);
    }
    return sender;
  }

  /** All tombstones, those of each sender in order. */
  all(): IdTombstone[] {
    const all: IdTombstone[] = [];
    return all.concat(...this.#lists());
  }

  *#lists(): Generator<IdTombstone[]> {
    for (const [, { tombstones }] of this.#senders.entries()) {
      if (tombstones) yield tombstones.slice(tombstones.first, tombstones.next);
    }
  }
}

/** The tombstone with this seq, if the message is no longer kept. */
function tombstoneOf({ tombstones }: SenderIds, seq: number): IdTombstone | undefined {
  if (!tombstones) return undefined;
  let low = tombstones.first;
  let high = tombstones.next;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((tombstones.get(middle) as IdTombstone).seq < seq) low = middle + 1;
    else high = middle;
  }
  const found = tombstones.get(low);
  return found?.seq === seq ? found : undefined;
}

/** A tombstone as a line of the file. */
export function tombstoneLine({ seq, from, id, crc, bytes, purged = false }: IdTombstone): string {
  const rest = purged ? ',"purged":true' : '';
  return `{"seq":${seq},"from":${quoteJson(from)},"id":${quoteJson(id)},"crc":${crc},"bytes":${bytes}${rest}}`;
}
