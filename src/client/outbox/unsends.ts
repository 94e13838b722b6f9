/** What was asked of the server about own messages that are taken back. A request is sent again after a reconnect. Pure but for promises. */
import type { Clock } from '../../io/clock.js';
import type { ErrorFrame } from '../../protocol/frames/error.js';
import type { Unsend, UnsendOutcome, UnsendReply } from '../../protocol/frames/unsend.js';
import { CLIENT } from '../limits.js';
import type { MessageRef } from './delivery-tracking.js';
import { SendRefused } from './outgoing-message.js';

/** The server has not answered within CLIENT.requestTimeoutMs: an older one does not know what it was asked. */
export class UnsendUnanswered extends Error {
  override readonly name = 'UnsendUnanswered';
  constructor() {
    super('the server has not answered: it may be an older one');
  }
}

interface Request {
  readonly message: MessageRef;
  readonly resolve: (outcome: UnsendOutcome) => void;
  readonly reject: (error: Error) => void;
  /** Infinity as long as it is not sent in this session. */
  timeoutAt: number;
}

interface UnsendsOwner {
  /** Resolves with what the caller gets. */
  answered(message: MessageRef, outcome: UnsendOutcome): Promise<UnsendOutcome>;
  /** There is no outcome: the message goes on. */
  released(message: MessageRef): void;
}

export class Unsends {
  /** By the id of the frame, oldest first. */
  readonly #requests = new Map<string, Request>();
  #unsent: string[] = [];

  constructor(
    private readonly ports: { readonly clock: Pick<Clock, 'monotonic'>; readonly newId: () => string },
    private readonly owner: UnsendsOwner,
  ) {}

  /** Whether there is nothing to send. */
  get isEmpty(): boolean {
    return this.#unsent.length === 0;
  }

  /** Resolves with the answer. */
  add(message: MessageRef): Promise<UnsendOutcome> {
    return new Promise((resolve, reject) => {
      const id = this.ports.newId();
      this.#requests.set(id, { message, resolve, reject, timeoutAt: Number.POSITIVE_INFINITY });
      this.#unsent.push(id);
    });
  }

  online(): void {
    this.#unsent = [...this.#requests.keys()];
  }

  offline(): void {
    for (const request of this.#requests.values()) request.timeoutAt = Number.POSITIVE_INFINITY;
  }

  /** The frames to send now. */
  take(): Unsend[] {
    return this.#unsent.splice(0).flatMap((id) => {
      const request = this.#requests.get(id);
      if (!request) return [];
      request.timeoutAt = this.ports.clock.monotonic() + CLIENT.requestTimeoutMs;
      return [{ type: 'unsend', id, to: request.message.to, ids: [request.message.id] }];
    });
  }

  answered({ id, outcomes: [outcome = 'unknown'] }: UnsendReply): void {
    const request = this.#take(id);
    if (request) this.owner.answered(request.message, outcome).then(request.resolve, request.reject);
  }

  /** Whether this is an answer to a request. */
  refused(refusal: ErrorFrame): boolean {
    const request = this.#take(refusal.id ?? '');
    if (request) this.#end(request, new SendRefused(refusal));
    return request !== undefined;
  }

  /** When to call `tick`; Infinity: never. */
  nextDeadline(): number {
    let next = Number.POSITIVE_INFINITY;
    for (const { timeoutAt } of this.#requests.values()) next = Math.min(next, timeoutAt);
    return next;
  }

  tick(now: number): void {
    for (const [id, request] of this.#requests) {
      if (request.timeoutAt > now) continue;
      this.#requests.delete(id);
      this.#end(request, new UnsendUnanswered());
    }
  }

  failAll(error: Error): void {
    for (const { reject } of this.#requests.values()) reject(error);
    this.#requests.clear();
  }

  #take(id: string): Request | undefined {
    const request = this.#requests.get(id);
    this.#requests.delete(id);
    return request;
  }

  #end({ message, reject }: Request, error: Error): void {
    this.owner.released(message);
    reject(error);
  }
}
