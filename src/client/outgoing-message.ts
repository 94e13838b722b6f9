/** One message on its way out, as its sender sees it: what it has reached, and promises for what it has not. */

import { crc32 } from 'node:zlib';
import type { ErrorFrame } from '../protocol/frames/error.js';
import type { ClientEnd } from './events.js';
import { CLIENT } from './limits.js';

/** What a message has reached on its way; `added` is before it is durable in the outbox. */
type Stage = 'added' | 'queued' | 'stored' | 'delivered';

/** Each promise settles once. `stored` and `delivered` reject with SendRefused, NotFollowed or ClientEnded. */
export interface OutgoingMessage {
  readonly id: string;
  readonly to: string;
  /** How far it got. */
  readonly stage: Stage;
  /** It is in the outbox: durable, if there is a state folder; if it cannot be, this rejects and nothing is sent. */
  readonly queued: Promise<void>;
  /** The server has it on disk. */
  readonly stored: Promise<{ readonly duplicate: boolean }>;
  /** The target's client has acked it. */
  readonly delivered: Promise<void>;
}

/** The server refused a message for good: the `error` frame says why. */
export class SendRefused extends Error {
  override readonly name = 'SendRefused';
  constructor(readonly refusal: ErrorFrame) {
    super(refusal.message);
  }
}

/** What becomes of this message, which is stored, is not asked for: so many await delivery, or none is followed. */
export class NotFollowed extends Error {
  override readonly name = 'NotFollowed';
}

/** The client has ended before this could happen. With a state folder the next client goes on with it. */
export class ClientEnded extends Error {
  override readonly name = 'ClientEnded';
  constructor(readonly end: ClientEnd) {
    super(`the client has ended: ${end.detail ? `${end.reason} (${end.detail})` : end.reason}`);
  }
}

/** Too much is queued: wait for `stored` of what was sent before. */
export class OutboxFull extends Error {
  override readonly name = 'OutboxFull';
  constructor() {
    super(`the outbox is full: ${CLIENT.maxQueued} messages or ${CLIENT.maxQueuedBytes} bytes wait for the server`);
  }
}

const STAGES: readonly Stage[] = ['added', 'queued', 'stored', 'delivered'];

interface Waiter {
  readonly stage: number;
  readonly resolve: (value: { readonly duplicate: boolean }) => void;
  readonly reject: (error: Error) => void;
}

/** Makes a promise only for what is looked at: a message that nobody waits for costs none. */
export class TrackedMessage implements OutgoingMessage {
  #reached = 0;
  #duplicate = false;
  #failure: Error | undefined;
  #waiters: Waiter[] | undefined;
  readonly #crc: number | undefined;

  /** @param body if its owner chose the id: another message that is given the same one is told from it, also when its body is gone. */
  constructor(
    readonly id: string,
    readonly to: string,
    body?: string,
  ) {
    this.#crc = body === undefined ? undefined : crc32(body);
  }

  /** Whether the same id could be given again. */
  get hasChosenId(): boolean {
    return this.#crc !== undefined;
  }

  /** Whether that could be its body. */
  mayHold(body: string): boolean {
    return this.#crc === undefined || this.#crc === crc32(body);
  }

  get queued(): Promise<void> {
    return quiet(this.#wait('queued').then(() => undefined));
  }

  get stored(): Promise<{ readonly duplicate: boolean }> {
    return quiet(this.#wait('stored'));
  }

  get delivered(): Promise<void> {
    return quiet(this.#wait('delivered').then(() => undefined));
  }

  get stage(): Stage {
    return STAGES[this.#reached] ?? 'added';
  }

  /** It got so far, and has passed what lies before. */
  reach(stage: Stage, duplicate = false): void {
    this.#reached = Math.max(this.#reached, STAGES.indexOf(stage));
    this.#duplicate ||= duplicate;
    const waiters = this.#waiters;
    if (!waiters) return;
    this.#waiters = waiters.filter((waiter) => waiter.stage > this.#reached);
    for (const waiter of waiters) if (waiter.stage <= this.#reached) waiter.resolve({ duplicate: this.#duplicate });
  }

  /** It gets no further. */
  fail(error: Error): void {
    this.#failure ??= error;
    const waiters = this.#waiters;
    this.#waiters = undefined;
    for (const waiter of waiters ?? []) waiter.reject(this.#failure);
  }

  #wait(stage: Stage): Promise<{ readonly duplicate: boolean }> {
    const wanted = STAGES.indexOf(stage);
    if (this.#reached >= wanted) return Promise.resolve({ duplicate: this.#duplicate });
    if (this.#failure) return Promise.reject(this.#failure);
    return new Promise((resolve, reject) => {
      this.#waiters ??= [];
      this.#waiters.push({ stage: wanted, resolve, reject });
    });
  }
}

/** Nobody has to look: a failure that is not waited for ends no process. Whoever awaits the promise sees it all the same. */
function quiet<T>(promise: Promise<T>): Promise<T> {
  promise.catch(unwatched);
  return promise;
}

const unwatched = (): void => undefined;
