/** The messages of one `im send` that have not reached their final state yet. Pure. */
import { SENDING } from './send-limits.js';
import type { SentMessage } from './send-report.js';

export interface PendingMessage extends SentMessage {
  /** When it was given to the client, on the monotonic clock. */
  readonly sentAt: number;
  /** UTF-16 units of its body. */
  readonly units: number;
}

export class PendingMessages {
  /** Both by id, oldest first. */
  readonly #unstored = new Map<string, PendingMessage>();
  readonly #undelivered = new Map<string, PendingMessage>();
  #unstoredUnits = 0;

  get size(): number {
    return this.#unstored.size + this.#undelivered.size;
  }

  get unstored(): number {
    return this.#unstored.size;
  }

  get oldestUnstored(): PendingMessage | undefined {
    return this.#unstored.values().next().value;
  }

  get oldestUndelivered(): PendingMessage | undefined {
    return this.#undelivered.values().next().value;
  }

  /** Whether the limits are not reached. */
  get hasRoom(): boolean {
    return this.size < SENDING.maxPending && this.#unstoredUnits < SENDING.maxPendingUnits;
  }

  add(message: PendingMessage): void {
    this.#unstored.set(message.id, message);
    this.#unstoredUnits += message.units;
  }

  /** For a stored message that must also be delivered. */
  addUndelivered(message: PendingMessage): void {
    this.#undelivered.set(message.id, message);
  }

  /** Removes a message that the server has answered. Undefined for an unknown id. */
  takeUnstored(id: string): PendingMessage | undefined {
    const message = this.#unstored.get(id);
    this.#unstored.delete(id);
    this.#unstoredUnits -= message?.units ?? 0;
    return message;
  }

  takeUndelivered(id: string): PendingMessage | undefined {
    const message = this.#undelivered.get(id);
    this.#undelivered.delete(id);
    return message;
  }

  clearUndelivered(): void {
    this.#undelivered.clear();
  }
}
