/** Hands messages from the inbox to the message handler, in order: saves them, shows them, and lets them be acked (R12, R15). */
import type { IncomingMessage } from '../events.js';
import type { Inbox, ReceivedMessage } from '../inbox/inbox.js';
import type { ReceivedId } from '../inbox/received-ids.js';
import type { ClientState, ClientStateRecord } from '../state/state-records.js';

/** With a state folder: what is recorded of a message before and after it is shown. See `ClientOptions.markShown`. */
export type MarkShown = 'before' | 'after' | 'only';

export interface MessageHandler {
  /** The next messages wait until the promise resolves. */
  readonly show: (messages: readonly IncomingMessage[]) => void | Promise<void>;
  /** The largest number of messages in the next call of `show`. */
  readonly maxBatch: () => number;
  /** See `ClientOptions.leaves`. */
  readonly leaves?: ((message: IncomingMessage) => boolean) | undefined;
}

interface InboxHandoffOptions extends MessageHandler {
  readonly markShown: MarkShown;
  /** Called after each batch: there may be something to ack. */
  readonly onShown: () => void;
  /** Called when saving or showing failed: no more messages are shown. */
  readonly onFailed: (error: unknown) => void;
}

export class InboxHandoff {
  #isShowing = false;
  #isStopped = false;
  /** With `markShown: 'before'`: everything received up to this message is recorded as shown. */
  #markedUpTo: ReceivedMessage | undefined;
  /** With `markShown: 'after'` and `'only'`: the last record of what was shown, and its epoch. */
  #recorded: Promise<void> | undefined;
  #recordedEpoch = '';
  /** With `markShown: 'only'`: batches that were shown, and whose record is not durable yet. */
  #unrecorded = 0;
  readonly #stopWaiters: (() => void)[] = [];

  constructor(
    private readonly inbox: Inbox,
    /** Undefined: nothing is made durable. */
    private readonly state: ClientState | undefined,
    private readonly options: InboxHandoffOptions,
  ) {}

  /** Nothing is being shown or recorded, and nothing has failed. */
  get isIdle(): boolean {
    return !this.#isShowing && this.#unrecorded === 0 && !this.#isStopped;
  }

  /** Saves and shows what has been received. */
  run(): void {
    this.#save();
    this.#showAll();
  }

  /** Shows no further batch. Resolves when the current one was shown, and with `markShown: 'only'` recorded. */
  stop(): Promise<void> {
    this.#isStopped = true;
    if (!this.#isShowing && this.#unrecorded === 0) return Promise.resolve();
    return new Promise((resolve) => this.#stopWaiters.push(resolve));
  }

  #save(): void {
    const batch = this.inbox.takeUnsaved();
    if (batch.length === 0) return;
    const { state } = this;
    if (!state || this.options.markShown === 'only') {
      this.inbox.saved(batch);
      return;
    }
    // R12: durable before it is shown
    state.appendAll(batch).then(
      () => {
        this.inbox.saved(batch);
        this.#showAll();
      },
      (error: unknown) => this.#fail(error),
    );
  }

  /** Stays synchronous as long as it can: most messages cost no promise. */
  #showAll(): void {
    if (this.#isShowing) return;
    this.#isShowing = true;
    try {
      while (!this.#isStopped) {
        const batch = this.#takeBatch();
        if (batch.length === 0) break;
        const pending = this.#showBatch(batch);
        if (!pending) continue;
        pending.then(
          () => {
            this.#pause();
            this.#showAll();
          },
          (error: unknown) => this.#showFailed(error),
        );
        return;
      }
    } catch (error) {
      this.#showFailed(error);
      return;
    }
    this.#pause();
  }

  /** Messages of one epoch. */
  #takeBatch(): ReceivedMessage[] {
    const batch: ReceivedMessage[] = [];
    const most = this.options.maxBatch();
    while (batch.length < most) {
      const message = this.inbox.next(batch[0]?.epoch);
      if (!message) break;
      batch.push(message);
    }
    return batch;
  }

  /** Shows a batch, and records that before or after. `stop` does not interrupt it. */
  #showBatch(batch: readonly ReceivedMessage[]): Promise<void> | undefined {
    const marking = this.#markBefore(batch) ?? this.#untilRecorded(batch);
    const messages = batch
      .filter(({ push, isKnown }) => push.purged !== true && isKnown !== true)
      .map(toIncomingMessage);
    const show = () => (messages.length > 0 ? this.options.show(messages) : undefined);
    const showing = marking ? marking.then(show) : show();
    if (typeof showing?.then === 'function') return Promise.resolve(showing).then(() => this.#shown(batch));
    this.#shown(batch);
    return undefined;
  }

  /** One record covers everything that is saved, so that the next batches need none. */
  #markBefore(batch: readonly ReceivedMessage[]): Promise<void> | undefined {
    const newest = batch.findLast(isFirstPush);
    if (!this.state || this.options.markShown !== 'before' || !newest) return undefined;
    const marked = this.#markedUpTo;
    if (marked && marked.epoch === newest.epoch && marked.push.seq >= newest.push.seq) return undefined;
    const last = this.inbox.newestSaved ?? newest;
    this.#markedUpTo = last;
    return this.state.append({ type: 'shown', epoch: last.epoch, seq: last.push.seq }); // R15: never shown twice
  }

  /**
   * A message of a new epoch is not shown before the ones of the epoch before are recorded as shown. So a handler that stores the
   * newest (epoch, seq) recognizes everything that it gets again after a crash (R15).
   */
  #untilRecorded([first]: readonly ReceivedMessage[]): Promise<void> | undefined {
    return first?.epoch === this.#recordedEpoch ? undefined : this.#recorded;
  }

  #shown(batch: readonly ReceivedMessage[]): void {
    const records = this.state && this.options.markShown === 'only' ? recordsOf(batch) : [];
    if (this.state && records.length > 0) this.#record(this.state, records, batch);
    else this.#acknowledge(batch);
  }

  /** R12: durable before it is acked. Meanwhile the next batch is shown. */
  #record(state: ClientState, records: readonly ClientStateRecord[], batch: readonly ReceivedMessage[]): void {
    this.#unrecorded += 1;
    this.#recordedEpoch = batch[0]?.epoch ?? '';
    this.#recorded = state.appendAll(records);
    this.#recorded.then(
      () => {
        this.#unrecorded -= 1;
        this.#acknowledge(batch);
        this.#resolveStop();
      },
      (error: unknown) => {
        this.#unrecorded -= 1;
        this.#fail(error);
      },
    );
  }

  /** They were shown: they can be acked. */
  #acknowledge(batch: readonly ReceivedMessage[]): void {
    const { leaves } = this.options;
    for (const message of batch) {
      this.inbox.shown(message);
      if (leaves !== undefined && message.push.purged !== true && leaves(toIncomingMessage(message)))
        this.inbox.leave(message);
    }
    this.options.onShown();
    const newest = batch.findLast(isFirstPush);
    if (!this.state || this.options.markShown !== 'after' || !newest) return;
    const { epoch, push } = newest;
    this.#recordedEpoch = epoch;
    this.#recorded = this.state.append({ type: 'shown', epoch, seq: push.seq });
    this.#recorded.catch((error: unknown) => this.#fail(error));
  }

  #pause(): void {
    this.#isShowing = false;
    this.#resolveStop();
  }

  #resolveStop(): void {
    if (!this.#isStopped || this.#isShowing || this.#unrecorded > 0) return;
    for (const resolve of this.#stopWaiters.splice(0)) resolve();
  }

  #showFailed(error: unknown): void {
    this.#isShowing = false;
    this.#fail(error);
  }

  /** A batch that is being shown goes on: `stop` waits for it. */
  #fail(error: unknown): void {
    this.#isStopped = true;
    this.#resolveStop();
    this.options.onFailed(error);
  }
}

/** That these were shown, for `markShown: 'only'`. Those of an earlier process were saved before. */
function recordsOf(batch: readonly ReceivedMessage[]): readonly ClientStateRecord[] {
  const newest = batch.findLast(isFirstPush);
  if (newest === undefined) return [];
  const { epoch, push } = newest;
  const received = batch.flatMap(({ receivedId }) => receivedId ?? []);
  const saved = batch.findLast((message) => isFirstPush(message) && message.receivedId === undefined);
  return [
    ...(saved ? [{ type: 'shown', epoch, seq: saved.push.seq } as const] : []),
    ...(received.length > 0 ? [idsRecord(epoch, received), { type: 'position', epoch, seq: push.seq } as const] : []),
  ];
}

const idsRecord = (epoch: string, received: readonly ReceivedId[]): ClientStateRecord => ({
  type: 'ids',
  epoch,
  ids: received.map(({ seq, from, id, crc }) => [seq, from, id, crc] as const),
});

const isFirstPush = ({ push }: ReceivedMessage): boolean => push.replay === undefined;

/** Only the defined fields: a newer server may send more. */
function toIncomingMessage({
  epoch,
  push: { seq, id, from, body, at, attempt, replay, to, re },
  isHistory,
}: ReceivedMessage): IncomingMessage {
  const message: { -readonly [K in keyof IncomingMessage]: IncomingMessage[K] } = {
    epoch,
    seq,
    id,
    from,
    body,
    at,
    attempt,
  };
  if (replay !== undefined) message.replay = replay;
  if (to !== undefined) message.to = to;
  if (re !== undefined) message.re = re;
  if (isHistory === true) message.isHistory = isHistory;
  return message;
}
