/** A list of items with consecutive seqs: push, get and shift in constant time. */

/** Shifted items are freed once there are this many, so that a single shift need not copy the list. */
const COMPACT_AT = 1024;

/** Of all empty lists. */
const NONE: never[] = [];

export class SeqList<T> {
  #items: (T | undefined)[] = NONE;
  #head = 0;
  #first: number;

  /** @param first the seq of the first item that will be added. */
  constructor(first: number) {
    this.#first = first;
  }

  /** The seq of the first item, or of the next one if the list is empty. */
  get first(): number {
    return this.#first;
  }

  /** The seq of the next item that will be added. */
  get next(): number {
    return this.#first + this.length;
  }

  get length(): number {
    return this.#items.length - this.#head;
  }

  push(item: T): void {
    // An array that grows from nothing has room for 17 items, and most lists of most mailboxes have one.
    if (this.#items.length === 0)
      this.#items = [item]; // never into NONE
    else this.#items.push(item);
  }

  get(seq: number): T | undefined {
    return seq < this.#first ? undefined : this.#items[seq - this.#first + this.#head];
  }

  /** Replaces the item with this seq, which must exist. */
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
      this.#items = NONE;
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

  /** The items with seqs from `from` up to, but not including, `to`. */
  slice(from: number, to: number): T[] {
    const shift = this.#head - this.#first;
    return this.#items.slice(Math.max(from + shift, this.#head), Math.max(to + shift, this.#head)) as T[];
  }
}
