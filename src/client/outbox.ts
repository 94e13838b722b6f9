/**
 * What is on its way out: queued until the server answers, in order for each target, at most a window unanswered; then
 * followed until it is delivered. Pure: frames and times go in, frames to send and changes come out.
 *
 * Order (R16): each target has a lane. A retryable refusal holds the whole lane: what is in flight behind the refused
 * message is waited for, then the first of the lane is tried alone until it is settled, then the rest follows. What was in
 * flight behind the refused message at that moment is the server's to refuse too; if it stores it, that order is lost.
 */
import type { ErrorFrame } from '../protocol/frames/error.js';
import type { Message } from '../protocol/frames/message.js';
import type { Status } from '../protocol/frames/status.js';
import { CLIENT, WIRE } from '../protocol/limits.js';
import type { MessageState } from './events.js';

/** What the owner keeps of a message. An id is used once at a time, whatever its target: `stored` names ids alone. */
export interface Handle {
  readonly id: string;
  readonly to: string;
}

/** A message changed its state, or is no longer followed (too many are). */
export interface Change<H extends Handle> {
  readonly handle: H;
  readonly state: MessageState | 'unfollowed';
  /** `stored`: the server had it before (R8). */
  readonly duplicate?: boolean;
  /** Why it failed; with `queued`: why it has to wait and is tried again. */
  readonly refusal?: ErrorFrame;
}

interface Entry<H> {
  readonly handle: H;
  readonly body: string;
  readonly bytes: number;
  readonly lane: Lane<H>;
  /** Counts all that was ever added. */
  readonly order: number;
  phase: 'unsent' | 'unanswered' | 'settled';
}

/** All that is queued for one target, in the order of sending. */
interface Lane<H> {
  readonly to: string;
  readonly entries: Entry<H>[];
  /** Everything before it is settled. */
  head: number;
  /** Where sending goes on. Without a hold, everything before it was sent. */
  next: number;
  unanswered: number;
  hold: Hold | undefined;
}

interface Hold {
  phase: 'resting' | 'due' | 'trying';
  retryAt: number;
  refusals: number;
}

/** A settled head of this many entries is cut off. */
const LANE_SLACK = 1_024;

export class Outbox<H extends Handle> {
  readonly #entries = new Map<string, Entry<H>>();
  readonly #lanes = new Map<string, Lane<H>>();
  /** Lanes that may have something to send, in turn. */
  readonly #active = new Set<Lane<H>>();
  /** Lanes whose next entry is not durable yet. */
  readonly #uncommitted = new Set<Lane<H>>();
  readonly #held = new Set<Lane<H>>();
  /** Stored, not yet delivered, oldest first. */
  readonly #awaiting = new Map<string, H>();
  #bytes = 0;
  #orders = 0;
  #durable = -1;
  #window = 0;
  #unanswered = 0;
  #dueAt = Number.POSITIVE_INFINITY;

  /** `random`: 0 ≤ random < 1, for the jitter of retries. */
  constructor(private readonly random: () => number) {}

  /** How many messages the server has not answered for good. */
  get queued(): number {
    return this.#entries.size;
  }

  /** How many are stored and not known to be delivered. */
  get awaiting(): number {
    return this.#awaiting.size;
  }

  /** All that is queued or awaits delivery. */
  *handles(): Iterable<H> {
    for (const { handle } of this.#entries.values()) yield handle;
    yield* this.#awaiting.values();
  }

  /** Whether one more message with a body of this size has room. */
  hasRoom(bytes: number): boolean {
    return this.#entries.size < CLIENT.maxQueued && this.#bytes + bytes <= CLIENT.maxQueuedBytes;
  }

  /** Whether the id is in use: queued, or awaiting delivery. */
  has(id: string): boolean {
    return this.#entries.has(id) || this.#awaiting.has(id);
  }

  /** Puts a message at the end of its lane; `bytes` is its body's size. It leaves after `commit`, which takes its order. */
  add(handle: H, body: string, bytes: number): number {
    const lane = this.#laneOf(handle.to);
    const entry: Entry<H> = { handle, body, bytes, lane, order: this.#orders++, phase: 'unsent' };
    lane.entries.push(entry);
    this.#entries.set(handle.id, entry);
    this.#bytes += bytes;
    this.#active.add(lane);
    return entry.order;
  }

  /** Everything added up to this order is durable, and may leave. */
  commit(order: number): void {
    this.#durable = Math.max(this.#durable, order);
    for (const lane of this.#uncommitted) this.#active.add(lane);
    this.#uncommitted.clear();
  }

  /** It could not be made durable: as if it had never been added. */
  withdraw(id: string): void {
    const entry = this.#entries.get(id);
    if (entry) this.#settle(entry);
  }

  /** Follows a message that an earlier process knew as stored. */
  follow(handle: H): void {
    this.#awaiting.set(handle.id, handle);
  }

  /** Logged in: everything unanswered is sent again, in order, with the same ids. Returns what to ask of the rest. */
  online(window: number): Status[] {
    this.offline();
    this.#window = window;
    return statusOf(this.#awaiting.values());
  }

  /** The connection is gone: nothing can be sent. */
  offline(): void {
    this.#window = 0;
    this.#unanswered = 0;
    for (const entry of this.#entries.values()) entry.phase = 'unsent';
    for (const lane of this.#lanes.values()) {
      lane.unanswered = 0;
      lane.next = lane.head;
      if (lane.hold?.phase === 'trying') lane.hold.phase = 'due';
      this.#active.add(lane);
    }
  }

  /** What leaves now, in order for each target and in turn between targets: up to the window, and about so many bytes. */
  take(maxBytes: number): Message[] {
    const frames: Message[] = [];
    let bytes = 0;
    for (const lane of this.#active) {
      if (this.#unanswered >= this.#window || bytes >= maxBytes) break;
      this.#active.delete(lane);
      const entry = this.#nextOf(lane);
      if (!entry) continue;
      entry.phase = 'unanswered';
      this.#unanswered += 1;
      lane.unanswered += 1;
      lane.next += 1;
      if (lane.hold) lane.hold.phase = 'trying';
      else this.#active.add(lane); // at the end: the others come first
      const { handle, body } = entry;
      frames.push({ type: 'message', id: handle.id, to: handle.to, body });
      bytes += entry.bytes;
    }
    return frames;
  }

  /** R11: the server has these. */
  stored(ids: readonly string[], duplicates?: readonly string[]): Change<H>[] {
    const changes: Change<H>[] = [];
    const known = duplicates && new Set(duplicates);
    for (const id of ids) {
      const entry = this.#entries.get(id);
      if (!entry) continue; // An answer to `status`, or to a message that was sent twice.
      this.#settle(entry);
      this.#awaiting.set(id, entry.handle);
      changes.push({ handle: entry.handle, state: 'stored', duplicate: known?.has(id) ?? false });
    }
    for (const [id, handle] of this.#awaiting) {
      if (this.#awaiting.size <= CLIENT.maxAwaiting) break;
      this.#awaiting.delete(id);
      changes.push({ handle, state: 'unfollowed' });
    }
    return changes;
  }

  /** The target acked these. May come before the `stored` of a message that was sent twice; it says as much. */
  delivered(to: string, ids: readonly string[]): Change<H>[] {
    const early = ids.filter((id) => this.#entries.get(id)?.handle.to === to);
    const changes = early.length > 0 ? this.stored(early) : [];
    for (const id of ids) {
      const handle = this.#awaiting.get(id);
      if (handle?.to !== to) continue;
      this.#awaiting.delete(id);
      changes.push({ handle, state: 'delivered' });
    }
    return changes;
  }

  /** The server refused a message: for good, or for now. Undefined when the refusal is of nothing that is known here. */
  refused(refusal: ErrorFrame, now: number): Change<H> | undefined {
    const { id = '', to, code, retry } = refusal;
    const followed = this.#awaiting.get(id);
    if (followed && followed.to === to && code === 'unknown-id') {
      this.#awaiting.delete(id);
      return { handle: followed, state: 'failed', refusal };
    }
    const entry = this.#entries.get(id);
    if (entry?.phase !== 'unanswered' || (to !== undefined && to !== entry.handle.to)) return undefined;
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
    for (const lane of this.#held) {
      if (lane.hold?.phase !== 'resting') continue;
      if (lane.hold.retryAt <= now) {
        lane.hold.phase = 'due';
        this.#active.add(lane);
      } else this.#dueAt = Math.min(this.#dueAt, lane.hold.retryAt);
    }
  }

  #laneOf(to: string): Lane<H> {
    let lane = this.#lanes.get(to);
    if (!lane) {
      lane = { to, entries: [], head: 0, next: 0, unanswered: 0, hold: undefined };
      this.#lanes.set(to, lane);
    }
    return lane;
  }

  /** What this lane may send now, if anything. */
  #nextOf(lane: Lane<H>): Entry<H> | undefined {
    const { hold, entries } = lane;
    if (hold && (hold.phase !== 'due' || lane.unanswered > 0)) return undefined; // R16: the first alone
    while (entries[lane.next]?.phase === 'settled') lane.next += 1;
    const entry = entries[lane.next];
    if (!entry || entry.order <= this.#durable) return entry;
    this.#uncommitted.add(lane);
    return undefined;
  }

  /** Refused for now: the lane rests, ever longer, and then tries its first message alone. */
  #postpone(entry: Entry<H>, now: number): void {
    const { lane } = entry;
    this.#answered(lane);
    entry.phase = 'unsent';
    lane.next = lane.head;
    if (lane.hold && lane.hold.phase !== 'trying') return; // One of those that were in flight behind it.
    const refusals = lane.hold?.refusals ?? 0;
    const ceiling = Math.min(CLIENT.backoffCapMs, CLIENT.backoffBaseMs * 2 ** refusals);
    const retryAt = now + Math.floor(this.random() * ceiling);
    lane.hold = { phase: 'resting', retryAt, refusals: refusals + 1 };
    this.#held.add(lane);
    this.#dueAt = Math.min(this.#dueAt, retryAt);
  }

  #settle(entry: Entry<H>): void {
    const { lane } = entry;
    const wasSent = entry.phase === 'unanswered';
    entry.phase = 'settled';
    this.#entries.delete(entry.handle.id);
    this.#bytes -= entry.bytes;
    if (wasSent) {
      this.#answered(lane);
      if (lane.hold?.phase === 'trying') this.#unhold(lane);
    }
    while (lane.entries[lane.head]?.phase === 'settled') lane.head += 1;
    if (lane.head === lane.entries.length) this.#drop(lane);
    else if (lane.head >= LANE_SLACK && lane.head * 2 > lane.entries.length) trim(lane);
  }

  #answered(lane: Lane<H>): void {
    this.#unanswered -= 1;
    lane.unanswered -= 1;
    if (lane.hold) this.#active.add(lane); // It may be the last that was waited for.
  }

  #unhold(lane: Lane<H>): void {
    lane.hold = undefined;
    this.#held.delete(lane);
    this.#active.add(lane);
  }

  #drop(lane: Lane<H>): void {
    this.#lanes.delete(lane.to);
    this.#active.delete(lane);
    this.#uncommitted.delete(lane);
    this.#held.delete(lane);
  }
}

function trim(lane: Lane<unknown>): void {
  lane.entries.splice(0, lane.head);
  lane.next = Math.max(lane.next - lane.head, 0);
  lane.head = 0;
}

/** Questions about the state of these, one target a frame. */
function statusOf(handles: Iterable<Handle>): Status[] {
  const idsByTarget = new Map<string, string[]>();
  for (const { to, id } of handles) {
    const ids = idsByTarget.get(to);
    if (ids) ids.push(id);
    else idsByTarget.set(to, [id]);
  }
  const frames: Status[] = [];
  for (const [to, ids] of idsByTarget) {
    for (let first = 0; first < ids.length; first += WIRE.maxIdsPerFrame) {
      frames.push({ type: 'status', to, ids: ids.slice(first, first + WIRE.maxIdsPerFrame) });
    }
  }
  return frames;
}
