/** Own messages that are stored but not known to be delivered, up to a limit. After a reconnect the server is asked about them. Pure. */
import type { Status } from '../../protocol/frames/status.js';
import { groupIds } from '../../protocol/group-ids.js';
import { CLIENT } from '../limits.js';

/**
 * Identifies an own message. While it is on its way its id is unique, whatever the recipient: a `stored` frame contains ids
 * without recipients.
 */
export interface MessageRef {
  readonly id: string;
  readonly to: string;
}

export class DeliveryTracking<M extends MessageRef = MessageRef> {
  /** By id, oldest first. */
  readonly #messages = new Map<string, M>();
  /** Iterates over the ids, oldest first. It is kept, because a new iterator would skip over all deleted entries again. */
  #oldest = this.#messages.keys();

  constructor(private readonly limit: number = CLIENT.maxTracked) {}

  get size(): number {
    return this.#messages.size;
  }

  values(): Iterable<M> {
    return this.#messages.values();
  }

  get(id: string): M | undefined {
    return this.#messages.get(id);
  }

  /** Adds a stored message. Beyond the limit it removes the oldest one and returns it. */
  add(message: M): M | undefined {
    this.#messages.set(message.id, message);
    if (this.#messages.size <= this.limit) return undefined;
    for (;;) {
      const { done, value } = this.#oldest.next();
      if (!done) return this.remove(value);
      this.#oldest = this.#messages.keys();
    }
  }

  /** Removes and returns the message with this id to this recipient. */
  take(to: string, id: string): M | undefined {
    return this.#messages.get(id)?.to === to ? this.remove(id) : undefined;
  }

  remove(id: string): M | undefined {
    if (this.#messages.size === 0) return undefined;
    const message = this.#messages.get(id);
    this.#messages.delete(id);
    return message;
  }

  /** `status` frames that ask about all messages; each is about one recipient. */
  statusRequests(): Status[] {
    return requestsAbout(this.#messages.values());
  }

  /** The same about those to one recipient. */
  aboutAllTo(recipient: string): Status[] {
    return requestsAbout([...this.#messages.values()].filter(({ to }) => to === recipient));
  }

  /** The same about the oldest to each recipient. */
  aboutOldest(): Status[] {
    const oldest = new Map<string, M>();
    for (const message of this.#messages.values()) if (!oldest.has(message.to)) oldest.set(message.to, message);
    return requestsAbout(oldest.values());
  }
}

const requestsAbout = (messages: Iterable<MessageRef>): Status[] =>
  groupIds(
    messages,
    ({ to }) => to,
    (to, ids) => ({ type: 'status', to, ids }),
  );
