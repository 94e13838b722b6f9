/**
 * The ids that a mailbox knows, for dedupe (R8): those of messages in flight and kept, and, for each sender, the newest
 * of those that are no longer kept. So another sender's messages, and the clock, never make an id forgotten.
 */
import type { IdTombstone } from '../../store/mailbox-contents.js';
import { IdIndex } from './id-index.js';
import { SmallMap } from './small-map.js';
import { Tombstones } from './tombstones.js';

interface SenderIds {
  /** By id: the seq of a message in flight or kept, or of a tombstone. The newest, if a message was restored. */
  readonly seqs: IdIndex;
  /** Undefined: none yet. */
  tombstones: Tombstones | undefined;
  /** Whether an id may have had two messages, of which one was purged or parked, and the other restored: otherwise nothing is looked up. */
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
    return sender === undefined || seq === undefined ? undefined : (sender.tombstones?.find(seq) ?? seq);
  }

  seqOf(from: string, id: string): number | undefined {
    return this.#senders.get(from)?.seqs.get(id);
  }

  set(from: string, id: string, seq: number): void {
    const sender = this.#sender(from);
    if (!sender.seqs.set(id, seq)) sender.hasRestored = true;
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
    if (sender.hasRestored && (seqs.get(id) ?? seq) > seq) return; // It was restored: only the restored message counts.
    sender.tombstones ??= new Tombstones(from);
    const { tombstones } = sender;
    tombstones.push(tombstone);
    this.#tombstones++;
    if (tombstones.length <= this.#maxTombstones) return;
    const { oldestId, oldestSeq } = tombstones;
    tombstones.shift();
    this.#tombstones--;
    if (!sender.hasRestored || seqs.get(oldestId) === oldestSeq) this.#delete(sender, from, oldestId);
  }

  /** Forgets all tombstones, and all ids up to this seq. */
  forget(seq: number): void {
    for (const [from, sender] of this.#senders.entries()) {
      const { seqs } = sender;
      for (const one of sender.tombstones?.all() ?? []) if (seqs.get(one.id) === one.seq) seqs.delete(one.id);
      sender.tombstones = undefined;
      for (const [id, one] of [...seqs.entries()]) if (one <= seq) seqs.delete(id);
      if (seqs.size === 0) this.#senders.delete(from);
    }
    this.#tombstones = 0;
  }

  /** The tombstone with this seq, of whatever sender. */
  tombstoneAt(seq: number): IdTombstone | undefined {
    for (const [, sender] of this.#senders.entries()) {
      const found = sender.tombstones?.find(seq);
      if (found) return found;
    }
    return undefined;
  }

  /** The tombstones with this id, at most one per sender. */
  find(id: string): IdTombstone[] {
    return [...this.#senders.entries()].flatMap(
      ([, sender]) => sender.tombstones?.find(sender.seqs.get(id) ?? 0) ?? [],
    );
  }

  #sender(from: string): SenderIds {
    let sender = this.#senders.get(from);
    if (!sender) {
      sender = { seqs: new IdIndex(), tombstones: undefined, hasRestored: false };
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
      if (tombstones) yield tombstones.all();
    }
  }
}
