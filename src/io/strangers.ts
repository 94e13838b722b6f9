/** Connections that have not logged in, by network: who has to leave when there are too many. */

export interface StrangerLimits {
  /** In total. */
  readonly max: number;
  /** Of one network, see `networkOf`. */
  readonly maxPerNetwork: number;
}

export class Strangers<T> {
  /** By network, the oldest first. */
  readonly #networks = new Map<string, Set<T>>();
  #size = 0;

  constructor(private readonly limits: StrangerLimits) {}

  get size(): number {
    return this.#size;
  }

  countOf(network: string): number {
    return this.#networks.get(network)?.size ?? 0;
  }

  /**
   * Adds a stranger. Returns one that has to leave for it, already removed: the oldest of its network if that has too many, or
   * the oldest of the network that has the most. So many connections from one network cannot push out one from another.
   */
  add(network: string, stranger: T): T | undefined {
    const strangers = this.#networks.get(network) ?? new Set();
    this.#networks.set(network, strangers.add(stranger));
    this.#size++;
    if (strangers.size > this.limits.maxPerNetwork) return this.#takeOldest(network, strangers);
    return this.#size > this.limits.max ? this.#takeOldest(...this.#largest()) : undefined;
  }

  /** Does nothing if it is not here any more. */
  remove(network: string, stranger: T): void {
    const strangers = this.#networks.get(network);
    if (!strangers?.delete(stranger)) return;
    this.#size--;
    if (strangers.size === 0) this.#networks.delete(network);
  }

  #takeOldest(network: string, strangers: ReadonlySet<T>): T | undefined {
    for (const oldest of strangers) {
      this.remove(network, oldest);
      return oldest;
    }
    return undefined;
  }

  /** Of several with as many: the one that came first. */
  #largest(): [string, Set<T>] {
    let largest: [string, Set<T>] = ['', new Set()];
    for (const each of this.#networks) if (each[1].size > largest[1].size) largest = each;
    return largest;
  }
}
