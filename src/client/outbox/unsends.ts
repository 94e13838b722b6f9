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
  readonly answer: Promise<UnsendOutcome>;
  readonly resolve: (outcome: UnsendOutcome) => void;
  readonly reject: (error: Error) => void;
  /** Infinity as long as it is not sent in this session, and when it is answered. */
  timeoutAt: number;
  /** What follows from the answer is not done yet. */
  isAnswered: boolean;
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

  /** Resolves with the answer. The server is asked once about a message, so that the end of one request does not release what another holds. */
  add(message: MessageRef): Promise<UnsendOutcome> {
    for (const { message: asked, answer } of this.#requests.values())
      if (asked.id === message.id && asked.to === message.to) return answer;
    let [resolve, reject]: [Request['resolve'], Request['reject']] = [() => {}, () => {}];
    const answer = new Promise<UnsendOutcome>((...settle) => {
      [resolve, reject] = settle;
    });
    const id = this.ports.newId();
    this.#requests.set(id, {
      message,
      answer,
      resolve,
      reject,
      timeoutAt: Number.POSITIVE_INFINITY,
      isAnswered: false,
    });
    this.#unsent.push(id);
    return answer;
  }

  online(): void {
    this.#unsent = [...this.#requests].flatMap(([id, { isAnswered }]) => (isAnswered ? [] : id));
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
    const request = this.#requests.get(id);
    if (request === undefined || request.isAnswered) return;
    request.isAnswered = true;
    request.timeoutAt = Number.POSITIVE_INFINITY;
    this.owner
      .answered(request.message, outcome)
      .then(request.resolve, request.reject)
      .finally(() => this.#requests.delete(id));
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
