/** A Client without a server: tests decide what happens to its messages. */
import type { Client, ClientEnd, ClientEvent, MessageRef, UnsendOutcome } from '../../src/client/api/client.js';
import type { ErrorFrame } from '../../src/protocol/frames/error.js';
import { deferred } from '../harness/deferred.js';

export interface Sent {
  readonly id: string;
  readonly to: string;
  readonly body: string;
}

export class FakeClient implements Client {
  readonly sent: Sent[] = [];
  /** The peers whose messages were read. */
  readonly read: string[] = [];
  queued = 0;
  isClosed = false;
  readonly #end = deferred<ClientEnd>();
  readonly #states = new Map<string, 'queued' | 'stored'>();
  readonly #listeners = new Set<(event: ClientEvent) => void>();

  get ended(): Promise<ClientEnd> {
    return this.#end.promise;
  }

  markRead(peer: string): void {
    this.read.push(peer);
  }

  send(to: string, body: string, { id = `id-${this.sent.length + 1}` } = {}) {
    if (this.#states.has(id)) return this.#outgoing(id, to);
    this.#states.set(id, 'queued');
    this.sent.push({ id, to, body });
    this.queued += 1;
    this.emit({ type: 'state', id, to, state: 'queued' });
    return this.#outgoing(id, to);
  }

  track(): void {}

  /** What was taken back, and with which outcome. */
  readonly unsent: string[] = [];
  unsendOutcome: UnsendOutcome = 'unsent';

  async unsend({ id }: MessageRef): Promise<UnsendOutcome> {
    this.unsent.push(id);
    return this.unsendOutcome;
  }

  retry(): void {
    this.emit({ type: 'connecting', attempt: 2 });
  }

  subscribe(listener: (event: ClientEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async close(): Promise<void> {
    this.isClosed = true;
    this.end({ reason: 'closed' });
  }

  // For tests.

  emit(event: ClientEvent): void {
    for (const listener of this.#listeners) listener(event);
  }

  end(end: ClientEnd): void {
    this.#end.resolve(end);
  }

  stored(index: number, duplicate = false): void {
    this.#settle(index, { state: 'stored', ...(duplicate && { duplicate }) });
  }

  delivered(index: number): void {
    const { id, to } = this.#at(index);
    this.emit({ type: 'state', id, to, state: 'delivered' });
  }

  refused(index: number, refusal: ErrorFrame): void {
    this.#settle(index, { state: 'failed', refusal });
  }

  /** Refused for now: the client would try again later. */
  postponed(index: number, refusal: ErrorFrame): void {
    const { id, to } = this.#at(index);
    this.emit({ type: 'state', id, to, state: 'queued', refusal });
  }

  #outgoing(id: string, to: string) {
    const never = new Promise<never>(() => {});
    return {
      id,
      to,
      stage: this.#states.get(id) ?? ('added' as const),
      queued: Promise.resolve(),
      stored: never,
      delivered: never,
    };
  }

  #settle(index: number, rest: { state: 'stored' | 'failed'; duplicate?: boolean; refusal?: ErrorFrame }): void {
    const { id, to } = this.#at(index);
    this.queued -= 1;
    if (rest.state === 'stored') this.#states.set(id, 'stored');
    else this.#states.delete(id);
    this.emit({ type: 'state', id, to, ...rest });
  }

  #at(index: number): Sent {
    const sent = this.sent[index];
    if (!sent) throw new Error(`nothing was sent at ${index}`);
    return sent;
  }
}
