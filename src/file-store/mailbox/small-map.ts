/** A map that mostly has one entry: a Map takes 180 bytes even if it is empty, and there are many mailboxes. Pure. */

export class SmallMap<V> {
  #key: string | undefined;
  #value: V | undefined;
  /** All entries, once there were two. */
  #map: Map<string, V> | undefined; // storage 9: a Map, never {}

  get size(): number {
    if (this.#map) return this.#map.size;
    return this.#key === undefined ? 0 : 1;
  }

  get(key: string): V | undefined {
    if (this.#map) return this.#map.get(key);
    return key === this.#key ? this.#value : undefined;
  }

  set(key: string, value: V): void {
    if (!this.#map && (this.#key === undefined || this.#key === key)) {
      this.#key = key;
      this.#value = value;
      return;
    }
    if (!this.#map) {
      this.#map = new Map([[this.#key as string, this.#value as V]]);
      this.#key = undefined;
      this.#value = undefined;
    }
    this.#map.set(key, value);
  }

  delete(key: string): void {
    this.#map?.delete(key);
    if (this.#key !== key) return;
    this.#key = undefined;
    this.#value = undefined;
  }

  clear(): void {
    this.#key = undefined;
    this.#value = undefined;
    this.#map = undefined;
  }

  /** In the order in which they were added. Entries may be deleted meanwhile. */
  *entries(): Generator<[string, V]> {
    if (this.#map) yield* this.#map;
    else if (this.#key !== undefined) yield [this.#key, this.#value as V];
  }
}
