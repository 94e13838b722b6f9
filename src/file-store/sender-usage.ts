/** Counts the undelivered messages and bytes of a mailbox, in total and per sender, for its quotas. */
import type { Bounds } from '../protocol/limits.js';
import type { MAILBOX } from '../store/limits.js';
import { SmallMap } from './small-map.js';

type SenderLimits = Pick<
  Bounds<typeof MAILBOX>,
  'maxUndelivered' | 'maxUndeliveredBytes' | 'maxShareOfOneSender' | 'keptForFew' | 'fewMessages' | 'fewBytes'
>;

class Usage {
  messages = 0;
  bytes = 0;
}

const NO_USAGE: Readonly<Usage> = new Usage();

export class SenderUsage {
  /** Senders with undelivered messages. */
  readonly #senders = new SmallMap<Usage>();
  /** The last lookup: usually the next message has the same sender. */
  #name = '';
  #sender: Usage | undefined;
  /** Totals of all senders. */
  messages = 0;
  bytes = 0;

  /**
   * Whether a body of so many bytes fits into the quota of the mailbox, and into this sender's share of it. The share is a fraction
   * of what the other senders leave, without the part that is kept for senders with few messages.
   */
  hasRoom(from: string, bytes: number, limits: SenderLimits): boolean {
    const { maxUndelivered, maxUndeliveredBytes, maxShareOfOneSender: share, keptForFew } = limits;
    const allBytes = this.bytes + bytes;
    if (this.messages >= maxUndelivered || allBytes > maxUndeliveredBytes) return false;
    const used = this.#find(from) ?? NO_USAGE;
    const usedBytes = used.bytes + bytes;
    const few = Math.min(limits.fewMessages, (maxUndelivered * keptForFew) / 2);
    const fewBytes = Math.min(limits.fewBytes, (maxUndeliveredBytes * keptForFew) / 2);
    if (used.messages < few && usedBytes <= fewBytes) return true;
    return (
      used.messages < (maxUndelivered - this.messages + used.messages) * share &&
      usedBytes <= (maxUndeliveredBytes - this.bytes + used.bytes) * share &&
      this.messages < maxUndelivered * (1 - keptForFew) &&
      allBytes <= maxUndeliveredBytes * (1 - keptForFew)
    );
  }

  add(from: string, bytes: number): void {
    const sender = this.#find(from) ?? this.#create(from);
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

  #find(from: string): Usage | undefined {
    if (this.#sender && from === this.#name) return this.#sender;
    this.#name = from;
    this.#sender = this.#senders.get(from);
    return this.#sender;
  }

  #create(from: string): Usage {
    const sender = new Usage();
    this.#senders.set(from, sender);
    this.#sender = sender;
    return sender;
  }
}
