/** Counts the undelivered messages and bytes of a mailbox, in total and per sender, for its quotas. */
import { hasRoom, type SenderLimits } from '../../store/sender-room.js';
import { SmallMap } from './small-map.js';

class Usage {
  messages = 0;
  bytes = 0;
  /** Of the messages: those that were unsent, without bytes. */
  unsent = 0;
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

  /** See `hasRoom`. */
  hasRoom(from: string, bytes: number, limits: SenderLimits): boolean {
    return hasRoom(this, this.#find(from) ?? NO_USAGE, bytes, limits);
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

  addUnsent(from: string): void {
    this.add(from, 0);
    const sender = this.#find(from);
    if (sender) sender.unsent++;
  }

  removeUnsent(from: string): void {
    const sender = this.#find(from);
    if (sender) sender.unsent--;
    this.remove(from, 0);
  }

  /** Undelivered messages of this sender, without those that were unsent. */
  messagesOf(from: string): number {
    const sender = this.#senders.get(from);
    return sender === undefined ? 0 : sender.messages - sender.unsent;
  }

  /** Senders with such messages. */
  *senders(): Generator<string> {
    for (const [from, { messages, unsent }] of this.#senders.entries()) if (messages > unsent) yield from;
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
