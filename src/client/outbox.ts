/**
 * What is on its way out: queued until the server answers, in order for each target, at most a window unanswered; then
 * followed until it is delivered. Pure: frames and times go in, frames to send and changes come out.
 */
import type { ErrorFrame } from '../protocol/frames/error.js';
import type { Message } from '../protocol/frames/message.js';
import type { Status } from '../protocol/frames/status.js';
import { DeliveryTracking, type MessageRef } from './delivery-tracking.js';
import type { MessageState } from './events.js';
import { CLIENT } from './limits.js';
import { type QueueEntry, RecipientQueue } from './recipient-queue.js';

/** A message changed its state, or is no longer followed (too many are, or none). */
export interface OutboxChange<H extends MessageRef> {
  readonly handle: H;
  readonly state: MessageState | 'unfollowed';
  /** `stored`: the server had it before (R8). */
  readonly duplicate?: boolean;
  /** Why it failed; with `queued`: why it has to wait and is tried again. */
  readonly refusal?: ErrorFrame;
}

export class Outbox<H extends MessageRef> {
  /** Everything that is not settled, by id, oldest first. */
  readonly #entries = new Map<string, QueueEntry<H>>();
  /** By target. */
  readonly #queues = new Map<string, RecipientQueue<H>>();
  /** Lanes that may have something to send, in turn. */
  readonly #active = new Set<RecipientQueue<H>>();
  /** Lanes whose next entry is not durable yet. */
  readonly #uncommitted = new Set<RecipientQueue<H>>();
  /** Lanes that rest after a refusal. */
  readonly #resting = new Set<RecipientQueue<H>>();
  readonly #following = new DeliveryTracking<H>();
  #bytes = 0;
  #orders = 0;
  #durable = -1;
  #window = 0;
  #unanswered = 0;
  /** When the first of the resting lanes may try again, or earlier. */
  #dueAt = Number.POSITIVE_INFINITY;

  /**
   * @param random 0 ≤ random < 1, for the jitter of retries.
   * @param follows whether what is stored is followed.
   */
  constructor(
    private readonly random: () => number,
    private readonly follows = true,
  ) {}

  /** How many messages the server has not answered for good. */
  get queued(): number {
    return this.#entries.size;
  }

  /** All that is queued or awaits delivery. */
  *handles(): Iterable<H> {
    for (const { handle } of this.#entries.values()) yield handle;
    yield* this.#following.values();
  }

  /** Whether one more message with a body of this size has room. */
  hasRoom(bytes: number): boolean {
    return this.#entries.size < CLIENT.maxQueued && this.#bytes + bytes <= CLIENT.maxQueuedBytes;
  }

  /** The message with this id that is queued, or awaits delivery: then without its body. */
  find(id: string): { readonly handle: H; readonly body?: string } | undefined {
    const handle = this.#following.get(id);
    return this.#entries.get(id) ?? (handle && { handle });
  }

  /** Somebody else is to be told of the message with this id. */
  adopt(handle: H): void {
    const entry = this.#entries.get(handle.id);
    if (entry) entry.handle = handle;
    else this.#following.add(handle);
  }

  /** Puts a message at the end of its lane; `bytes` is its body's size. It leaves after `commit`, which takes its order. */
  add(handle: H, body: string, bytes: number): number {
    const queue = this.#queueOf(handle.to);
    const entry: QueueEntry<H> = { handle, body, bytes, queue, order: this.#orders++, phase: 'unsent' };
    queue.push(entry);
    this.#entries.set(handle.id, entry);
    this.#bytes += bytes;
    this.#active.add(queue);
    return entry.order;
  }

  /** Everything added up to this order is durable, and may leave. */
  commit(order: number): void {
    this.#durable = Math.max(this.#durable, order);
    for (const queue of this.#uncommitted) this.#active.add(queue);
    this.#uncommitted.clear();
  }

  /** It could not be made durable: as if it had never been added. */
  withdraw(id: string): void {
    const entry = this.#entries.get(id);
    if (entry) this.#settle(entry);
  }

  /** Follows a message that an earlier process knew as stored. */
  follow(handle: H): void {
    this.#following.add(handle);
  }

  /** Logged in: everything unanswered is sent again, in order, with the same ids. Returns what to ask of the rest. */
  online(window: number): Status[] {
    this.offline();
    this.#window = window;
    return this.#following.questions();
  }

  /** The connection is gone: nothing can be sent. */
  offline(): void {
    this.#window = 0;
    this.#unanswered = 0;
    for (const queue of this.#queues.values()) {
      queue.rewind();
      this.#active.add(queue);
    }
  }

  /** What leaves now, in order for each target and in turn between targets: up to the window, and about so many bytes. */
  take(maxBytes: number): Message[] {
    const frames: Message[] = [];
    let bytes = 0;
    for (const queue of this.#active) {
      if (this.#unanswered >= this.#window || bytes >= maxBytes) break;
      this.#active.delete(queue);
      const entry = queue.next();
      if (!entry) continue;
      if (entry.order > this.#durable) {
        this.#uncommitted.add(queue);
        continue;
      }
      queue.sent(entry);
      this.#unanswered += 1;
      this.#active.add(queue); // at the end: the others come first
      const { handle, body } = entry;
      frames.push({ type: 'message', id: handle.id, to: handle.to, body });
      bytes += entry.bytes;
    }
    return frames;
  }

  /** Takes out the durable messages whose body is larger than this: the server would refuse them. Sizes in bytes of UTF-8. */
  takeLargerThan(maxBodyBytes: number): { readonly handle: H; readonly bytes: number }[] {
    const taken: { readonly handle: H; readonly bytes: number }[] = [];
    for (const entry of this.#entries.values()) {
      if (entry.bytes <= maxBodyBytes || entry.order > this.#durable) continue;
      this.#settle(entry);
      taken.push(entry);
    }
    return taken;
  }

  /** R11: the server has these. */
  stored(ids: readonly string[], duplicates?: readonly string[]): OutboxChange<H>[] {
    const changes: OutboxChange<H>[] = [];
    const known = duplicates && new Set(duplicates);
    for (const id of ids) {
      const entry = this.#entries.get(id);
      if (!entry) continue; // An answer to `status`, or to a message that was sent twice.
      this.#settle(entry);
      changes.push({ handle: entry.handle, state: 'stored', duplicate: known?.has(id) ?? false });
      const unfollowed = this.follows ? this.#following.add(entry.handle) : entry.handle;
      if (unfollowed) changes.push({ handle: unfollowed, state: 'unfollowed' });
    }
    return changes;
  }

  /** The target acked these. May come before the `stored` of a message that was sent twice; it says as much. */
  delivered(to: string, ids: readonly string[]): OutboxChange<H>[] {
    const early = ids.filter((id) => this.#entries.get(id)?.handle.to === to);
    const changes = early.length > 0 ? this.stored(early) : [];
    for (const id of ids) {
      const handle = this.#following.take(to, id);
      if (handle) changes.push({ handle, state: 'delivered' });
    }
    return changes;
  }

  /** The server refused a message: for good, or for now. Undefined when the refusal is of nothing that is known here. */
  refused(refusal: ErrorFrame, now: number): OutboxChange<H> | undefined {
    const { id = '', to = '', code, retry } = refusal;
    const isLost = code === 'unknown-id' || code === 'purged';
    const lost = isLost ? this.#following.take(to, id) : undefined;
    if (lost) return { handle: lost, state: 'failed', refusal };
    const entry = this.#entries.get(id);
    if (entry?.phase !== 'unanswered' || (to !== '' && to !== entry.handle.to)) return undefined;
    if (retry) this.#postpone(entry, now);
    else this.#settle(entry);
    return { handle: entry.handle, state: retry ? 'queued' : 'failed', refusal };
  }

  /** When `tick` should be called next. */
  nextDeadline(): number {
    return this.#dueAt;
  }

  /** Lanes whose rest is over may try again. */
  tick(now: number): void {
    if (now < this.#dueAt) return;
    this.#dueAt = Number.POSITIVE_INFINITY;
    for (const queue of this.#resting) {
      if (queue.retryAt > now) {
        this.#dueAt = Math.min(this.#dueAt, queue.retryAt);
      } else {
        queue.wake();
        this.#resting.delete(queue);
        this.#active.add(queue);
      }
    }
  }

  #queueOf(to: string): RecipientQueue<H> {
    let queue = this.#queues.get(to);
    if (!queue) {
      queue = new RecipientQueue(to);
      this.#queues.set(to, queue);
    }
    return queue;
  }

  #postpone(entry: QueueEntry<H>, now: number): void {
    const { queue } = entry;
    this.#unanswered -= 1;
    queue.refuse(entry, now, this.random);
    if (queue.retryAt < Number.POSITIVE_INFINITY) this.#resting.add(queue);
    this.#dueAt = Math.min(this.#dueAt, queue.retryAt);
    this.#active.add(queue);
  }

  #settle(entry: QueueEntry<H>): void {
    const { queue } = entry;
    if (entry.phase === 'unanswered') this.#unanswered -= 1;
    const wasHeld = queue.isHeld;
    queue.settle(entry);
    this.#entries.delete(entry.handle.id);
    this.#bytes -= entry.bytes;
    if (wasHeld) this.#active.add(queue); // It may have waited for this answer.
    if (!queue.isEmpty) return;
    this.#queues.delete(queue.to);
    for (const queues of [this.#active, this.#uncommitted, this.#resting]) queues.delete(queue);
  }
}
