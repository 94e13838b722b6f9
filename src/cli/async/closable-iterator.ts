/** What is read in portions, until there is no more, or until nobody wants more: a pipe that stays open waits for neither. */

export class ClosableIterator<T> {
  readonly #source: AsyncIterator<T>;
  #isClosed = false;
  #endWait: () => void = () => undefined;

  constructor(source: AsyncIterable<T>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  /** The next portion; undefined at the end, or when it was closed meanwhile. Rejects as the source does. */
  next(): Promise<T | undefined> {
    if (this.#isClosed) return Promise.resolve(undefined);
    return new Promise((resolve, reject) => {
      this.#endWait = () => resolve(undefined);
      this.#source.next().then(({ done, value }) => resolve(done ? undefined : value), reject);
    });
  }

  /** No more is wanted: who waits for a portion gets none. */
  close(): void {
    this.#isClosed = true;
    this.#endWait();
  }
}
