/** How much each sender has undelivered in a mailbox. */

class Sender {
  messages = 0;
  bytes = 0;
}

const NOTHING: Readonly<Sender> = new Sender();

export class Senders {
  /** Those with something undelivered. */
  readonly #senders = new Map<string, Sender>(); // storage 9
  /** The one that was asked for last: most often it is the next one, too. */
  #name = '';
  #sender: Sender | undefined;
  /** Undelivered, of all senders. */
  messages = 0;
  bytes = 0;

  /** Undelivered, of this sender. */
  of(from: string): { readonly messages: number; readonly bytes: number } {
    return this.#find(from) ?? NOTHING;
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
