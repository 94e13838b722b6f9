/**
 * Finds the seq of a (sender, id) among all that a mailbox knows: up to 200,000 of them, asked for with every message. A
 * table of hashes by seq; the names themselves stay where they are, so that an id costs 12 bytes here and no object.
 */
import { randomInt } from 'node:crypto';

/** Who can tell whether a message is called so. */
export interface IdSource {
  hasId(seq: number, from: string, id: string): boolean;
}

/** Nobody outside knows these, so nobody can choose ids whose hashes collide. */
const SEED = randomInt(2 ** 32);
const MULTIPLIER = randomInt(2 ** 30) * 4 + 1;

export class IdIndex {
  readonly #names: IdSource;
  /** Hashes by place. A message's place is its seq modulo the capacity: a ring, as seqs are consecutive. */
  #hashes = new Uint32Array(16);
  /** Place + 1 by hash, with linear probing; 0 where nothing is. At most half full. */
  #table = new Uint32Array(32);
  #first: number;
  #length = 0;

  /** `first`: the seq of the first that will be added. */
  constructor(first: number, names: IdSource) {
    this.#first = first;
    this.#names = names;
  }

  get length(): number {
    return this.#length;
  }

  /** The newest, if there are several. */
  seqOf(from: string, id: string): number | undefined {
    let newest: number | undefined;
    const hash = hashOf(from, id);
    const hashes = this.#hashes;
    const table = this.#table;
    const mask = table.length - 1;
    for (let slot = hash & mask; table[slot] !== 0; slot = (slot + 1) & mask) {
      const place = (table[slot] as number) - 1;
      if (hashes[place] !== hash) continue;
      const seq = this.#first + ((place - this.#placeOf(this.#first) + hashes.length) & (hashes.length - 1));
      if (seq > (newest ?? 0) && this.#names.hasId(seq, from, id)) newest = seq;
    }
    return newest;
  }

  /** Adds the next seq. */
  push(from: string, id: string): void {
    if (this.#length === this.#hashes.length) this.#grow();
    const place = this.#placeOf(this.#first + this.#length);
    this.#hashes[place] = hashOf(from, id);
    this.#insert(place);
    this.#length++;
  }

  /** Forgets the first one. */
  shift(): void {
    this.#remove(this.#placeOf(this.#first));
    this.#first++;
    this.#length--;
  }

  /** Forgets the last one. */
  pop(): void {
    this.#length--;
    this.#remove(this.#placeOf(this.#first + this.#length));
  }

  #placeOf(seq: number): number {
    return seq % this.#hashes.length;
  }

  #insert(place: number): void {
    const table = this.#table;
    const mask = table.length - 1;
    let slot = (this.#hashes[place] as number) & mask;
    while (table[slot] !== 0) slot = (slot + 1) & mask;
    table[slot] = place + 1;
  }

  /** Whatever was put further on for want of this slot moves up, so that no search ends before it. */
  #remove(place: number): void {
    const hashes = this.#hashes;
    const table = this.#table;
    const mask = table.length - 1;
    let hole = (hashes[place] as number) & mask;
    while (table[hole] !== place + 1) hole = (hole + 1) & mask;
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
      const place = this.#placeOf(seq);
      this.#hashes[place] = before[seq % before.length] as number;
      this.#insert(place);
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
