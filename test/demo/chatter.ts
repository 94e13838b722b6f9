/** One side of the chat in the demo of a cluster: sends numbered messages, and notes what comes and when. */
import { join } from 'node:path';
import { type Client, connect } from '../../src/client/api/client.js';

/** Messages that are sent before the server has answered the oldest of them. */
const WINDOW = 20;

export class Chatter {
  /** Bodies, in the order in which they were shown. */
  readonly received: string[] = [];
  /** Bodies, in the order in which they were sent. */
  readonly sent: string[] = [];
  isOnline = false;
  /** How often the connection was lost. */
  losses = 0;
  readonly #client: Client;
  #stored = 0;
  readonly #waiting = new Set<() => void>();

  constructor(
    readonly user: string,
    { url, token, folder }: { readonly url: string; readonly token: string; readonly folder: string },
  ) {
    const onMessage = ({ body }: { body: string }): void => {
      this.received.push(body);
      this.#changed();
    };
    this.#client = connect({ url, user, token, stateFolder: join(folder, `state of ${user}`), onMessage });
    this.#client.subscribe((event) => {
      if (event.type === 'online') this.isOnline = true;
      if (event.type === 'offline') {
        if (this.isOnline) this.losses++;
        this.isOnline = false;
      }
      this.#changed();
    });
  }

  /** Messages that the server has confirmed. */
  get stored(): number {
    return this.#stored;
  }

  /** Resolves when it holds. Asked again after each change. */
  until(holds: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const check = (): void => {
        if (!holds()) return;
        this.#waiting.delete(check);
        resolve();
      };
      this.#waiting.add(check);
      check();
    });
  }

  /** Sends so many more. Resolves when the server has confirmed each, and `to` has shown each. */
  async chat(to: Chatter, count: number): Promise<void> {
    for (let left = count; left > 0; left--) {
      await this.until(() => this.sent.length - this.#stored < WINDOW);
      const body = `${this.user} ${this.sent.length + 1}`;
      const message = this.#client.send(to.user, body);
      this.sent.push(body);
      void message.stored.then(() => {
        this.#stored++;
        this.#changed();
      });
    }
    await this.until(() => this.#stored === this.sent.length);
    await to.until(() => to.received.length >= this.sent.length);
  }

  close(): Promise<void> {
    return this.#client.close();
  }

  #changed(): void {
    for (const check of this.#waiting) check();
  }
}
