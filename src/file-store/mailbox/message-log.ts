/**
 * The log of a mailbox: its kept messages and the cursor, up to which everything is delivered; and how many after it wait for
 * nobody. Pure.
 */
import { crc32 } from 'node:zlib';
import type { ReadLimit } from '../../store/store.js';
import type { KeptMessage, MailboxState } from './mailbox-state.js';
import { SeqList } from './seq-list.js';

export class MessageLog {
  readonly #messages: SeqList<KeptMessage>;
  #delivered: number;
  /** After the cursor. Unsent ones are purged ones. */
  #purged = 0;
  #unsent = 0;
  #copies = 0;
  #copyBytes = 0;
  /** Total length of the kept bodies. */
  #bytes = 0;

  /** Without the messages: `state` only determines the first seqs. */
  constructor({ last, delivered, messages }: Pick<MailboxState, 'last' | 'delivered' | 'messages'>) {
    this.#delivered = delivered;
    this.#messages = new SeqList(last - messages.length + 1);
  }

  /** The seq of the oldest kept message, or of the next one if there is none. */
  get first(): number {
    return this.#messages.first;
  }

  /** The highest seq. */
  get last(): number {
    return this.#messages.next - 1;
  }

  get length(): number {
    return this.#messages.length;
  }

  /** The cursor: everything up to this seq is delivered. */
  get delivered(): number {
    return this.#delivered;
  }

  /** How many after the cursor were purged. */
  get purged(): number {
    return this.#purged;
  }

  /** How many after the cursor are copies, and the total length of their bodies. */
  get copies(): number {
    return this.#copies;
  }

  get copyBytes(): number {
    return this.#copyBytes;
  }

  /** Total length of the kept bodies. */
  get bytes(): number {
    return this.#bytes;
  }

  get(seq: number): KeptMessage | undefined {
    return this.#messages.get(seq);
  }

  /** All of them, the oldest first. Later changes do not affect the list. */
  all(): readonly KeptMessage[] {
    return this.#messages.slice(this.first, this.#messages.next);
  }

  /** After `after`, in order; at least one if there is one. */
  read(after: number, limit: ReadLimit): readonly KeptMessage[] {
    const first = Math.max(after + 1, this.first);
    const end = Math.min(first + Math.max(limit.messages, 1), this.#messages.next);
    let bytes = 0;
    let next = first;
    for (; next < end; next++) {
      bytes += (this.#messages.get(next) as KeptMessage).bytes;
      if (bytes > limit.bytes && next > first) break;
    }
    return this.#messages.slice(first, next);
  }

  /** Adds the next one, which may be purged. */
  add(message: KeptMessage): void {
    this.#messages.push(message);
    const { seq, bytes, to, purgedAt, unsent } = message;
    if (purgedAt === undefined) this.#bytes += bytes;
    if (seq <= this.#delivered) return;
    if (purgedAt !== undefined) this.#purged++;
    if (unsent) this.#unsent++;
    if (to === undefined) return;
    this.#copies++;
    this.#copyBytes += bytes;
  }

  /** Moves the cursor up to this seq. Returns the messages that became delivered. */
  deliver(seq: number): readonly KeptMessage[] {
    const delivered: KeptMessage[] = [];
    for (const message of this.#messages.slice(this.#delivered + 1, seq + 1)) {
      if (message.to !== undefined) this.#forgetCopy(message);
      else if (message.purgedAt === undefined) delivered.push(message);
      else {
        this.#purged--;
        if (message.unsent) this.#unsent--;
      }
    }
    this.#delivered = seq;
    return delivered;
  }

  /** The unsent ones that the cursor passes when it moves up to this seq. */
  unsentUpTo(seq: number): readonly KeptMessage[] {
    return this.#unsent === 0 ? [] : this.#messages.slice(this.#delivered + 1, seq + 1).filter(({ unsent }) => unsent);
  }

  /** A copy waits for nobody: the cursor passes those that follow it. */
  passCopies(): void {
    while (this.#copies > 0) {
      const next = this.#messages.get(this.#delivered + 1);
      if (next?.to === undefined) return;
      this.#delivered = next.seq;
      this.#forgetCopy(next);
    }
  }

  #forgetCopy({ bytes }: KeptMessage): void {
    this.#copies--;
    this.#copyBytes -= bytes;
  }

  /** Purges an undelivered message. Returns it as it was; undefined for any other. */
  purge(seq: number, at: number, purgedLsn: number, isUnsent: boolean): KeptMessage | undefined {
    const message = this.#messages.get(seq);
    const { purgedAt, to } = message ?? {};
    if (!message || seq <= this.#delivered || purgedAt !== undefined || to !== undefined) return undefined;
    const marks = { purgedAt: at, purgedLsn, crc: crc32(message.body), ...(isUnsent && { unsent: true }) };
    this.#messages.set(seq, { ...message, body: '', ...marks });
    this.#bytes -= message.bytes;
    this.#purged++;
    if (isUnsent) this.#unsent++;
    return message;
  }

  /** A session pushed these without an ack. Counts for the undelivered ones. */
  tried(after: number, seq: number, at: number): void {
    for (let next = Math.max(after, this.#delivered) + 1; next <= seq; next++) {
      const message = this.#messages.get(next);
      if (message) this.#messages.set(next, { ...message, attempts: message.attempts + 1, triedAt: at });
    }
  }

  /** Removes the oldest one. */
  shift(): KeptMessage | undefined {
    const message = this.#messages.shift();
    if (message && message.purgedAt === undefined) this.#bytes -= message.bytes;
    return message;
  }

  /** Removes everything up to this seq. All of it is delivered. */
  clear(seq: number): void {
    while (this.first <= seq) this.shift();
  }

  /** If it is no longer kept, or a copy, a message counts as delivered. */
  stateOf(seq: number): 'stored' | 'delivered' | 'purged' | 'unsent' {
    const { purgedAt, to, unsent } = this.#messages.get(seq) ?? {};
    if (purgedAt !== undefined) return unsent ? 'unsent' : 'purged';
    if (to !== undefined) return 'delivered';
    return seq <= this.#delivered ? 'delivered' : 'stored';
  }
}
