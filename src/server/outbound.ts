/**
 * The way out of one connection: replies and pushes gather until the end of the turn and leave in one write.
 * Nudge → window → mailbox → codec → wire: the one path of delivery, for backlog and live messages alike.
 */
import type { Clock } from '../io/clock.js';
import type { Transport } from '../io/transport.js';
import type { ServerFrame } from '../protocol/frame-catalogue.js';
import type { Claim, ReadMessage, Store } from '../store/store.js';
import { DeliveryWindow } from './delivery-window.js';
import { SESSION } from './limits.js';
import type { Metrics } from './metrics.js';
import { OutboundFrames } from './outbound-frames.js';
import { ReplayQueue } from './replay-queue.js';

interface OutboundPorts {
  readonly store: Store;
  readonly clock: Clock;
  readonly metrics: Metrics;
}

/** `idle`: caught up, or waiting for an ack. `nudged`: there may be something to read. `reading`: a read is under way. */
type Pump = 'idle' | 'nudged' | 'reading' | 'reading, nudged';

/** Replayed messages between two looks at whether the peer reads. */
const REPLAYS_AT_A_TIME = 64;
const ONE = { messages: 1, bytes: 0 };

export class Outbound {
  readonly #outgoing = new OutboundFrames();
  readonly #replays = new ReplayQueue();
  #user = '';
  #window: DeliveryWindow | undefined;
  #pump: Pump = 'idle';
  #turnEnds = false;

  constructor(
    private readonly transport: Transport,
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
    return this.transport.bufferedBytes > SESSION.maxBufferedBytes;
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

  /** Everything that is not acked is pushed again. */
  pushAgain(): void {
    this.#window?.rewind();
    this.nudge();
  }

  /** These are pushed again, marked, though they are delivered. */
  replay(replay: string, seqs: readonly number[]): void {
    this.#replays.add(replay, seqs);
    this.nudge();
  }

  /** How many messages more can be replayed now. */
  get replayRoom(): number {
    return this.#replays.room;
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
    for (const text of this.#outgoing.take()) this.transport.send(text);
  }

  #scheduleTurnEnd(): void {
    if (this.#turnEnds) return;
    this.#turnEnds = true;
    this.ports.clock.defer(() => {
      this.#turnEnds = false;
      if (this.#pump !== 'nudged') {
        this.flush();
        return;
      }
      // What is there leaves together with what is read now, but waits no longer than a turn for it.
      if (!this.#outgoing.isEmpty) this.#scheduleTurnEnd();
      this.#read().then(() => this.flush(), this.failed);
    });
  }

  /** Reads and pushes while there is something to read and room for it. */
  async #read(): Promise<void> {
    for (;;) {
      if (this.isStalled && this.#window !== undefined) {
        this.#pump = 'nudged'; // tick looks again
        return;
      }
      this.#pump = 'reading';
      if (!this.#replays.isEmpty) await this.#pushReplays();
      const room = this.#window?.room();
      if (this.#window === undefined) break;
      if (room === undefined) {
        if (this.#replays.isEmpty) break; // the next ack nudges
        continue;
      }
      const { cursor } = this.#window;
      const messages = await this.ports.store.read(this.#user, cursor, room);
      if (this.#window === undefined) break; // replaced or gone while reading: the next session pushes it
      if (this.#window.cursor !== cursor) continue; // rewound while reading
      this.#push(messages);
      if (messages.length === 0 && this.#replays.isEmpty && (this.#pump as Pump) === 'reading') break;
    }
    this.#pump = 'idle';
  }

  /** Some of what is to be replayed. A message that is not delivered, was purged, or is not kept any more, is left out. */
  async #pushReplays(): Promise<void> {
    for (const { replay, seq } of this.#replays.take(REPLAYS_AT_A_TIME)) {
      const [message] = await this.ports.store.read(this.#user, seq - 1, ONE);
      if (this.#window === undefined) return;
      if (message?.seq === seq && seq <= this.#window.acked && message.purgedAt === undefined)
        this.#add(message, replay);
    }
    this.flush();
  }

  #push(messages: Awaited<ReturnType<Store['read']>>): void {
    this.#window?.push(messages, this.ports.clock.now());
    for (const message of messages) this.#add(message);
  }

  #add({ seq, id, from, body, at, attempts, purgedAt }: ReadMessage, replay?: string): void {
    const attempt = this.#window?.isNoted(seq) ? attempts : attempts + 1;
    const marks = { ...(replay && { replay }), ...(purgedAt !== undefined && { purged: true }) };
    this.#outgoing.add({ type: 'message', seq, id, from, body, at, attempt, ...marks });
    this.ports.metrics.messagesPushed++;
  }
}
