/**
 * The inbound path of one connection: a message is handled as soon as it is received, or waits for its turn while the socket is
 * not read: when the share of this turn is used up, when too much is pending, or when the user has sent too fast.
 */

import type { Clock } from '../io/clock.js';
import type { Transport } from '../io/transport.js';
import { SESSION } from './limits.js';
import type { Rate } from './rates.js';
import { TurnShare, type Turns } from './turns.js';

interface InboundOwner {
  /** Handles one message, as the transport received it. Returns the number of its frames. */
  handle(text: string | undefined, bytes: number): number;
  /** Whether so little is pending, or unread by the peer, that a blocked connection goes on. */
  readonly isDrained: boolean;
}

interface Received {
  readonly text: string | undefined;
  readonly bytes: number;
}

export class Inbound {
  readonly #share: TurnShare;
  #waiting: Received[] = [];
  /** The socket is not read. */
  #isPaused = false;
  /** Nothing is handled until `resume`. */
  #isBlocked = false;
  #isScheduled = false;
  #rate: Rate | undefined;

  constructor(
    private readonly transport: Transport,
    private readonly deps: { readonly clock: Clock; readonly turns: Turns },
    private readonly owner: InboundOwner,
  ) {
    this.#share = new TurnShare(deps.turns);
  }

  received(text: string | undefined, bytes: number): void {
    if (!this.#isPaused && this.#share.hasRoom()) {
      this.#handle(text, bytes);
      return;
    }
    this.#waiting.push({ text, bytes });
    if (this.#isPaused) return;
    this.#pause();
    this.#schedule();
  }

  /** The socket is read, and nothing waits. */
  get isQuiet(): boolean {
    return !this.#isPaused && !this.#isBlocked;
  }

  /** From now on the messages of this connection count for the rate of its user. */
  limit(rate: Rate | undefined): void {
    this.#rate = rate;
  }

  /** A frame that counts for the rate was handled. */
  countMessage(bytes: number): void {
    if (this.#rate === undefined) return;
    this.#rate.spend(bytes);
    if (this.#rate.isSpent(this.deps.clock.monotonic())) this.block(); // Until a `tick`.
  }

  /** Backpressure: a flood is not dropped, the socket is not read. */
  block(): void {
    this.#isBlocked = true;
    this.#pause();
  }

  /** Ends `block`, if nothing is in the way any more. To be called when less is pending, and about every second. */
  resume(): void {
    if (!this.#isBlocked || !this.owner.isDrained || this.#rate?.isSpent(this.deps.clock.monotonic())) return;
    this.#isBlocked = false;
    this.#goOn();
  }

  /** Takes what waits: the connection is closed, and this came before its end. */
  takeWaiting(): readonly Received[] {
    const waiting = this.#waiting;
    this.#waiting = [];
    return waiting;
  }

  #pause(): void {
    if (this.#isPaused) return;
    this.#isPaused = true;
    this.transport.pause();
  }

  #goOn(): void {
    if (this.#waiting.length > 0) {
      this.#schedule();
      return;
    }
    this.#isPaused = false;
    this.transport.resume();
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    this.#share.wantsMore();
    this.deps.clock.defer(() => {
      this.#isScheduled = false;
      this.#handleWaiting();
    });
  }

  #handleWaiting(): void {
    if (this.transport.bufferedBytes > SESSION.maxBufferedBytes) this.block(); // It sends, and does not read the answers.
    const waiting = this.takeWaiting();
    let done = 0;
    while (done < waiting.length && !this.#isBlocked && this.#share.hasRoom()) {
      const { text, bytes } = waiting[done++] as Received;
      this.#handle(text, bytes);
    }
    this.#waiting = waiting.slice(done);
    if (!this.#isBlocked) this.#goOn();
  }

  #handle(text: string | undefined, bytes: number): void {
    this.#share.spend(this.owner.handle(text, bytes), bytes);
  }
}
