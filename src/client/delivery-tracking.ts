/** Own messages that are stored and not known to be delivered: followed until they are, and asked for after a reconnect. Pure. */
import type { Status } from '../protocol/frames/status.js';
import { groupIds } from '../protocol/group-ids.js';
import { CLIENT } from './limits.js';

/** What the owner keeps of a message. An id is used once at a time, whatever its target: `stored` names ids alone. */
export interface MessageRef {
  readonly id: string;
  readonly to: string;
}

export class DeliveryTracking<H extends MessageRef = MessageRef> {
  /** By id, oldest first. */
  readonly #handles = new Map<string, H>();
  /** Stands at the oldest. Kept: a new one would have to step over all that were removed before it. */
  #oldest = this.#handles.keys();

  get size(): number {
    return this.#handles.size;
  }

  values(): Iterable<H> {
    return this.#handles.values();
  }

  get(id: string): H | undefined {
    return this.#handles.get(id);
  }

  /** It is stored. Returns the oldest if that makes too many: it is no longer followed. */
  add(handle: H): H | undefined {
    this.#handles.set(handle.id, handle);
    if (this.#handles.size <= CLIENT.maxAwaiting) return undefined;
    for (;;) {
      const { done, value } = this.#oldest.next();
      if (!done) return this.remove(value);
      this.#oldest = this.#handles.keys();
    }
  }

  /** It is delivered, or the server does not know it: no longer followed. Undefined when it is not one of these. */
  take(to: string, id: string): H | undefined {
    return this.#handles.get(id)?.to === to ? this.remove(id) : undefined;
  }

  remove(id: string): H | undefined {
    const handle = this.#handles.get(id);
    this.#handles.delete(id);
    return handle;
  }

  /** Questions about the state of all of them, one target a frame. */
  questions(): Status[] {
    return groupIds(
      this.#handles.values(),
      ({ to }) => to,
      (to, ids): Status => ({ type: 'status', to, ids }),
    );
  }
}
