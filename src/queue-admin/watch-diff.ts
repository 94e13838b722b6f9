/** What has changed between two looks at the same things. Pure. */

type ChangeWord = 'new' | 'changed' | 'gone';

interface Changed<T> {
  readonly change: ChangeWord;
  readonly item: T;
}

interface Known<T> {
  readonly item: T;
  /** What it looked like: another mark, another state. */
  readonly mark: string;
  /** The look at which it was last there. */
  look: number;
}

export class WatchDiff<T> {
  readonly #known = new Map<string, Known<T>>();
  #look = 0;

  /** How many things are remembered. */
  get size(): number {
    return this.#known.size;
  }

  /** It is there. Undefined when it was, and looked the same. */
  see(key: string, mark: string, item: T): Changed<T> | undefined {
    const known = this.#known.get(key);
    if (known?.mark === mark) {
      known.look = this.#look;
      return undefined;
    }
    this.#known.set(key, { item, mark, look: this.#look });
    return { change: known ? 'changed' : 'new', item };
  }

  /** The look is over: what was there before, and is not now. */
  end(): Changed<T>[] {
    const gone: Changed<T>[] = [];
    for (const [key, { item, look }] of this.#known) {
      if (look === this.#look) continue;
      this.#known.delete(key);
      gone.push({ change: 'gone', item });
    }
    this.#look++;
    return gone;
  }
}
