/**
 * When the server is asked for the state of own messages: about all of them at login, and about the oldest of each recipient now and
 * then, because a `delivered` can be lost with a server. Only when that one has news, about the others of its recipient. Pure.
 */
import type { Status } from '../../protocol/frames/status.js';
import { CLIENT } from '../limits.js';
import type { MessageRef } from './delivery-tracking.js';

/** Requests about messages that are stored, and not known to be delivered. */
export interface Stored {
  aboutOldest(): readonly Status[];
  aboutAllTo(recipient: string): readonly Status[];
}

export class StatusRequests {
  /** To be sent in this session. */
  #requests: Status[] = [];
  /** By recipient: the id of the oldest message, until there is an answer. */
  readonly #asked = new Map<string, string>();
  #askAt = Number.POSITIVE_INFINITY;
  #pauseMs: number = CLIENT.askAgainMs;

  constructor(private readonly stored: Stored) {}

  online(requests: readonly Status[], now: number): void {
    this.offline();
    this.#requests = [...requests];
    this.#askAt = now + this.#pauseMs;
  }

  offline(): void {
    this.#requests = [];
    this.#asked.clear();
    this.#askAt = Number.POSITIVE_INFINITY;
    this.#pauseMs = CLIENT.askAgainMs;
  }

  add(requests: readonly Status[]): void {
    this.#requests.push(...requests);
  }

  get isEmpty(): boolean {
    return this.#requests.length === 0;
  }

  take(): readonly Status[] {
    const requests = this.#requests;
    if (requests.length > 0) this.#requests = [];
    return requests;
  }

  /** When to call `tick`; Infinity: never. */
  nextDeadline(): number {
    return this.#askAt;
  }

  tick(now: number): void {
    if (now < this.#askAt) return;
    this.#pauseMs = Math.min(this.#pauseMs * 2, CLIENT.askAgainCapMs);
    this.#askAt = now + this.#pauseMs;
    for (const request of this.stored.aboutOldest()) {
      this.#requests.push(request);
      for (const id of request.ids) this.#asked.set(request.to, id);
    }
  }

  /** The server answered that these are not delivered yet. */
  unchanged(to: string, ids: readonly string[]): void {
    const asked = this.#asked.get(to);
    if (asked !== undefined && ids.includes(asked)) this.#asked.delete(to);
  }

  /** A message was delivered, or failed. */
  settled({ id, to }: MessageRef): void {
    if (this.#asked.size === 0 || this.#asked.get(to) !== id) return;
    this.#asked.delete(to);
    this.#requests.push(...this.stored.aboutAllTo(to));
  }
}
