/**
 * Appends the messages of one batch to a mailbox: decides about one after the other, hands those to store to the journal, as few
 * entries of it, and collects the results.
 */
import type { AppendListener } from '../../disk/journal.js';
import { heldSender } from '../../store/sender-order.js';
import { type AppendResult, type Batch, type NewMessage, StoreUnavailable } from '../../store/store.js';
import type { LoadedMailbox } from '../memory/loaded-mailbox.js';
import { PendingMessages, type UnplacedMessage } from './pending-writes.js';

const FULL: AppendResult = { outcome: 'full' };

/** A call of `append`. */
export interface AppendCall {
  readonly batch: Batch;
  /** Called when all are durable, with one result for each message, in their order. */
  readonly resolve: (results: readonly AppendResult[]) => void;
  readonly reject: (error: unknown) => void;
}

export class BatchAppend {
  readonly #results: AppendResult[] = [];
  readonly #heldSender: string;
  /** What the results wait for: entries of the journal, and this very turn. */
  #waiting = 1;
  /** The messages of the next entry. */
  #entry: PendingMessages | undefined;

  /** @param sender the mailbox of the sender, or why it cannot be read now; undefined when there is no copy in any case. */
  constructor(
    private readonly loaded: LoadedMailbox,
    private readonly sender: LoadedMailbox | StoreUnavailable | undefined,
    private readonly call: AppendCall,
    private readonly append: (records: readonly string[], listener: AppendListener) => void,
  ) {
    this.#heldSender = heldSender(call.batch);
  }

  /** To be called once. */
  run(): void {
    const { batch } = this.call;
    for (const message of batch.messages) this.#add(this.#results.length, newMessage(batch, message));
    this.#write();
    this.decided();
  }

  /** Something that the results wait for is durable, or refused. */
  decided(): void {
    if (--this.#waiting === 0) this.call.resolve(this.#results);
  }

  /** These could not be written. */
  refused(indexes: readonly number[], error: Error): void {
    for (const index of indexes) this.#refuse(index, error);
    this.decided();
  }

  #refuse(index: number, error: Error): void {
    if (error instanceof StoreUnavailable) this.#results[index] = { outcome: 'unavailable', error };
    else this.call.reject(error);
  }

  #add(index: number, message: UnplacedMessage): void {
    const { mailbox, senderHolds } = this.loaded;
    const { from, bytes } = message;
    const known = mailbox.classify(message, this.call.batch.messages[index]?.parked); // R8: a known (sender, id) is not stored again
    if (known !== undefined) {
      this.#results[index] = known;
      if (known.outcome === 'duplicate') this.#awaitOriginal(index, known.seq);
      return;
    }
    const attempt = { from: this.#heldSender, id: message.id, at: this.call.batch.at };
    const refusal = senderHolds.isEmpty ? undefined : senderHolds.blockerOf(attempt); // R16: the sender's order is kept
    if (refusal) {
      this.#results[index] = FULL;
      if (refusal.error) this.#refuse(index, refusal.error);
    } else if (!mailbox.hasRoom(from, bytes)) {
      senderHolds.refused(attempt);
      this.#results[index] = FULL;
    } else if (this.sender instanceof StoreUnavailable) {
      senderHolds.refused(attempt, this.sender);
      this.#refuse(index, this.sender);
    } else {
      this.#store(
        index,
        message,
        this.sender?.mailbox.wantsCopy(this.call.batch.device, bytes) ? this.sender : undefined,
      );
    }
  }

  #store(index: number, message: UnplacedMessage, copyTo: LoadedMailbox | undefined): void {
    if (this.#entry !== undefined && this.#entry.copyTo !== copyTo) {
      this.#write();
      this.#add(index, message); // If the entry was refused, so is this one.
      return;
    }
    this.#entry ??= new PendingMessages(this.loaded, this.call.batch, copyTo, this);
    const seq = this.#entry.add(index, message);
    this.#results[index] = copyTo === undefined ? { outcome: 'stored', seq } : { outcome: 'stored', seq, copied: true };
  }

  /** A resend of a message in flight shares its record, and its fate (storage 1). */
  #awaitOriginal(index: number, seq: number): void {
    const original = this.loaded.messageInFlight(seq);
    if (original === undefined) return;
    this.#waiting++;
    original.join().then(
      () => this.decided(),
      (error: Error) => this.refused([index], error),
    );
  }

  #write(): void {
    const entry = this.#entry;
    if (entry === undefined) return;
    this.#entry = undefined;
    this.#waiting++;
    this.append(entry.records, entry); // R9: durable, then answered
  }
}

function newMessage({ from, at, restored, isPlain }: Batch, message: NewMessage): UnplacedMessage {
  const { id, body, re } = message;
  const bytes = Buffer.byteLength(body);
  if (isPlain && restored === undefined && re === undefined)
    return { seq: 0, from, id, body, at, bytes, attempts: 0, isPlain }; // Nearly all: with one shape.
  const kept = { seq: 0, from, id, body, at: message.at ?? at, bytes, attempts: 0, ...(re !== undefined && { re }) };
  return restored === undefined ? kept : { ...kept, restored };
}
