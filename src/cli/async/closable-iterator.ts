/** An async iterator that can be closed while a read is pending, such as one on a pipe that the writer keeps open. */

export class ClosableIterator<T> {
  readonly #source: AsyncIterator<T>;
  #isClosed = false;
  #endWait: () => void = () => undefined;

  constructor(source: AsyncIterable<T>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  /** The next item; undefined at the end of the source, or once closed. Rejects as the source does. */
  next(): Promise<T | undefined> {
    if (this.#isClosed) return Promise.resolve(undefined);
    return new Promise((resolve, reject) => {
      this.#endWait = () => resolve(undefined);
      this.#source.next().then(({ done, value }) => resolve(done ? undefined : value), reject);
    });
  }

  /** Resolves a pending `next` with undefined, and all later ones. */
  close(): void {
    this.#isClosed = true;
    this.#endWait();
  }
}
