/** What each sender has in a mailbox: the ids that are known of it (R8), and how much of it is undelivered. */

class Sender {
  /** id → seq of all that is kept, seen or reserved. */
  readonly ids = new Map<string, number>();
  messages = 0;
  bytes = 0;
}

const NOTHING: Readonly<Sender> = new Sender();

export class Senders {
  readonly #senders = new Map<string, Sender>(); // storage 9
  /** The one that was asked for last: most often it is the next one, too. */
  #name = '';
  #sender: Sender | undefined;
  /** Undelivered, of all senders. */
  messages = 0;
  bytes = 0;

  seqOf(from: string, id: string): number | undefined {
    return this.#find(from)?.ids.get(id);
  }

  /** Every sender that used this id, with its seq. */
  find(id: string): { readonly from: string; readonly seq: number }[] {
    return [...this.#senders].flatMap(([from, { ids }]) => {
      const seq = ids.get(id);
      return seq === undefined ? [] : [{ from, seq }];
    });
  }

  learn(from: string, id: string, seq: number): void {
    this.#findOrMake(from).ids.set(id, seq);
  }

  forget(from: string, id: string): void {
    const sender = this.#find(from);
    sender?.ids.delete(id);
    if (sender?.ids.size !== 0) return;
    this.#senders.delete(from);
    this.#sender = undefined;
  }

  /** Undelivered, of this sender. */
  of(from: string): { readonly messages: number; readonly bytes: number } {
    return this.#find(from) ?? NOTHING;
  }

  /** Counts what became undelivered, or, below zero, is not any longer. */
  count(from: string, messages: number, bytes: number): void {
    const sender = this.#findOrMake(from);
    sender.messages += messages;
    sender.bytes += bytes;
    this.messages += messages;
    this.bytes += bytes;
  }

  #find(from: string): Sender | undefined {
    if (this.#sender && from === this.#name) return this.#sender;
    this.#name = from;
    this.#sender = this.#senders.get(from);
    return this.#sender;
  }

  #findOrMake(from: string): Sender {
    let sender = this.#find(from);
    if (sender) return sender;
    sender = new Sender();
    this.#senders.set(from, sender);
    this.#sender = sender;
    return sender;
  }
}
