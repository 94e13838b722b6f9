/**
 * Finds the seq of a (sender, id) among the up to 200,000 that a mailbox knows; every new message does a lookup. A hash
 * table of seqs only: sender and id are compared where they are stored, so that an entry costs 12 bytes and no object.
 */
import { randomInt } from 'node:crypto';

/** Where senders and ids are stored. */
export interface IdSource {
  /** Whether the message with this seq has this sender and id. */
  hasId(seq: number, from: string, id: string): boolean;
}

/** Random per process, so that a sender cannot choose ids whose hashes collide. */
const SEED = randomInt(2 ** 32);
const MULTIPLIER = randomInt(2 ** 30) * 4 + 1;

export class IdIndex {
  readonly #source: IdSource;
  /** A ring of hashes, by seq modulo capacity: seqs are consecutive. */
  #hashes = new Uint32Array(16);
  /** A hash table of ring indexes + 1, with linear probing; 0 is empty. At most half full. */
  #table = new Uint32Array(32);
  #first: number;
  #length = 0;

  /** @param first the seq of the first entry that will be added. */
  constructor(first: number, source: IdSource) {
    this.#first = first;
    this.#source = source;
  }

  get length(): number {
    return this.#length;
  }

  /** The seq of this sender and id; the newest if there are several. */
  seqOf(from: string, id: string): number | undefined {
    let newest: number | undefined;
    const hash = hashOf(from, id);
    const hashes = this.#hashes;
    const table = this.#table;
    const mask = table.length - 1;
    for (let slot = hash & mask; table[slot] !== 0; slot = (slot + 1) & mask) {
      const ringIndex = (table[slot] as number) - 1;
      if (hashes[ringIndex] !== hash) continue;
      const seq = this.#first + ((ringIndex - this.#ringIndexOf(this.#first) + hashes.length) & (hashes.length - 1));
      if (seq > (newest ?? 0) && this.#source.hasId(seq, from, id)) newest = seq;
    }
    return newest;
  }

  /** Adds an entry with the next seq. */
  push(from: string, id: string): void {
    if (this.#length === this.#hashes.length) this.#grow();
    const ringIndex = this.#ringIndexOf(this.#first + this.#length);
    this.#hashes[ringIndex] = hashOf(from, id);
    this.#insert(ringIndex);
    this.#length++;
  }

  /** Removes the first entry. */
  shift(): void {
    this.#remove(this.#ringIndexOf(this.#first));
    this.#first++;
    this.#length--;
  }

  /** Removes the last entry. */
  pop(): void {
    this.#length--;
    this.#remove(this.#ringIndexOf(this.#first + this.#length));
  }

  #ringIndexOf(seq: number): number {
    return seq % this.#hashes.length;
  }

  #insert(ringIndex: number): void {
    const table = this.#table;
    const mask = table.length - 1;
    let slot = (this.#hashes[ringIndex] as number) & mask;
    while (table[slot] !== 0) slot = (slot + 1) & mask;
    table[slot] = ringIndex + 1;
  }

  /** Closes the gap in the probe sequence: entries displaced past this slot move back (backward-shift deletion). */
  #remove(ringIndex: number): void {
    const hashes = this.#hashes;
    const table = this.#table;
    const mask = table.length - 1;
    let hole = (hashes[ringIndex] as number) & mask;
    while (table[hole] !== ringIndex + 1) hole = (hole + 1) & mask;
    for (let slot = (hole + 1) & mask; table[slot] !== 0; slot = (slot + 1) & mask) {
      const home = (hashes[(table[slot] as number) - 1] as number) & mask;
      if (((slot - home) & mask) < ((slot - hole) & mask)) continue;
      table[hole] = table[slot] as number;
      hole = slot;
    }
    table[hole] = 0;
  }

  #grow(): void {
    const before = this.#hashes;
    this.#hashes = new Uint32Array(2 * before.length);
    this.#table = new Uint32Array(4 * before.length);
    for (let seq = this.#first; seq < this.#first + this.#length; seq++) {
      const ringIndex = this.#ringIndexOf(seq);
      this.#hashes[ringIndex] = before[seq % before.length] as number;
      this.#insert(ringIndex);
    }
  }
}

function hashOf(from: string, id: string): number {
  let hash = SEED;
  for (let index = 0; index < id.length; index++) hash = Math.imul(hash ^ id.charCodeAt(index), MULTIPLIER);
  for (let index = 0; index < from.length; index++) hash = Math.imul(hash ^ from.charCodeAt(index), MULTIPLIER);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  return (hash ^ (hash >>> 13)) >>> 0;
}
