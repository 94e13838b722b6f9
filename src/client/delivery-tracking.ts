/** Own messages that are stored but not known to be delivered, up to a limit. After a reconnect the server is asked about them. Pure. */
import type { Status } from '../protocol/frames/status.js';
import { WIRE } from '../protocol/limits.js';
import { CLIENT } from './limits.js';

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
    if (this.#messages.size <= CLIENT.maxTracked) return undefined;
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
    const message = this.#messages.get(id);
    this.#messages.delete(id);
    return message;
  }

  /** `status` frames that ask about all messages; each is about one recipient. */
  statusRequests(): Status[] {
    const idsByRecipient = new Map<string, string[]>();
    for (const { to, id } of this.#messages.values()) {
      const ids = idsByRecipient.get(to);
      if (ids) ids.push(id);
      else idsByRecipient.set(to, [id]);
    }
    const frames: Status[] = [];
    for (const [to, ids] of idsByRecipient) {
      for (let first = 0; first < ids.length; first += WIRE.maxIdsPerFrame) {
        frames.push({ type: 'status', to, ids: ids.slice(first, first + WIRE.maxIdsPerFrame) });
      }
    }
    return frames;
  }
}
