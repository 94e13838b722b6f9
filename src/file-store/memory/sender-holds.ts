/**
 * Keeps the order of each sender (R16): after a message was refused for now, later messages of its sender are refused
 * too, until that message is sent again. Otherwise a later one could be stored before it, as soon as there is space.
 */
import { MAILBOX } from '../../store/limits.js';
import { isHeldBack } from '../../store/sender-order.js';

/** A message to be stored. */
interface Attempt {
  /** See `heldSender`. */
  readonly from: string;
  readonly id: string;
  /** ms since 1970. */
  readonly at: number;
}

interface Refusal {
  readonly id: string;
  /** ms since 1970. */
  readonly at: number;
  /** Why it was refused; undefined: the mailbox was full. */
  readonly error: Error | undefined;
}

export class SenderHolds {
  /** By sender: the first of its refused messages. In memory only: after a restart the client resends in order. */
  #first: Map<string, Refusal> | undefined; // storage 9: a Map, never {}

  get isEmpty(): boolean {
    return this.#first === undefined || this.#first.size === 0;
  }

  /** A message was refused for now. Of several in flight, the one that was sent first must be passed last. */
  refused({ from, id, at }: Attempt, error?: Error): void {
    this.#first ??= new Map();
    const [oldest] = this.#first.keys();
    if (this.#first.size >= MAILBOX.heldBackSenders && oldest !== undefined) this.#first.delete(oldest);
    this.#first.set(from, { id, at, error });
  }

  /** The refusal that blocks this message, if any. It ends with a resend of the refused message, or after heldBackMs. */
  blockerOf({ from, id, at }: Attempt): Refusal | undefined {
    if (this.#first === undefined || this.#first.size === 0) return undefined;
    const first = this.#first.get(from);
    if (first === undefined) return undefined;
    if (first.id !== id && isHeldBack(from, first.at, at, MAILBOX)) return first;
    this.#first.delete(from);
    return undefined;
  }
}
