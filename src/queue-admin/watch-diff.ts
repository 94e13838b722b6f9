/** Finds what is new, changed or gone between two listings of the same items. Pure. */

interface Changed<T> {
  readonly change: 'new' | 'changed' | 'gone';
  readonly item: T;
}

interface Known<T> {
  readonly item: T;
  readonly mark: string;
  /** The last listing that contained it. */
  listing: number;
}

export class WatchDiff<T> {
  readonly #known = new Map<string, Known<T>>();
  #listing = 0;

  /** How many items are remembered. */
  get size(): number {
    return this.#known.size;
  }

  /** The current listing contains the item. Undefined if the last one did, too, with the same mark. */
  see(key: string, mark: string, item: T): Changed<T> | undefined {
    const known = this.#known.get(key);
    if (known?.mark === mark) {
      known.listing = this.#listing;
      return undefined;
    }
    this.#known.set(key, { item, mark, listing: this.#listing });
    return { change: known ? 'changed' : 'new', item };
  }

  /** The listing is complete. Returns the items of the last one that it did not contain. */
  end(): Changed<T>[] {
    const gone: Changed<T>[] = [];
    for (const [key, { item, listing }] of this.#known) {
      if (listing === this.#listing) continue;
      this.#known.delete(key);
      gone.push({ change: 'gone', item });
    }
    this.#listing++;
    return gone;
  }
}
