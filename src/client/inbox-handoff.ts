/** Takes messages from the inbox through their steps, in order: save, show, and let the ack leave (R12, R15). */
import type { IncomingMessage } from './events.js';
import type { Inbox, ReceivedMessage } from './inbox.js';
import type { ClientState } from './state-records.js';

/** When it is written down that a message was shown; only with a state folder. */
export type ShowMark = 'before' | 'after';

/** Who shows messages. */
export interface MessageHandler {
  /** The next ones wait for what it returns. */
  readonly show: (messages: readonly IncomingMessage[]) => void | Promise<void>;
  /** How many are shown together at the most. */
  readonly maxTogether: number;
}

interface InboxHandoffOptions extends MessageHandler {
  readonly mark: ShowMark;
  /** There may be something to ack. */
  readonly progressed: () => void;
  /** Nothing more can be shown: the state could not be written, or showing failed. */
  readonly failed: (error: unknown) => void;
}

export class InboxHandoff {
  #isBusy = false;
  #isStopped = false;
  /** Everything received up to this one is marked as shown. */
  #marked: ReceivedMessage | undefined;
  readonly #waitingForRest: (() => void)[] = [];

  constructor(
    private readonly inbox: Inbox,
    /** Where everything is made durable; undefined: nowhere. */
    private readonly state: ClientState | undefined,
    private readonly options: InboxHandoffOptions,
  ) {}

  /** Goes on with what has arrived. */
  run(): void {
    this.#save();
    this.#showAll();
  }

  /** Begins no further message. Resolves when the one that is being shown has been. */
  stop(): Promise<void> {
    this.#isStopped = true;
    if (!this.#isBusy) return Promise.resolve();
    return new Promise((resolve) => this.#waitingForRest.push(resolve));
  }

  #save(): void {
    const batch = this.inbox.takeUnsaved();
    if (batch.length === 0) return;
    const { state } = this;
    if (!state) {
      this.inbox.saved(batch);
      return;
    }
    const kept = batch.map(({ epoch, push }) => state.append({ type: 'received', epoch, push }));
    Promise.all(kept).then(
      () => {
        this.inbox.saved(batch);
        this.#showAll();
      },
      (error: unknown) => this.#fail(error),
    );
  }

  /** Waits for nothing that need not be waited for: most messages cost no promise. */
  #showAll(): void {
    if (this.#isBusy) return;
    this.#isBusy = true;
    try {
      while (!this.#isStopped) {
        const items = this.#take();
        if (items.length === 0) break;
        const pending = this.#present(items);
        if (!pending) continue;
        pending.then(
          () => {
            this.#rest();
            this.#showAll();
          },
          (error: unknown) => this.#fail(error),
        );
        return;
      }
    } catch (error) {
      this.#fail(error);
      return;
    }
    this.#rest();
  }

  /** What is to be shown next. */
  #take(): ReceivedMessage[] {
    const items: ReceivedMessage[] = [];
    while (items.length < this.options.maxTogether) {
      const item = this.inbox.next();
      if (!item) break;
      items.push(item);
    }
    return items;
  }

  /** Mark, show, mark: whichever mark is wanted. Once begun it is finished. */
  #present(items: readonly ReceivedMessage[]): Promise<void> | undefined {
    const marked = this.#markBefore(items);
    const messages = items.filter(({ push }) => push.purged !== true).map(messageOf);
    const show = () => (messages.length > 0 ? this.options.show(messages) : undefined);
    const shown = marked ? marked.then(show) : show();
    if (typeof shown?.then === 'function') return Promise.resolve(shown).then(() => this.#shown(items));
    this.#shown(items);
    return undefined;
  }

  /** One mark for all that can be shown now. */
  #markBefore(items: readonly ReceivedMessage[]): Promise<void> | undefined {
    const item = items.findLast(isFirstPush);
    if (!this.state || this.options.mark !== 'before' || !item) return undefined;
    const marked = this.#marked;
    if (marked && marked.epoch === item.epoch && marked.push.seq >= item.push.seq) return undefined;
    const last = this.inbox.newestSaved ?? item;
    this.#marked = last;
    return this.state.append({ type: 'shown', epoch: last.epoch, seq: last.push.seq }); // R15: never twice
  }

  #shown(items: readonly ReceivedMessage[]): void {
    for (const item of items) this.inbox.shown(item);
    this.options.progressed();
    if (!this.state || this.options.mark !== 'after') return;
    const last = new Map(items.filter(isFirstPush).map(({ epoch, push: { seq } }) => [epoch, seq]));
    for (const [epoch, seq] of last) {
      this.state.append({ type: 'shown', epoch, seq }).catch((error: unknown) => this.#fail(error));
    }
  }

  #rest(): void {
    this.#isBusy = false;
    if (this.#isStopped) for (const resolve of this.#waitingForRest.splice(0)) resolve();
  }

  #fail(error: unknown): void {
    this.#isStopped = true;
    this.#rest();
    this.options.failed(error);
  }
}

const isFirstPush = ({ push }: ReceivedMessage): boolean => push.replay === undefined;

/** Only the defined fields: a newer server may send more. */
function messageOf({ epoch, push: { seq, id, from, body, at, attempt, replay } }: ReceivedMessage): IncomingMessage {
  return { epoch, seq, id, from, body, at, attempt, ...(replay !== undefined && { replay }) };
}
