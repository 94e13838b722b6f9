/**
 * What keeps the order of a sender whose message was refused for now (R16): whatever it sent after that one waits as well,
 * until that one comes again. Without this the next one could find the room, or the disk space, that this one did not.
 */
import { MAILBOX } from '../store/limits.js';
import type { NewMessage } from '../store/store.js';

interface Refusal {
  readonly id: string;
  /** ms since 1970. */
  readonly at: number;
  /** Why it was refused; undefined: the mailbox was full. */
  readonly error: Error | undefined;
}

export class SenderHolds {
  /** By sender: the first of its messages that was refused. In memory only: a new start has nothing in flight. */
  readonly #first = new Map<string, Refusal>(); // storage 9

  get isEmpty(): boolean {
    return this.#first.size === 0;
  }

  /** This one was refused for now. Of several the one that was sent first is told of last. */
  refused({ from, id, at }: NewMessage, error?: Error): void {
    const [oldest] = this.#first.keys();
    if (this.#first.size >= MAILBOX.heldBackSenders && oldest !== undefined) this.#first.delete(oldest);
    this.#first.set(from, { id, at, error });
  }

  /** What this one has to wait behind, if anything. A sender that gives that one up waits for a while only. */
  behind({ from, id, at }: NewMessage): Refusal | undefined {
    if (this.#first.size === 0) return undefined;
    const first = this.#first.get(from);
    if (first === undefined) return undefined;
    // The clock may jump, ahead and back.
    if (first.id !== id && Math.abs(at - first.at) < MAILBOX.heldBackMs) return first;
    this.#first.delete(from);
    return undefined;
  }
}
