/**
 * The outbound path of one connection: replies and pushes are buffered until the end of the turn and leave in one write.
 * Backlog and live messages are delivered in the same way: nudge → delivery window → mailbox → codec → transport.
 */
import type { Transport } from '../io/transport.js';
import { PushEncoder } from '../protocol/codec.js';
import type { ServerFrame } from '../protocol/frame-catalogue.js';
import { type Claim, type ReadMessage, type SessionEvent, StoreUnavailable } from '../store/store.js';
import { DeliveryWindow, pushesUpTo } from './delivery-window.js';
import type { ServerDependencies } from './dependencies.js';
import { SESSION } from './limits.js';
import { OutboundFrames } from './outbound-frames.js';
import type { AuthenticatedUser } from './session-rules.js';

/** `idle`: caught up, or the window is full. `nudged`: there may be something to read. `reading`: a read is in progress. */
type ReadState = 'idle' | 'nudged' | 'reading' | 'reading, nudged';

/** Replayed messages between two checks for backpressure. */
const REPLAY_BATCH = 64;
/** Messages of one read and one write: half of a window, so that a client saves and acks one half while it gets the other. */
const MAX_PUSH_BATCH = SESSION.maxUnackedMessages / 2;
const ONE = { messages: 1, bytes: 0 };

interface OutboundOwner {
  /** The mailbox cannot be read. */
  readFailed(error: unknown): void;
  /** What follows is no longer kept: the next login of the device learns how much it missed. */
  fellBehind(): void;
}

export class Outbound {
  readonly #frames = new OutboundFrames();
  /** From the first push on. */
  #pushes: PushEncoder | undefined;
  /** Delivered messages that an operator replays, and that are not pushed again yet. */
  readonly #replays: { readonly replay: string; readonly seq: number }[] = [];
  #auth: AuthenticatedUser | undefined;
  #window: DeliveryWindow | undefined;
  /** See `Claim.history`. */
  #history = 0;
  #reading: ReadState = 'idle';
  #isFlushScheduled = false;

  constructor(
    private readonly transport: Transport,
    private readonly deps: Pick<ServerDependencies, 'store' | 'clock' | 'log' | 'metrics'>,
    private readonly owner: OutboundOwner,
  ) {}

  /** The delivery window; undefined without a mailbox, and after `stop`. */
  get window(): DeliveryWindow | undefined {
    return this.#window;
  }

  /** Whether too much is buffered because the peer does not read. */
  get isStalled(): boolean {
    return this.transport.bufferedBytes > SESSION.maxBufferedBytes;
  }

  /** Nothing is buffered, being read, or unacked. */
  get isQuiet(): boolean {
    const isCaughtUp = this.#reading === 'idle' && (this.#window?.isEmpty ?? true);
    return isCaughtUp && !this.#isFlushScheduled && this.#frames.isEmpty && this.transport.bufferedBytes === 0;
  }

  /** Sends a frame at the end of the turn. */
  add(frame: ServerFrame): void {
    this.#frames.add(frame);
    this.#scheduleFlush();
  }

  /** Starts to push this user's mailbox, from the cursor on, with the next nudge (R5). */
  open(auth: AuthenticatedUser, claim: Claim): void {
    this.#auth = auth;
    this.#window = new DeliveryWindow(claim.delivered, claim.missed);
    this.#history = claim.history;
    this.#noteSession(auth, 'began');
  }

  /** The session has its claim, and its peer is gone already: nothing else would tell the store that it has ended. */
  neverOpened(auth: AuthenticatedUser): void {
    this.#noteSession(auth, 'ended');
  }

  /** Stops pushing. Unacked messages count as tried. */
  stop(): void {
    const window = this.#window;
    this.#window = undefined;
    if (window === undefined || this.#auth === undefined) return;
    if (window.pushed > window.acked) this.#noteAttempt(window);
    this.#noteSession(this.#auth, 'ended');
  }

  /** There may be new messages in the mailbox (R10). */
  nudge(): void {
    if (this.#window === undefined) return;
    this.#reading = this.#reading === 'idle' || this.#reading === 'nudged' ? 'nudged' : 'reading, nudged';
    this.#scheduleFlush();
  }

  /** Pushes everything unacked again. */
  redeliver(): void {
    this.#window?.rewind();
    this.nudge();
  }

  /** Pushes these delivered messages again, marked with `replay`. Drops those for which there is no `replayRoom`. */
  replay(replay: string, seqs: readonly number[]): void {
    for (const seq of seqs.slice(0, this.replayRoom)) this.#replays.push({ replay, seq });
    this.nudge();
  }

  /** How many more messages can be replayed now. */
  get replayRoom(): number {
    return SESSION.maxReplays - this.#replays.length;
  }

  /** R12: everything up to `seq` is delivered, and the window moves. */
  ack(seq: number): void {
    if (this.#window === undefined) return;
    this.#window.ack(seq);
    this.nudge();
  }

  /** Tries again to push what waits because the peer had stalled. A message that is unacked for long counts as tried. */
  tick(): void {
    if (this.#reading === 'nudged') this.#scheduleFlush();
    if (this.#window?.isStuck(this.deps.clock.now())) this.#noteAttempt(this.#window);
  }

  /** Sends all buffered frames now. */
  flush(): void {
    if (this.#frames.isEmpty) return;
    for (const text of this.#frames.take()) this.transport.send(text);
  }

  #scheduleFlush(): void {
    if (this.#isFlushScheduled) return;
    this.#isFlushScheduled = true;
    this.deps.clock.defer(() => {
      this.#isFlushScheduled = false;
      if (this.#reading !== 'nudged') {
        this.flush();
        return;
      }
      // Buffered frames leave together with the messages that are read now, but wait at most one turn for them.
      if (!this.#frames.isEmpty) this.#scheduleFlush();
      this.#read().then(
        () => this.flush(),
        (error: unknown) => this.#readFailed(error),
      );
    });
  }

  #readFailed(error: unknown): void {
    if (!(error instanceof StoreUnavailable)) {
      this.owner.readFailed(error);
      return;
    }
    // Nothing is lost: it is in the mailbox. `tick` tries again.
    this.#reading = this.#window === undefined ? 'idle' : 'nudged';
    this.flush();
  }

  /** Reads and pushes as long as there are messages and the window has room. */
  async #read(): Promise<void> {
    const user = this.#auth?.identity.user ?? '';
    for (;;) {
      if (this.isStalled && this.#window !== undefined) {
        this.#reading = 'nudged'; // `tick` tries again
        return;
      }
      this.#reading = 'reading';
      if (this.#replays.length > 0) await this.#pushReplays(user);
      const room = this.#window?.room();
      if (this.#window === undefined) break;
      if (room === undefined) {
        if (this.#replays.length === 0) break; // the window is full; the next ack nudges
        continue;
      }
      const { cursor } = this.#window;
      const limit = { ...room, messages: Math.min(room.messages, MAX_PUSH_BATCH) };
      const messages = await this.deps.store.read(user, cursor, limit, this.#auth);
      if (this.#window === undefined) break; // stopped while reading: the next session pushes these messages
      if (this.#window.cursor !== cursor) continue; // rewound while reading
      if (messages[0] !== undefined && messages[0].seq > cursor + 1) {
        this.owner.fellBehind();
        return;
      }
      this.#window.push(messages, this.deps.clock.now());
      for (const message of messages) this.#add(message);
      this.flush(); // a client works on these while the next are read
      if (messages.length === 0 && this.#replays.length === 0 && (this.#reading as ReadState) === 'reading') break;
    }
    this.#reading = 'idle';
  }

  /** Pushes the next batch of the replay. Skips messages that are undelivered, purged, or not kept any more. */
  async #pushReplays(user: string): Promise<void> {
    for (const { replay, seq } of this.#replays.splice(0, REPLAY_BATCH)) {
      const [message] = await this.deps.store.read(user, seq - 1, ONE);
      if (this.#window === undefined) return;
      if (
        message?.seq === seq &&
        seq <= this.#window.acked &&
        message.purgedAt === undefined &&
        message.to === undefined
      )
        this.#add(message, replay);
    }
    this.flush();
  }

  #add(message: ReadMessage, replay?: string): void {
    const { seq, id, from, body, at, attempts, purgedAt, re } = message;
    const attempt = this.#window?.isNoted(seq) ? attempts : attempts + 1;
    this.deps.metrics.messagesPushed++;
    if (message.to !== undefined) {
      this.#addCopy(message, message.to, attempt);
      return;
    }
    if (message.isPlain && replay === undefined && purgedAt === undefined) {
      this.#pushes ??= new PushEncoder();
      this.#frames.addText(this.#pushes.encode(seq, message, attempt));
      return;
    }
    const marks = {
      ...(replay && { replay }),
      ...(purgedAt === undefined ? re !== undefined && { re } : { purged: true }),
    };
    this.#frames.add({ type: 'message', seq, id, from, body, at, attempt, ...marks });
  }

  /** The device that sent it has it, and one that wants no copies must not get it: they only get its seq. */
  #addCopy({ seq, id, from, body, at, device, re }: ReadMessage, to: string, attempt: number): void {
    const hasIt = device === this.#auth?.device && seq > this.#history;
    const content =
      this.#auth?.copies && !hasIt ? { body, to, ...(re !== undefined && { re }) } : { body: '', purged: true };
    this.#frames.add({ type: 'message', seq, id, from, at, attempt, ...content });
  }

  /** Nothing waits for it, and a failed write is only logged: it only tells when the user was last here. */
  #noteSession({ fence, agent, identity: { user } }: AuthenticatedUser, event: SessionEvent): void {
    const { store, clock, log } = this.deps;
    store
      .noteSession(user, fence, event, clock.now(), event === 'began' ? agent : undefined)
      .catch((error: unknown) => log.warn('session not noted', { user, event, error: String(error) }));
  }

  /** Counts everything pushed in this session as tried, once. A failed write is only logged: the next attempt counts then. */
  #noteAttempt(window: DeliveryWindow): void {
    if (this.#auth === undefined) return;
    const { store, clock, log } = this.deps;
    const { session, fence, identity } = this.#auth;
    const { user } = identity;
    const trail = { session, pushes: pushesUpTo(window.pushes, window.pushed) };
    this.deps.metrics.attempts += window.note();
    store
      .notePushed(user, window.pushed, fence, clock.now(), trail)
      .catch((error: unknown) => log.warn('attempt not noted', { user, error: String(error) }));
  }
}
