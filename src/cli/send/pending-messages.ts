/** The messages of one `im send` that have not yet reached what they have to. Pure. */
import { SENDING } from './send-limits.js';
import type { Sent } from './send-report.js';

/** A message on its way. */
export interface Pending extends Sent {
  /** When it was handed to the client, on the clock that never goes back. */
  readonly sentAt: number;
  /** Of its body. */
  readonly units: number;
}

export class PendingMessages {
  /** By id, oldest first; the same below. */
  readonly #unstored = new Map<string, Pending>();
  readonly #undelivered = new Map<string, Pending>();
  #unstoredUnits = 0;

  get size(): number {
    return this.#unstored.size + this.#undelivered.size;
  }

  get unstored(): number {
    return this.#unstored.size;
  }

  get oldestUnstored(): Pending | undefined {
    return this.#unstored.values().next().value;
  }

  get oldestUndelivered(): Pending | undefined {
    return this.#undelivered.values().next().value;
  }

  /** Whether there is less than this part of what there may be. */
  isBelow(part: number): boolean {
    return this.size < SENDING.maxPending * part && this.#unstoredUnits < SENDING.maxPendingUnits * part;
  }

  add(message: Pending): void {
    this.#unstored.set(message.id, message);
    this.#unstoredUnits += message.units;
  }

  /** It is stored, and is to be delivered, too. */
  addUndelivered(message: Pending): void {
    this.#undelivered.set(message.id, message);
  }

  /** The server has answered. Undefined when it is not one of these. */
  takeUnstored(id: string): Pending | undefined {
    const message = this.#unstored.get(id);
    this.#unstored.delete(id);
    this.#unstoredUnits -= message?.units ?? 0;
    return message;
  }

  takeUndelivered(id: string): Pending | undefined {
    const message = this.#undelivered.get(id);
    this.#undelivered.delete(id);
    return message;
  }

  /** Delivery is not waited for any more. */
  forgetUndelivered(): void {
    this.#undelivered.clear();
  }
}
