/** Items with consecutive numbers: added at the end, found by number, dropped at the front, each at constant cost. */

/** Dropped items are let go of in runs of this many at least, so that dropping one costs nothing. */
const COMPACT_AT = 1024;

export class SeqList<T> {
  #items: (T | undefined)[] = [];
  #head = 0;
  #first: number;

  /** `first`: the number that the first item will have. */
  constructor(first: number) {
    this.#first = first;
  }

  /** The number of the first item, or of the next one if there is none. */
  get first(): number {
    return this.#first;
  }

  /** The number of the next item. */
  get next(): number {
    return this.#first + this.length;
  }

  get length(): number {
    return this.#items.length - this.#head;
  }

  push(item: T): void {
    this.#items.push(item);
  }

  get(seq: number): T | undefined {
    return seq < this.#first ? undefined : this.#items[seq - this.#first + this.#head];
  }

  set(seq: number, item: T): void {
    this.#items[seq - this.#first + this.#head] = item;
  }

  /** Removes the first item. */
  shift(): T | undefined {
    if (this.length === 0) return undefined;
    const item = this.#items[this.#head];
    this.#items[this.#head] = undefined;
    this.#head++;
    this.#first++;
    if (this.#head === this.#items.length) {
      this.#items = [];
      this.#head = 0;
    } else if (this.#head >= COMPACT_AT && this.#head * 2 >= this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return item;
  }

  /** Removes the last item. */
  pop(): T | undefined {
    return this.length === 0 ? undefined : this.#items.pop();
  }

  /** The items with numbers from `from` up to `to`, without `to`. */
  slice(from: number, to: number): T[] {
    const shift = this.#head - this.#first;
    return this.#items.slice(Math.max(from + shift, this.#head), Math.max(to + shift, this.#head)) as T[];
  }
}
