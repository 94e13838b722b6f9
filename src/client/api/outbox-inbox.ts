/** Connects outbox, inbox, state folder and events of one client. It survives reconnects. */
import { errorFrame } from '../../protocol/error-frames.js';
import type { ClientFrame, ServerFrame } from '../../protocol/frame-catalogue.js';
import type { Login } from '../../protocol/frames/login.js';
import type { UnsendOutcome } from '../../protocol/frames/unsend.js';
import type { Welcome } from '../../protocol/frames/welcome.js';
import type { ClientConnection } from '../connection/connection.js';
import type { ClientEvent } from '../events.js';
import { Inbox } from '../inbox/inbox.js';
import { CLIENT } from '../limits.js';
import { tooLargeText, Unsendable } from '../outbox/check-message.js';
import { DeliveryTracking, type MessageRef } from '../outbox/delivery-tracking.js';
import { Outbox, type OutboxChange } from '../outbox/outbox.js';
import { OutboxFull, TrackedMessage } from '../outbox/outgoing-message.js';
import { StatusRequests } from '../outbox/status-requests.js';
import { Unsends } from '../outbox/unsends.js';
import type { ClientPorts } from '../ports.js';
import type { ClientState } from '../state/state-records.js';
import { InboxHandoff, type MarkShown, type MessageHandler } from './inbox-handoff.js';
import { OutboxChanges } from './outbox-changes.js';

interface OutboxInboxOptions {
  /** Undefined: this client receives no messages (mode `send`). */
  readonly handler: MessageHandler | undefined;
  readonly markShown: MarkShown;
  readonly trackDelivery: boolean;
  /** Undefined: nothing is made durable. */
  readonly state: ClientState | undefined;
}

export interface OutboxInboxOwner {
  emit(event: ClientEvent): void;
  /** The client cannot continue. */
  failed(error: unknown): void;
}

export class OutboxInbox {
  readonly #outbox: Outbox<TrackedMessage>;
  readonly #inbox: Inbox;
  readonly #handoff: InboxHandoff;
  readonly #state: ClientState | undefined;
  readonly #statusRequests: StatusRequests;
  readonly #unsends: Unsends;
  readonly #changes: OutboxChanges;
  /** Whose messages were read here: to be told in this session. */
  readonly #read = new Set<string>();
  /** Whether the server tells other devices what was read here. */
  #sharesRead = false;
  /** What waited at the first login ends with this seq; undefined: before it, and when it was told that all of it is handled. */
  #waitingUpTo: number | undefined;
  #hasCaughtUp = false;
  /** Of the newest `welcome`. */
  #maxBodyBytes = Number.POSITIVE_INFINITY;

  constructor(
    private readonly options: OutboxInboxOptions,
    private readonly ports: Pick<ClientPorts, 'clock' | 'random' | 'log' | 'newId'>,
    private readonly connection: ClientConnection,
    private readonly owner: OutboxInboxOwner,
  ) {
    const { state, handler, markShown, trackDelivery } = options;
    this.#state = state;
    this.#outbox = new Outbox(ports.random, trackDelivery);
    this.#statusRequests = new StatusRequests(this.#outbox.tracked);
    this.#changes = new OutboxChanges(state, ports.log, owner);
    this.#inbox = new Inbox(state?.saved.inbox);
    this.#unsends = new Unsends(ports, {
      released: ({ to, id }) => this.#outbox.release(to, id),
      answered: async (message, outcome) => {
        const { to, id } = message;
        // The server has never stored it, and it is not sent any more.
        if (outcome === 'unknown' && this.#outbox.isQueued(to, id)) return this.#forget(message);
        const code = outcome === 'purged' ? 'purged' : 'unsent';
        this.#apply(this.#outbox.unsent(to, id, outcome, errorFrame(code, { id, to })));
        return outcome;
      },
    });
    this.#handoff = new InboxHandoff(this.#inbox, state, {
      markShown,
      maxBatch: handler?.maxBatch ?? (() => 1),
      leaves: handler?.leaves,
      show: (messages) => {
        for (const message of messages) owner.emit({ type: 'message', message });
        return handler?.show(messages);
      },
      onShown: () => {
        if (this.#inbox.unshown < CLIENT.maxUnshown / 2) connection.pause(false);
        connection.wake(); // at the end of this turn also looks whether this client has caught up
      },
      onFailed: (error) => owner.failed(error),
    });
    for (const saved of state?.saved.queued ?? []) {
      const { body, bytes, re } = saved;
      this.#outbox.commit(this.#outbox.add(restore(saved, 'queued'), body, bytes, re, true));
    }
    for (const ref of state?.saved.awaiting ?? []) this.#outbox.track(restore(ref, 'stored'));
    for (const ref of state?.saved.gone ?? []) this.#outbox.trackGone(restore(ref, 'queued'));
  }

  get queued(): number {
    return this.#outbox.queued;
  }

  get hasUnacked(): boolean {
    return this.#inbox.hasUnacked;
  }

  /** See `Inbox.last`. */
  get lastReceived(): Login['last'] {
    return this.#inbox.last;
  }

  /** Saves and shows what has been received, also by an earlier process. */
  processInbox(): void {
    this.#handoff.run();
    if (this.#hasHandledWaiting()) {
      this.#waitingUpTo = undefined;
      this.#hasCaughtUp = true;
      this.owner.emit({ type: 'caught-up' });
    }
  }

  /** Only while online: so that what was shown can be acked. */
  #hasHandledWaiting(): boolean {
    const seq = this.#waitingUpTo;
    return seq !== undefined && this.connection.isOnline && this.#handoff.isIdle && this.#inbox.isTakenUpTo(seq);
  }

  /**
   * Sends the same message once: if it is on its way, returns that one.
   * @param bytes of the body, as UTF-8.
   * @throws Unsendable @throws OutboxFull
   */
  send(message: TrackedMessage, body: string, bytes: number, re?: string): TrackedMessage {
    const known = message.hasChosenId ? this.#find(message, body) : undefined;
    if (known) return known;
    this.#add(message, body, bytes, re);
    return message;
  }

  /** The same for a message that the caller has already, because it was sent before the state folder was open: never throws. */
  sendBuffered(message: TrackedMessage, body: string, bytes: number, re?: string): void {
    try {
      const known = this.#find(message, body);
      if (known) {
        message.reach(known.stage);
        this.#outbox.replace(message); // nobody in this process has the other object
      } else this.#add(message, body, bytes, re);
    } catch (error) {
      message.fail(error as Error);
    }
  }

  #find({ id, to }: TrackedMessage, body: string): TrackedMessage | undefined {
    const { message, body: queued } = this.#outbox.find(id) ?? {};
    if (message === undefined) return undefined;
    const isSameBody = queued === undefined ? message.mayHaveBody(body) : queued === body;
    if (message.to === to && isSameBody) return message;
    throw new Unsendable('id', 'invalid', `the id ${id} is that of another message on its way`);
  }

  #add(message: TrackedMessage, body: string, bytes: number, re: string | undefined): void {
    const { id, to } = message;
    if (!this.#outbox.hasRoom(bytes)) throw new OutboxFull();
    const order = this.#outbox.add(message, body, bytes, re);
    if (!this.#state) {
      this.#added(message, order, bytes);
      return;
    }
    const about = re === undefined ? undefined : { re };
    this.#state.append({ type: 'queued', id, to, body, ...about, at: this.ports.clock.now() }).then(
      () => this.#added(message, order, bytes),
      (error: Error) => {
        this.#outbox.withdraw(id);
        message.fail(error);
      },
    );
  }

  /** It is in the outbox; with a state folder: durable there. */
  #added(message: TrackedMessage, order: number, bytes: number): void {
    this.#outbox.commit(order);
    message.reach('queued');
    this.owner.emit({ type: 'state', id: message.id, to: message.to, state: 'queued' });
    if (bytes > this.#maxBodyBytes) this.#failTooLarge(); // the limit was announced after `send` had checked it
    this.connection.wake();
  }

  /** Skips messages that are queued or tracked already. */
  track(messages: readonly MessageRef[]): void {
    const added = new DeliveryTracking<TrackedMessage>();
    for (const ref of messages) {
      if (this.#outbox.find(ref.id)) continue;
      const message = restore(ref, 'stored');
      this.#outbox.track(message);
      added.add(message);
    }
    this.#statusRequests.add(added.statusRequests());
    this.connection.wake();
  }

  /** See `Client.unsend`. */
  unsend(message: MessageRef): Promise<UnsendOutcome> {
    if (this.#outbox.hold(message.to, message.id) === 'unsent') return this.#forget(message);
    const answer = this.#unsends.add(message);
    this.connection.wake();
    return answer;
  }

  /** Takes a message that the server does not have out of the outbox. */
  async #forget({ to, id }: MessageRef): Promise<UnsendOutcome> {
    const refusal = errorFrame('unsent', { id, to });
    this.#outbox.hold(to, id);
    try {
      // Only what is durably gone is reported as unsent: the next process must not send it.
      await this.#state?.append({ type: 'failed', id, reason: refusal.code });
    } catch (error) {
      this.#outbox.release(to, id);
      this.connection.wake();
      throw error;
    }
    for (const change of this.#outbox.unsent(to, id, 'unsent', refusal)) this.#changes.publish(change);
    this.connection.wake();
    return 'unsent';
  }

  /** Tells the user's other devices that everything from this peer that was shown here was read. Best effort. */
  markRead(peer: string): void {
    if (!this.#sharesRead) return;
    this.#read.add(peer);
    this.connection.wake();
  }

  welcome({ epoch, device, delivered, pending, missed = 0, history = 0, window, maxBodyBytes }: Welcome): void {
    if (this.options.handler) {
      const previous = this.#inbox.welcome(epoch, delivered, missed, history);
      if (previous !== undefined) this.owner.emit({ type: 'new-epoch', epoch, previous });
      if (missed > 0) this.owner.emit({ type: 'missed', count: missed });
      if (!this.#hasCaughtUp && (this.#waitingUpTo === undefined || previous !== undefined))
        this.#waitingUpTo = delivered + pending;
      if (history > delivered) this.owner.emit({ type: 'history', count: history - delivered });
    }
    this.#sharesRead = device !== undefined;
    this.#statusRequests.online(this.#outbox.online(window), this.ports.clock.monotonic());
    this.#unsends.online();
    this.#maxBodyBytes = maxBodyBytes;
    this.#failTooLarge();
  }

  offline(): void {
    this.#statusRequests.offline();
    this.#sharesRead = false;
    this.#read.clear();
    this.#outbox.offline();
    this.#unsends.offline();
  }

  received(frame: ServerFrame): void {
    switch (frame.type) {
      case 'stored':
        // R11: the server has these
        if (frame.to === undefined) this.#apply(this.#outbox.stored(frame.ids, frame.duplicates));
        else {
          this.#statusRequests.unchanged(frame.to, frame.ids);
          this.#apply(this.#outbox.found(frame.to, frame.ids));
        }
        break;
      case 'delivered':
        this.#apply(this.#outbox.delivered(frame.to, frame.ids));
        break;
      case 'unsend':
        this.#unsends.answered(frame);
        break;
      case 'error': {
        if (this.#unsends.refused(frame)) break;
        const change = this.#outbox.refused(frame, this.ports.clock.monotonic());
        if (change) this.#apply([change]);
        else if (frame.code !== 'purged' && frame.code !== 'unsent')
          this.ports.log.warn('refused', { code: frame.code, id: frame.id, to: frame.to, field: frame.field });
        break;
      }
      case 'read':
        this.owner.emit({ type: 'read', peer: frame.from, epoch: frame.epoch, seq: frame.seq });
        break;
      case 'message': {
        const arrival = this.options.handler ? this.#inbox.push(frame) : undefined;
        if (!arrival) this.connection.protocolError('a message in mode send');
        else if (arrival === 'gap') this.connection.protocolError(`message ${frame.seq} does not follow`);
        else if (arrival === 'another') {
          this.connection.protocolError(`message ${frame.seq} is not the one that was received with this number`);
        } else if (this.#inbox.unshown > CLIENT.maxUnshown) this.connection.pause(true);
        break;
      }
    }
  }

  /** The frames to send now, with messages of about `maxBytes` at most. */
  flush(maxBytes: number): readonly ClientFrame[] {
    const seq = this.#inbox.takeAck();
    const messages = this.#outbox.take(maxBytes);
    const isUsual = seq === undefined && this.#statusRequests.isEmpty && this.#read.size === 0;
    if (isUsual && this.#unsends.isEmpty) return messages;
    const shown = this.#inbox.shownUpTo;
    const read = shown ? [...this.#read].map((from) => ({ type: 'read', from, ...shown }) as const) : [];
    // A message that was sent before is found by an `unsend` that follows it.
    const frames: ClientFrame[] = [...this.#statusRequests.take(), ...messages, ...this.#unsends.take(), ...read];
    this.#read.clear();
    if (seq !== undefined) frames.push({ type: 'ack', seq }); // R12: one cumulative ack
    return frames;
  }

  nextDeadline(): number {
    return Math.min(this.#outbox.nextDeadline(), this.#statusRequests.nextDeadline(), this.#unsends.nextDeadline());
  }

  tick(now: number): void {
    this.#outbox.tick(now);
    this.#statusRequests.tick(now);
    this.#unsends.tick(now);
  }

  /** Shows no further messages. Resolves when the current ones were shown. */
  stop(): Promise<void> {
    return this.#handoff.stop();
  }

  /** Rejects the promises of all messages that are queued or tracked. */
  failAll(error: Error): void {
    for (const message of this.#outbox.messages()) message.fail(error);
    this.#unsends.failAll(error);
  }

  /** Messages that are larger than this server takes fail without being sent, and do not block those behind them. */
  #failTooLarge(): void {
    const taken = this.#outbox.takeLargerThan(this.#maxBodyBytes);
    this.#apply(
      taken.map(({ message, bytes }) => {
        const { id, to } = message;
        const reason = tooLargeText(bytes, this.#maxBodyBytes);
        const refusal = { ...errorFrame('too-large', { id, to, field: 'body' }), message: reason };
        return { message, state: 'failed', refusal };
      }),
    );
  }

  #apply(changes: readonly OutboxChange<TrackedMessage>[]): void {
    for (const { message, state } of changes)
      if (state === 'delivered' || state === 'failed') this.#statusRequests.settled(message);
    this.#changes.apply(changes);
  }
}

/** A message of an earlier process. */
function restore({ id, to }: MessageRef, stage: 'queued' | 'stored'): TrackedMessage {
  const message = new TrackedMessage(id, to);
  message.reach(stage);
  return message;
}
