/**
 * The outbox: own messages, queued for each recipient until the server answers, with at most a window of them unanswered; then
 * tracked until they are delivered. Pure: frames and times go in; frames to send and state changes come out.
 */
import type { ErrorFrame } from '../../protocol/frames/error.js';
import type { Message } from '../../protocol/frames/message.js';
import type { Status } from '../../protocol/frames/status.js';
import type { UnsendOutcome } from '../../protocol/frames/unsend.js';
import type { MessageState } from '../events.js';
import { CLIENT } from '../limits.js';
import { DeliveryTracking, type MessageRef } from './delivery-tracking.js';
import { type QueueEntry, RecipientQueue } from './recipient-queue.js';

/** The new state of a message; `untracked`: it is stored, and its delivery is not tracked (any more). */
export interface OutboxChange<M extends MessageRef> {
  readonly message: M;
  readonly state: MessageState | 'untracked';
  /** With `stored`: the server had it before (R8: it is stored once). */
  readonly duplicate?: boolean;
  /** Why it `failed`; with `queued`: why it is going to be retried. */
  readonly refusal?: ErrorFrame;
}

export class Outbox<M extends MessageRef> {
  /** Stored, and not known to be delivered. */
  readonly tracked = new DeliveryTracking<M>();
  /** All messages that are not settled, by id, oldest first. */
  readonly #entries = new Map<string, QueueEntry<M>>();
  /** By recipient. */
  readonly #queues = new Map<string, RecipientQueue<M>>();
  /** Queues that may have something to send, in round-robin order. */
  readonly #active = new Set<RecipientQueue<M>>();
  /** Queues whose next message is not durable yet. */
  readonly #uncommitted = new Set<RecipientQueue<M>>();
  /** Queues that wait after a retryable refusal. */
  readonly #waiting = new Set<RecipientQueue<M>>();
  /** Messages that failed because the server no longer has them: purged, or missing since a restore. It may get them again. */
  readonly #gone = new DeliveryTracking<M>(CLIENT.maxGone);
  #bytes = 0;
  #nextOrder = 0;
  /** The messages up to this order are durable. */
  #durable = -1;
  #window = 0;
  #unanswered = 0;
  /** The earliest `retryAt` of the waiting queues, or an earlier time. */
  #dueAt = Number.POSITIVE_INFINITY;

  /**
   * @param random 0 ≤ random < 1, for the jitter of retries.
   * @param tracksDelivery whether stored messages are tracked.
   */
  constructor(
    private readonly random: () => number,
    private readonly tracksDelivery = true,
  ) {}

  /** The number of messages that the server has neither stored nor refused for good. */
  get queued(): number {
    return this.#entries.size;
  }

  /** All messages that are queued or tracked. */
  *messages(): Iterable<M> {
    for (const { message } of this.#entries.values()) yield message;
    yield* this.tracked.values();
  }

  /** Whether there is room for one more message with a body of this size. */
  hasRoom(bytes: number): boolean {
    return this.#entries.size < CLIENT.maxQueued && this.#bytes + bytes <= CLIENT.maxQueuedBytes;
  }

  /** The queued or tracked message with this id. A tracked message has no body any more. */
  find(id: string): { readonly message: M; readonly body?: string } | undefined {
    const message = this.tracked.get(id);
    return this.#entries.get(id) ?? (message && { message });
  }

  /** Replaces the object of the queued or tracked message with the same id: changes are reported with the new one. */
  replace(message: M): void {
    const entry = this.#entries.get(message.id);
    if (entry) entry.message = message;
    else this.tracked.add(message);
  }

  /**
   * Adds a message to the end of its queue. It is sent after `commit` of the returned order. @param bytes of the body, as UTF-8.
   * @param wasSent whether an earlier process may have sent it.
   */
  add(message: M, body: string, bytes: number, re?: string, wasSent = false): number {
    let queue = this.#queues.get(message.to);
    if (!queue) {
      queue = new RecipientQueue(message.to);
      this.#queues.set(message.to, queue);
    }
    this.#gone.remove(message.id);
    const order = this.#nextOrder++;
    const entry: QueueEntry<M> = {
      message,
      body,
      bytes,
      re,
      queue,
      order,
      phase: 'unsent',
      wasSent,
      isTakenBack: false,
    };
    queue.push(entry);
    this.#entries.set(message.id, entry);
    this.#bytes += bytes;
    this.#active.add(queue);
    return entry.order;
  }

  /** All messages up to this order are durable, and may be sent. */
  commit(order: number): void {
    this.#durable = Math.max(this.#durable, order);
    if (this.#uncommitted.size === 0) return;
    for (const queue of this.#uncommitted) this.#active.add(queue);
    this.#uncommitted.clear();
  }

  /** Removes a message that could not be made durable. */
  withdraw(id: string): void {
    const entry = this.#entries.get(id);
    if (entry) this.#settle(entry);
  }

  /**
   * Its sender takes this message back: if it is queued, it is not sent, or not again. Returns whether the server can have it: `unsent`,
   * it was never put on a connection.
   */
  hold(to: string, id: string): 'unsent' | 'maybe-sent' {
    const entry = this.#entryOf(to, id);
    entry?.queue.hold(entry);
    return entry && !entry.wasSent ? 'unsent' : 'maybe-sent';
  }

  /** Whether it waits for the server's answer. */
  isQueued(to: string, id: string): boolean {
    return this.#entryOf(to, id) !== undefined;
  }

  /** It is not taken back after all. */
  release(to: string, id: string): void {
    const entry = this.#entryOf(to, id);
    if (!entry) return;
    entry.queue.release(entry);
    this.#active.add(entry.queue);
  }

  /**
   * A message was taken back; or that was too late.
   * @param refusal what the server, which has said this, answers from now on when the message is sent again.
   */
  unsent(to: string, id: string, outcome: UnsendOutcome, refusal: ErrorFrame): OutboxChange<M>[] {
    if (outcome === 'delivered') return this.delivered(to, [id]);
    const entry = this.#entryOf(to, id);
    if (outcome === 'pushed' || outcome === 'full') return entry ? this.stored([id]) : [];
    if (entry) this.#settle(entry);
    const message = entry?.message ?? (outcome === 'unknown' ? undefined : this.tracked.take(to, id));
    return message ? [this.#failed(message, refusal)] : [];
  }

  #entryOf(to: string, id: string): QueueEntry<M> | undefined {
    const entry = this.#entries.get(id);
    return entry?.message.to === to ? entry : undefined;
  }

  /** Tracks a message that an earlier process knew as stored. */
  track(message: M): void {
    this.tracked.add(message);
  }

  /** Tracks a message that an earlier process knew as gone. */
  trackGone(message: M): void {
    this.#gone.add(message);
  }

  /**
   * Logged in: everything unanswered is sent again, in order, with the same ids. Returns the requests about tracked and gone
   * messages.
   */
  online(window: number): Status[] {
    this.offline();
    this.#window = window;
    return [...this.tracked.statusRequests(), ...this.#gone.statusRequests()];
  }

  /** The connection is lost: nothing can be sent. */
  offline(): void {
    this.#window = 0;
    this.#unanswered = 0;
    for (const queue of this.#queues.values()) {
      queue.rewind();
      this.#active.add(queue);
    }
  }

  /** The messages to send now: in order for each recipient, round-robin over recipients, up to the window and about `maxBytes`. */
  take(maxBytes: number): Message[] {
    const frames: Message[] = [];
    let bytes = 0;
    for (const queue of this.#active) {
      if (this.#unanswered >= this.#window || bytes >= maxBytes) break;
      this.#active.delete(queue);
      const isAlone = this.#active.size === 0;
      for (let entry = queue.next(); entry; entry = queue.next()) {
        if (entry.order > this.#durable) {
          this.#uncommitted.add(queue);
          break;
        }
        queue.sent(entry);
        this.#unanswered += 1;
        const { message, body, re } = entry;
        const { id, to } = message;
        frames.push(re === undefined ? { type: 'message', id, to, body } : { type: 'message', id, to, body, re });
        bytes += entry.bytes;
        if (isAlone && this.#unanswered < this.#window && bytes < maxBytes) continue;
        this.#active.add(queue); // at the end: the loop visits it again, after the others
        break;
      }
    }
    return frames;
  }

  /** Removes and returns the durable messages with a larger body than this; sizes in bytes of UTF-8. The server would refuse them. */
  takeLargerThan(maxBodyBytes: number): { readonly message: M; readonly bytes: number }[] {
    const taken: { readonly message: M; readonly bytes: number }[] = [];
    for (const entry of this.#entries.values()) {
      if (entry.bytes <= maxBodyBytes || entry.order > this.#durable) continue;
      this.#settle(entry);
      taken.push(entry);
    }
    return taken;
  }

  /** R11: the server has stored these. */
  stored(ids: readonly string[], duplicates?: readonly string[]): OutboxChange<M>[] {
    const changes: OutboxChange<M>[] = [];
    const known = duplicates && new Set(duplicates);
    for (const id of ids) {
      const entry = this.#entries.get(id);
      if (!entry) continue; // the answer to a message that was sent twice
      this.#settle(entry);
      changes.push({ message: entry.message, state: 'stored', duplicate: known?.has(id) ?? false });
      const untracked = this.tracksDelivery ? this.tracked.add(entry.message) : entry.message;
      if (untracked) changes.push({ message: untracked, state: 'untracked' });
    }
    return changes;
  }

  /** The answer to a `status` request: the server has these. A gone message among them was restored. */
  found(to: string, ids: readonly string[]): OutboxChange<M>[] {
    const restored = ids.map((id) => this.#gone.take(to, id)).filter((message) => message !== undefined);
    for (const message of restored) this.tracked.add(message);
    return restored.map((message) => ({ message, state: 'stored' }));
  }

  /** The recipient has acked these. For a message that was sent twice this may arrive before its `stored`, which it implies. */
  delivered(to: string, ids: readonly string[]): OutboxChange<M>[] {
    const unstored = ids.filter((id) => this.#entries.get(id)?.message.to === to);
    const changes = unstored.length > 0 ? this.stored(unstored) : [];
    for (const id of ids) {
      const message = this.tracked.take(to, id) ?? this.#gone.take(to, id);
      if (message) changes.push({ message, state: 'delivered' });
    }
    return changes;
  }

  /**
   * The server refused a message, for good or for now. Undefined when that changes nothing: the refusal is not about a message of
   * this outbox, or the message is still gone.
   */
  refused(refusal: ErrorFrame, now: number): OutboxChange<M> | undefined {
    const { id = '', to = '', code, retry } = refusal;
    const isLost = code === 'unknown-id' || code === 'purged' || code === 'unsent';
    const lost = isLost ? this.tracked.take(to, id) : undefined;
    if (lost) return this.#failed(lost, refusal);
    const entry = this.#entries.get(id);
    if (entry?.phase !== 'unanswered' || (to !== '' && to !== entry.message.to)) return undefined;
    if (retry) this.#postpone(entry, now);
    else this.#settle(entry);
    return retry ? { message: entry.message, state: 'queued', refusal } : this.#failed(entry.message, refusal);
  }

  #failed(message: M, refusal: ErrorFrame): OutboxChange<M> {
    const isGone = refusal.code === 'purged' || refusal.code === 'unknown-id';
    if (isGone && this.tracksDelivery) this.#gone.add(message);
    return { message, state: 'failed', refusal };
  }

  /** When to call `tick`; Infinity: never. */
  nextDeadline(): number {
    return this.#dueAt;
  }

  /** Lets the queues retry whose wait is over. */
  tick(now: number): void {
    if (now < this.#dueAt) return;
    this.#dueAt = Number.POSITIVE_INFINITY;
    for (const queue of this.#waiting) {
      if (queue.retryAt > now) {
        this.#dueAt = Math.min(this.#dueAt, queue.retryAt);
      } else {
        queue.retry();
        this.#waiting.delete(queue);
        this.#active.add(queue);
      }
    }
  }

  #postpone(entry: QueueEntry<M>, now: number): void {
    const { queue } = entry;
    this.#unanswered -= 1;
    queue.refused(entry, now, this.random);
    if (queue.retryAt < Number.POSITIVE_INFINITY) this.#waiting.add(queue);
    this.#dueAt = Math.min(this.#dueAt, queue.retryAt);
    this.#active.add(queue);
  }

  #settle(entry: QueueEntry<M>): void {
    const { queue } = entry;
    if (entry.phase === 'unanswered') this.#unanswered -= 1;
    const wasBackingOff = queue.isBackingOff;
    queue.settle(entry);
    this.#entries.delete(entry.message.id);
    this.#bytes -= entry.bytes;
    if (wasBackingOff || entry.isTakenBack) this.#active.add(queue); // it may have waited for this answer
    if (!queue.isEmpty) return;
    this.#queues.delete(queue.to);
    for (const queues of [this.#active, this.#uncommitted, this.#waiting]) queues.delete(queue);
  }
}
