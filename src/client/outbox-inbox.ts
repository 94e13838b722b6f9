/** What passes between the outbox, the inbox, the state folder and the owner: wiring for one client, whatever the connection does. */

import { CannotWrite } from '../disk/disk-errors.js';
import type { Clock } from '../io/clock.js';
import type { Log } from '../io/log.js';
import { errorFrame } from '../protocol/error-frames.js';
import type { ClientFrame, ServerFrame } from '../protocol/frame-catalogue.js';
import type { Status } from '../protocol/frames/status.js';
import type { Welcome } from '../protocol/frames/welcome.js';
import { tooLargeText, Unsendable } from './check-message.js';
import { DeliveryTracking, type MessageRef } from './delivery-tracking.js';
import type { ClientEvent } from './events.js';
import { Inbox } from './inbox.js';
import { InboxHandoff, type MessageHandler, type ShowMark } from './inbox-handoff.js';
import { CLIENT } from './limits.js';
import { Outbox, type OutboxChange } from './outbox.js';
import { NotFollowed, OutboxFull, SendRefused, TrackedMessage } from './outgoing-message.js';
import type { ClientState, ClientStateRecord } from './state-records.js';

interface OutboxInboxOptions {
  /** Undefined: this client gets no messages (mode `send`). */
  readonly shows: MessageHandler | undefined;
  readonly showMark: ShowMark;
  /** Whether own messages are followed until they are delivered. */
  readonly follows: boolean;
  /** Where everything is kept; without it, in memory. */
  readonly state: ClientState | undefined;
}

interface OutboxInboxPorts {
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Log;
}

/** Whom it serves: the client. */
export interface OutboxInboxOwner {
  emit(event: ClientEvent): void;
  /** There may be something to send. */
  wake(): void;
  /** Stop or start reading. */
  pause(isPaused: boolean): void;
  /** The server broke the protocol. */
  protocolError(detail: string): void;
  /** The client cannot go on. */
  failed(error: unknown): void;
}

export class OutboxInbox {
  /** One for all: it may be thousands a second, and a stack costs more than a message. */
  readonly #notFollowed = new NotFollowed('it is not followed: too many messages await delivery, or none is followed');
  readonly #outbox: Outbox<TrackedMessage>;
  readonly #inbox: Inbox;
  readonly #showing: InboxHandoff;
  readonly #state: ClientState | undefined;
  /** Questions about the state of earlier messages, to be asked in this session. */
  #questions: Status[] = [];
  /** What the newest `welcome` announced. */
  #maxBodyBytes = Number.POSITIVE_INFINITY;

  constructor(
    private readonly options: OutboxInboxOptions,
    private readonly ports: OutboxInboxPorts,
    private readonly owner: OutboxInboxOwner,
  ) {
    const { state, shows, showMark, follows } = options;
    this.#state = state;
    this.#outbox = new Outbox(ports.random, follows);
    this.#inbox = new Inbox(state?.saved.inbox);
    this.#showing = new InboxHandoff(this.#inbox, state, {
      mark: showMark,
      maxTogether: shows?.maxTogether ?? 1,
      show: (messages) => {
        for (const message of messages) owner.emit({ type: 'message', message });
        return shows?.show(messages);
      },
      progressed: () => this.#progressed(),
      failed: (error) => owner.failed(error),
    });
    for (const { id, to, body, bytes } of state?.saved.queued ?? []) {
      const outgoing = new TrackedMessage(id, to);
      outgoing.reach('queued');
      this.#outbox.commit(this.#outbox.add(outgoing, body, bytes));
    }
    for (const { id, to } of state?.saved.awaiting ?? []) {
      const outgoing = new TrackedMessage(id, to);
      outgoing.reach('stored');
      this.#outbox.follow(outgoing);
    }
  }

  /** How many own messages wait for the server's answer. */
  get queued(): number {
    return this.#outbox.queued;
  }

  /** What was received goes on its way: saved, shown. Also what an earlier process did not show any more. */
  goOn(): void {
    this.#showing.run();
  }

  /** As `send`, for what was sent before the state folder was read: what would be thrown becomes of the message. */
  sendEarly(outgoing: TrackedMessage, body: string, bytes: number): void {
    try {
      const known = this.#find(outgoing, body);
      if (known) {
        outgoing.reach(known.stage);
        this.#outbox.adopt(outgoing); // Nobody in this process has the other.
      } else this.#add(outgoing, body, bytes);
    } catch (error) {
      outgoing.fail(error as Error);
    }
  }

  /** The same message again is the message that is on its way. @throws Unsendable @throws OutboxFull */
  send(outgoing: TrackedMessage, body: string, bytes: number): TrackedMessage {
    const known = outgoing.hasChosenId ? this.#find(outgoing, body) : undefined;
    if (known) return known;
    this.#add(outgoing, body, bytes);
    return outgoing;
  }

  #find({ id, to }: TrackedMessage, body: string): TrackedMessage | undefined {
    const { handle, body: queued } = this.#outbox.find(id) ?? {};
    if (handle === undefined) return undefined;
    const isSameBody = queued === undefined ? handle.mayHold(body) : queued === body;
    if (handle.to === to && isSameBody) return handle;
    throw new Unsendable('id', 'invalid', `the id ${id} is that of another message on its way`);
  }

  #add(outgoing: TrackedMessage, body: string, bytes: number): void {
    const { id, to } = outgoing;
    if (!this.#outbox.hasRoom(bytes)) throw new OutboxFull();
    const order = this.#outbox.add(outgoing, body, bytes);
    const queued = (): void => {
      this.#outbox.commit(order);
      outgoing.reach('queued');
      this.owner.emit({ type: 'state', id, to, state: 'queued' });
      if (bytes > this.#maxBodyBytes) this.#failTooLarge(); // It was checked before this server was known.
      this.owner.wake();
    };
    const refused = (error: Error): void => {
      this.#outbox.withdraw(id);
      outgoing.fail(error);
    };
    if (!this.#state) queued();
    else this.#state.append({ type: 'queued', id, to, body, at: this.ports.clock.now() }).then(queued, refused);
  }

  /** What is queued, or followed already, need not be asked for. */
  follow(messages: readonly MessageRef[]): void {
    const asked = new DeliveryTracking<TrackedMessage>();
    for (const { id, to } of messages) {
      if (this.#outbox.find(id)) continue;
      const outgoing = new TrackedMessage(id, to);
      outgoing.reach('stored');
      this.#outbox.follow(outgoing);
      asked.add(outgoing);
    }
    this.#questions.push(...asked.questions());
    this.owner.wake();
  }

  welcome({ epoch, delivered, window, maxBodyBytes }: Welcome): void {
    if (this.options.shows && this.#inbox.welcome(epoch, delivered)) this.ports.log.info('epoch', { epoch });
    this.#questions = this.#outbox.online(window);
    this.#maxBodyBytes = maxBodyBytes;
    this.#failTooLarge();
  }

  offline(): void {
    this.#questions = [];
    this.#outbox.offline();
  }

  received(frame: ServerFrame): void {
    switch (frame.type) {
      case 'stored':
        this.#changed(this.#outbox.stored(frame.ids, frame.duplicates)); // R11
        break;
      case 'delivered':
        this.#changed(this.#outbox.delivered(frame.to, frame.ids));
        break;
      case 'error': {
        const change = this.#outbox.refused(frame, this.ports.clock.monotonic());
        if (change) this.#changed([change]);
        else this.ports.log.warn('refused', { code: frame.code, id: frame.id, to: frame.to, field: frame.field });
        break;
      }
      case 'message': {
        if (!this.options.shows) this.owner.protocolError('a message in mode send');
        else if (this.#inbox.push(frame) === 'hole') this.owner.protocolError(`message ${frame.seq} does not follow`);
        else if (this.#inbox.waiting > CLIENT.maxUnshown) this.owner.pause(true);
        break;
      }
    }
  }

  /** What leaves now. */
  flush(maxBytes: number): readonly ClientFrame[] {
    const seq = this.#inbox.takeAck();
    const messages = this.#outbox.take(maxBytes);
    if (seq === undefined && this.#questions.length === 0) return messages;
    const frames: ClientFrame[] = [...this.#questions, ...messages];
    if (seq !== undefined) frames.push({ type: 'ack', seq }); // R12: one for all
    this.#questions = [];
    return frames;
  }

  nextDeadline(): number {
    return this.#outbox.nextDeadline();
  }

  due(now: number): void {
    this.#outbox.tick(now);
  }

  /** Shows no further message. Resolves when the one that is being shown has been. */
  stop(): Promise<void> {
    return this.#showing.stop();
  }

  /** Whoever still waits is told that nothing more will come. */
  abandon(error: Error): void {
    for (const outgoing of this.#outbox.handles()) outgoing.fail(error);
  }

  #progressed(): void {
    if (this.#inbox.waiting < CLIENT.maxUnshown / 2) this.owner.pause(false);
    this.owner.wake();
  }

  /** Messages that were queued for a server with a larger limit fail without being sent; those behind them go on. */
  #failTooLarge(): void {
    const taken = this.#outbox.takeLargerThan(this.#maxBodyBytes);
    this.#changed(
      taken.map(({ handle, bytes }) => {
        const { id, to } = handle;
        const message = tooLargeText(bytes, this.#maxBodyBytes);
        const refusal = { ...errorFrame('too-large', { id, to, field: 'body' }), message };
        return { handle, state: 'failed', refusal };
      }),
    );
  }

  #changed(changes: readonly OutboxChange<TrackedMessage>[]): void {
    if (this.#state && changes.length > 0) this.#keep(this.#state, changes);
    for (const change of changes) if (!this.#state || change.state !== 'failed') this.#announce(change);
  }

  /** A refusal is durable before it is told: what was told to have failed is never sent again. The rest can be asked for again. */
  #keep(state: ClientState, changes: readonly OutboxChange<TrackedMessage>[]): void {
    const fail = (error: unknown): void => this.owner.failed(error);
    const failUnlessFull = (error: unknown): void => {
      if (error instanceof CannotWrite) this.ports.log.warn('not kept', { reason: error.message });
      else fail(error);
    };
    const idsOf = (word: OutboxChange<TrackedMessage>['state']): string[] =>
      changes.filter((change) => change.state === word).map(({ handle }) => handle.id);
    for (const type of ['stored', 'delivered'] as const) {
      const ids = idsOf(type);
      if (ids.length > 0) state.append({ type, ids }).catch(failUnlessFull);
    }
    for (const change of changes) {
      if (change.state !== 'failed') continue;
      const record: ClientStateRecord = {
        type: 'failed',
        id: change.handle.id,
        reason: change.refusal?.code ?? 'failed',
      };
      state.append(record).then(() => this.#announce(change), fail);
    }
  }

  #announce({ handle, state, duplicate, refusal }: OutboxChange<TrackedMessage>): void {
    if (state === 'stored' || state === 'delivered') handle.reach(state, duplicate);
    if (state === 'failed' && refusal) handle.fail(new SendRefused(refusal));
    if (state === 'unfollowed') {
      handle.fail(this.#notFollowed);
      return;
    }
    const { id, to } = handle;
    this.owner.emit({ type: 'state', id, to, state, ...(duplicate && { duplicate }), ...(refusal && { refusal }) });
  }
}
