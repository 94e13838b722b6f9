/** An own message as its sender sees it: the stage that it has reached, and promises for the later stages. */

import { crc32 } from 'node:zlib';
import type { ErrorFrame } from '../../protocol/frames/error.js';
import type { ClientEnd } from '../events.js';
import { CLIENT } from '../limits.js';

/** `added`: not durable in the outbox yet. */
type Stage = 'added' | 'queued' | 'stored' | 'delivered';

/** An own message. `stored` and `delivered` reject with SendRefused, NotTracked or ClientEnded. An unhandled rejection is harmless. */
export interface OutgoingMessage {
  readonly id: string;
  readonly to: string;
  /** The last stage that it has reached. */
  readonly stage: Stage;
  /** It is in the outbox; with a state folder: durable. If it rejects, the message is not sent. */
  readonly queued: Promise<void>;
  /** The server has it on disk. `duplicate`: it had it before. */
  readonly stored: Promise<{ readonly duplicate: boolean }>;
  /** The client of the recipient has acked it. */
  readonly delivered: Promise<void>;
}

/** The message is refused for good; `refusal` is the `error` frame. */
export class SendRefused extends Error {
  override readonly name = 'SendRefused';
  constructor(readonly refusal: ErrorFrame) {
    super(refusal.message);
  }
}

/** The message is stored, but its delivery is not tracked: too many messages are, or `trackDelivery` is off. */
export class NotTracked extends Error {
  override readonly name = 'NotTracked';
}

/** The client has ended. With a state folder, the next client continues with the message. */
export class ClientEnded extends Error {
  override readonly name = 'ClientEnded';
  constructor(readonly end: ClientEnd) {
    super(`the client has ended: ${end.detail ? `${end.reason} (${end.detail})` : end.reason}`);
  }
}

/** Too much is queued. Await `stored` of earlier messages, then try again. */
export class OutboxFull extends Error {
  override readonly name = 'OutboxFull';
  constructor() {
    super(`the outbox is full: ${CLIENT.maxQueued} messages or ${CLIENT.maxQueuedBytes} bytes wait for the server`);
  }
}

const STAGES: readonly Stage[] = ['added', 'queued', 'stored', 'delivered'];

interface Waiter {
  /** Index in STAGES. */
  readonly stage: number;
  readonly resolve: (value: { readonly duplicate: boolean }) => void;
  readonly reject: (error: Error) => void;
}

/** Creates a promise only when one is asked for: a message that nobody waits for costs none. */
export class TrackedMessage implements OutgoingMessage {
  /** Index in STAGES. */
  #reached = 0;
  #isDuplicate = false;
  #failure: Error | undefined;
  #waiters: Waiter[] | undefined;
  /** Of the body; only if the caller chose the id. */
  readonly #crc: number | undefined;

  /** @param body only if the caller chose the id: it may send another body with the same id, also when this one is gone. */
  constructor(
    readonly id: string,
    readonly to: string,
    body?: string,
  ) {
    this.#crc = body === undefined ? undefined : crc32(body);
  }

  /** Whether the caller chose the id, and so may use it again. */
  get hasChosenId(): boolean {
    return this.#crc !== undefined;
  }

  /** False when the body is certainly another one. */
  mayHaveBody(body: string): boolean {
    return this.#crc === undefined || this.#crc === crc32(body);
  }

  get queued(): Promise<void> {
    return markHandled(this.#wait('queued').then(() => undefined));
  }

  get stored(): Promise<{ readonly duplicate: boolean }> {
    return markHandled(this.#wait('stored'));
  }

  get delivered(): Promise<void> {
    return markHandled(this.#wait('delivered').then(() => undefined));
  }

  get stage(): Stage {
    return STAGES[this.#reached] ?? 'added';
  }

  /** The message has reached this stage, and so all stages before it. */
  reach(stage: Stage, isDuplicate = false): void {
    this.#reached = Math.max(this.#reached, STAGES.indexOf(stage));
    this.#isDuplicate ||= isDuplicate;
    const waiters = this.#waiters;
    if (!waiters) return;
    this.#waiters = waiters.filter((waiter) => waiter.stage > this.#reached);
    for (const waiter of waiters) if (waiter.stage <= this.#reached) waiter.resolve({ duplicate: this.#isDuplicate });
  }

  /** Rejects the promises of all stages that are not reached. */
  fail(error: Error): void {
    this.#failure ??= error;
    const waiters = this.#waiters;
    this.#waiters = undefined;
    for (const waiter of waiters ?? []) waiter.reject(this.#failure);
  }

  #wait(stage: Stage): Promise<{ readonly duplicate: boolean }> {
    const wanted = STAGES.indexOf(stage);
    if (this.#reached >= wanted) return Promise.resolve({ duplicate: this.#isDuplicate });
    if (this.#failure) return Promise.reject(this.#failure);
    return new Promise((resolve, reject) => {
      this.#waiters ??= [];
      this.#waiters.push({ stage: wanted, resolve, reject });
    });
  }
}

/** Prevents an unhandled rejection when the caller does not look at the promise; whoever awaits it gets the error. */
function markHandled<T>(promise: Promise<T>): Promise<T> {
  promise.catch(ignore);
  return promise;
}

const ignore = (): void => undefined;
