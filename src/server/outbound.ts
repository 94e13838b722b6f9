/**
 * The way out of one connection: replies and pushes gather until the end of the turn and leave in one write.
 * Nudge → window → mailbox → codec → wire: the one path of delivery, for backlog and live messages alike.
 */
import type { Clock } from '../io/clock.js';
import type { Wire } from '../io/wire.js';
import type { ServerFrame } from '../protocol/catalogue.js';
import { SESSION } from '../protocol/limits.js';
import type { Claim, Store } from '../store/store.js';
import { DeliveryWindow } from './delivery.js';
import type { Metrics } from './metrics.js';
import { Outgoing } from './outgoing.js';

export interface OutboundPorts {
  readonly store: Store;
  readonly clock: Clock;
  readonly metrics: Metrics;
}

/** `idle`: caught up, or waiting for an ack. `nudged`: there may be something to read. `reading`: a read is under way. */
type Pump = 'idle' | 'nudged' | 'reading' | 'reading, nudged';

export class Outbound {
  readonly #outgoing = new Outgoing();
  #user = '';
  #window: DeliveryWindow | undefined;
  #pump: Pump = 'idle';
  #turnEnds = false;

  constructor(
    private readonly wire: Wire,
    private readonly ports: OutboundPorts,
    /** Told when reading the mailbox failed. */
    private readonly failed: (error: unknown) => void,
  ) {}

  /** The window of a session that has a mailbox and is not over. */
  get window(): DeliveryWindow | undefined {
    return this.#window;
  }

  /** Whether the peer leaves too much unread. */
  get isStalled(): boolean {
    return this.wire.bufferedBytes > SESSION.maxBufferedBytes;
  }

  add(frame: ServerFrame): void {
    this.#outgoing.add(frame);
    this.#scheduleTurnEnd();
  }

  /** From now on this user's mailbox is pushed, from the cursor on (R5). */
  open(user: string, claim: Claim): void {
    this.#user = user;
    this.#window = new DeliveryWindow(claim.delivered);
  }

  /** Nothing more is pushed. Returns the window as it was. */
  stop(): DeliveryWindow | undefined {
    const window = this.#window;
    this.#window = undefined;
    return window;
  }

  /** Something may be in the mailbox (R10). */
  nudge(): void {
    if (this.#window === undefined) return;
    this.#pump = this.#pump === 'idle' || this.#pump === 'nudged' ? 'nudged' : 'reading, nudged';
    this.#scheduleTurnEnd();
  }

  /** R12: everything up to `seq` is delivered; the window opens. */
  settle(seq: number): void {
    if (this.#window === undefined) return;
    this.ports.metrics.messagesDelivered += Math.max(0, seq - this.#window.acked);
    this.#window.settle(seq);
    this.nudge();
  }

  /** What a stalled peer left waiting is looked at again. */
  tick(): void {
    if (this.#pump === 'nudged') this.#scheduleTurnEnd();
  }

  /** Sends now what would leave at the end of the turn. */
  flush(): void {
    if (this.#outgoing.isEmpty) return;
    for (const text of this.#outgoing.take()) this.wire.send(text);
  }

  #scheduleTurnEnd(): void {
    if (this.#turnEnds) return;
    this.#turnEnds = true;
    this.ports.clock.defer(() => {
      this.#turnEnds = false;
      if (this.#pump === 'nudged') this.#read().then(() => this.flush(), this.failed);
      else this.flush();
    });
  }

  /** Reads and pushes while there is something to read and room for it. */
  async #read(): Promise<void> {
    for (;;) {
      const room = this.#window?.room();
      if (this.#window === undefined || room === undefined) break; // over, or the next ack nudges
      if (this.isStalled) {
        this.#pump = 'nudged'; // tick looks again
        return;
      }
      this.#pump = 'reading';
      const messages = await this.ports.store.read(this.#user, this.#window.pushed, room);
      if (this.#window === undefined) break; // replaced or gone while reading: the next session pushes it
      this.#push(messages);
      if (messages.length === 0 && (this.#pump as Pump) === 'reading') break;
    }
    this.#pump = 'idle';
  }

  #push(messages: Awaited<ReturnType<Store['read']>>): void {
    this.#window?.push(messages);
    for (const { seq, id, from, body, at, attempts } of messages) {
      this.#outgoing.add({ type: 'message', seq, id, from, body, at, attempt: attempts + 1 });
    }
    this.ports.metrics.messagesPushed += messages.length;
  }
}
