/**
 * A map of ids to seqs, for the up to 10,000 ids and more that a mailbox knows of a sender. A Map of strings misses the CPU cache
 * several times for each lookup; here most are decided by the hashes, which lie together. Entries cost no object.
 */
import { randomInt } from 'node:crypto';

/** Random per process, so that a sender cannot choose ids whose hashes collide. */
const SEED = randomInt(2 ** 32);
const MULTIPLIER = randomInt(2 ** 30) * 4 + 1;

/** Slots of the first table. Doubled when three quarters are used. */
const FIRST_SLOTS = 8;

export class IdIndex {
  /** As long as there is only one id: most mailboxes have one sender with one message. */
  #id: string | undefined;
  #seq = 0;
  /** By slot, with linear probing; a hash of 0 is an empty slot. */
  #hashes: Uint32Array | undefined;
  #ids: string[] = NONE;
  #seqs: number[] = NONE;
  #size = 0;
  /** The last hash: after `get` follows `set`. */
  #hashedId = '';
  #hash = 0;

  get size(): number {
    return this.#size;
  }

  get(id: string): number | undefined {
    if (this.#hashes === undefined) return id === this.#id ? this.#seq : undefined;
    const slot = this.#find(this.#hashes, this.#hashOf(id), id);
    return this.#hashes[slot] === 0 ? undefined : this.#seqs[slot];
  }

  /** Returns whether the id is new. */
  set(id: string, seq: number): boolean {
    if (this.#hashes === undefined) {
      const isNew = this.#id !== id;
      if (this.#id === undefined || !isNew) {
        this.#id = id;
        this.#seq = seq;
        this.#size = 1;
        return isNew;
      }
      this.#grow(FIRST_SLOTS);
    } else if (this.#size * 4 >= this.#hashes.length * 3) this.#grow(this.#hashes.length * 2);
    const hash = this.#hashOf(id);
    const hashes = this.#hashes as unknown as Uint32Array;
    const slot = this.#find(hashes, hash, id);
    const isNew = hashes[slot] === 0;
    if (isNew) {
      hashes[slot] = hash;
      this.#ids[slot] = id;
      this.#size++;
    }
    this.#seqs[slot] = seq;
    return isNew;
  }

  delete(id: string): void {
    const hashes = this.#hashes;
    if (hashes === undefined) {
      if (id !== this.#id) return;
      this.#id = undefined;
      this.#size = 0;
      return;
    }
    let hole = this.#find(hashes, this.#hashOf(id), id);
    if (hashes[hole] === 0) return;
    this.#size--;
    // Entries that were displaced past this slot move back, so that they are still found.
    const mask = hashes.length - 1;
    for (let slot = (hole + 1) & mask; hashes[slot] !== 0; slot = (slot + 1) & mask) {
      const home = (hashes[slot] as number) & mask;
      if (((slot - home) & mask) < ((slot - hole) & mask)) continue;
      hashes[hole] = hashes[slot] as number;
      this.#ids[hole] = this.#ids[slot] as string;
      this.#seqs[hole] = this.#seqs[slot] as number;
      hole = slot;
    }
    hashes[hole] = 0;
    this.#ids[hole] = '';
  }

  /** In any order. The map must not change meanwhile. */
  *entries(): Generator<[id: string, seq: number]> {
    if (this.#hashes === undefined) {
      if (this.#id !== undefined) yield [this.#id, this.#seq];
      return;
    }
    for (let slot = 0; slot < this.#hashes.length; slot++)
      if (this.#hashes[slot] !== 0) yield [this.#ids[slot] as string, this.#seqs[slot] as number];
  }

  /** The slot of the id, or the empty one where it belongs. */
  #find(hashes: Uint32Array, hash: number, id: string): number {
    const mask = hashes.length - 1;
    let slot = hash & mask;
    while (hashes[slot] !== 0 && (hashes[slot] !== hash || this.#ids[slot] !== id)) slot = (slot + 1) & mask;
    return slot;
  }

  /** Moves all entries, with the hashes that they have: a hash costs a look at the whole id, which is seldom in the CPU cache. */
  #grow(slots: number): void {
    const hashes = new Uint32Array(slots);
    const ids = new Array<string>(slots).fill('');
    const seqs = new Array<number>(slots).fill(0);
    const mask = slots - 1;
    const place = (hash: number, id: string, seq: number): void => {
      let slot = hash & mask;
      while (hashes[slot] !== 0) slot = (slot + 1) & mask;
      hashes[slot] = hash;
      ids[slot] = id;
      seqs[slot] = seq;
    };
    if (this.#hashes === undefined) {
      if (this.#id !== undefined) place(this.#hashOf(this.#id), this.#id, this.#seq);
    } else {
      for (let slot = 0; slot < this.#hashes.length; slot++) {
        const hash = this.#hashes[slot] as number;
        if (hash !== 0) place(hash, this.#ids[slot] as string, this.#seqs[slot] as number);
      }
    }
    this.#hashes = hashes;
    this.#ids = ids;
    this.#seqs = seqs;
    this.#id = undefined;
  }

  /** Never 0. */
  #hashOf(id: string): number {
    if (id === this.#hashedId && this.#hash !== 0) return this.#hash;
    let hash = SEED;
    for (let index = 0; index < id.length; index++) hash = Math.imul(hash ^ id.charCodeAt(index), MULTIPLIER);
    hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
    this.#hashedId = id;
    this.#hash = (hash ^ (hash >>> 13)) >>> 0 || 1;
    return this.#hash;
  }
}

/** Of all indexes with one id. */
const NONE: never[] = [];
