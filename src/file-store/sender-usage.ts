/** How much each sender has undelivered in a mailbox. */

import type { Bounds } from '../protocol/limits.js';
import type { MAILBOX } from '../store/limits.js';

type SenderLimits = Pick<Bounds<typeof MAILBOX>, 'maxUndelivered' | 'maxUndeliveredBytes' | 'maxShareOfOneSender'>;

class Sender {
  messages = 0;
  bytes = 0;
}

const NOTHING: Readonly<Sender> = new Sender();

export class SenderUsage {
  /** Those with something undelivered. */
  readonly #senders = new Map<string, Sender>(); // storage 9
  /** The one that was asked for last: most often it is the next one, too. */
  #name = '';
  #sender: Sender | undefined;
  /** Undelivered, of all senders. */
  messages = 0;
  bytes = 0;

  /** Whether the mailbox, and this sender's part of it, can take a body of so many bytes. */
  hasRoom(from: string, bytes: number, limits: SenderLimits): boolean {
    const { maxUndelivered, maxUndeliveredBytes, maxShareOfOneSender: share } = limits;
    if (this.messages >= maxUndelivered || this.bytes + bytes > maxUndeliveredBytes) return false;
    const held = this.#find(from) ?? NOTHING;
    return held.messages < maxUndelivered * share && held.bytes + bytes <= maxUndeliveredBytes * share;
  }

  add(from: string, bytes: number): void {
    const sender = this.#find(from) ?? this.#make(from);
    sender.messages++;
    sender.bytes += bytes;
    this.messages++;
    this.bytes += bytes;
  }

  remove(from: string, bytes: number): void {
    this.messages--;
    this.bytes -= bytes;
    const sender = this.#find(from);
    if (!sender) return;
    sender.messages--;
    sender.bytes -= bytes;
    if (sender.messages > 0) return;
    this.#senders.delete(from);
    this.#sender = undefined;
  }

  #find(from: string): Sender | undefined {
    if (this.#sender && from === this.#name) return this.#sender;
    this.#name = from;
    this.#sender = this.#senders.get(from);
    return this.#sender;
  }

  #make(from: string): Sender {
    const sender = new Sender();
    this.#senders.set(from, sender);
    this.#sender = sender;
    return sender;
  }
}
