/** The changes of a set of items from one scan to the next. Pure. */

export interface Change<T> {
  readonly change: 'new' | 'changed' | 'gone';
  /** Without its `body` when it is gone. */
  readonly item: T;
}

interface Known {
  /** The item as JSON, without its `body`, to save memory: a body never changes. */
  readonly json: string;
  /** The number of the last scan that found it. */
  scan: number;
}

/** Items are plain data; a property named `body` is not compared, and is optional. */
export class WatchDiff<T extends { readonly body?: string }> {
  readonly #known = new Map<string, Known>();
  #scan = 0;

  /** Items that are remembered. */
  get size(): number {
    return this.#known.size;
  }

  /** The scan has found this item. Undefined if it has not changed since the last one. */
  see(key: string, item: T): Change<T> | undefined {
    const json = JSON.stringify({ ...item, body: undefined });
    const known = this.#known.get(key);
    if (known?.json === json) {
      known.scan = this.#scan;
      return undefined;
    }
    this.#known.set(key, { json, scan: this.#scan });
    return { change: known ? 'changed' : 'new', item };
  }

  /** The scan is complete: the items that it has not found are gone. */
  endScan(): Change<T>[] {
    const gone: Change<T>[] = [];
    for (const [key, { json, scan }] of this.#known) {
      if (scan === this.#scan) continue;
      this.#known.delete(key);
      gone.push({ change: 'gone', item: JSON.parse(json) as T });
    }
    this.#scan++;
    return gone;
  }
}
