/**
 * The own queue of a user, asked at a server in mode `send`: the own mailbox, and what the user has sent that waits in others. Reading
 * pushes and acks nothing.
 */
import type { DeviceEntry, Operator } from '../client/api/operator-client.js';
import type { OwnReply } from '../protocol/frames/own.js';
import type { Queue, QueuedMessage, QueueSource, UnreadableQueue } from './queue-source.js';

interface OwnQueuesOptions {
  readonly operator: Pick<Operator, 'own' | 'devices' | 'close'>;
  /** Whose login it is. */
  readonly me: string;
  /** Only this user's mailbox. */
  readonly user?: string | undefined;
  /** Without bodies. */
  readonly headers: boolean;
}

type Received = NonNullable<OwnReply['received']>[number];
type Sent = NonNullable<OwnReply['sent']>[number];

/** The messages in others' mailboxes have the seq 0: it is not known. The source takes over the connection: `close` closes it. */
export function ownQueues(options: OwnQueuesOptions): QueueSource {
  const { operator } = options;
  // What operators did is not told.
  return { queues: () => queuesOf(options), audits: async () => [], close: () => operator.close() };
}

async function* queuesOf(options: OwnQueuesOptions): AsyncGenerator<Queue | UnreadableQueue> {
  const { operator, me, user = me } = options;
  if (user === me) yield receivedQueue(options, await operator.devices({}));
  if (options.user === me) return;
  const pages = new SentPages(options);
  const unread = await pages.open();
  for (let next = pages.next; next !== undefined; next = pages.next) {
    const { to } = next;
    if (options.user === undefined || options.user === to) yield sentQueue(to, pages, me);
    for await (const _ of pages.messagesTo(to)); // What the reader has left.
  }
  if (unread === 0) return;
  const fault = new Error(`the server cannot read ${unread} that may have messages of yours`);
  yield { user: 'others', fault };
}

function receivedQueue(options: OwnQueuesOptions, devices: readonly DeviceEntry[]): Queue {
  return {
    ...{ user: options.me, delivered: 0, last: Number.MAX_SAFE_INTEGER },
    presence: {
      seenAt: Math.max(0, ...devices.map(({ seenAt }) => seenAt)),
      online: devices.some(({ online }) => online),
    },
    devices: () => devices.map(({ agent: _, ...device }) => device),
    messages: () => receivedMessages(options),
  };
}

async function* receivedMessages({ operator, me, headers }: OwnQueuesOptions): AsyncGenerator<QueuedMessage[]> {
  for (let seq: number | undefined = 0; seq !== undefined; ) {
    const reply: Pick<OwnReply, 'received' | 'next'> = await operator.own({
      what: 'received',
      ...{ seq, ...(headers && { headers }) },
    });
    const { received = [] } = reply;
    if (received.length > 0) yield received.map((one) => queued(one, { to: me, from: one.from, seq: one.seq }));
    seq = reply.next;
  }
}

function sentQueue(to: string, pages: SentPages, me: string): Queue {
  return {
    ...{ user: to, delivered: 0, last: Number.MAX_SAFE_INTEGER },
    presence: undefined, // A sender is not told.
    devices: () => [],
    async *messages() {
      for await (const some of pages.messagesTo(to)) yield some.map((one) => queued(one, { to, from: me, seq: 0 }));
    },
  };
}

const queued = (message: Received | Sent, addresses: Pick<QueuedMessage, 'to' | 'from' | 'seq'>): QueuedMessage => {
  const { id, at, attempts, bytes, body = '', re } = message;
  const triedAt = 'triedAt' in message ? message.triedAt : undefined;
  return {
    ...{ ...addresses, id, at, attempts, bytes, body, status: 'undelivered' },
    ...(re !== undefined && { re }),
    ...(triedAt !== undefined && { triedAt }),
  };
};

/** The pages of what the user has sent, read when they are needed, mailbox by mailbox. */
class SentPages {
  #page: readonly Sent[] = [];
  #last: Sent | undefined;

  constructor(private readonly options: Pick<OwnQueuesOptions, 'operator' | 'headers'>) {}

  /** Reads the first page, again as long as a server that has just started learns more. Resolves with how many mailboxes it cannot read. */
  async open(): Promise<number> {
    for (let before = Number.POSITIVE_INFINITY; ; ) {
      const unread = await this.#read();
      if (unread === 0 || unread >= before) return unread;
      before = unread;
      this.#last = undefined;
    }
  }

  /** The next message; undefined at the end. */
  get next(): Sent | undefined {
    return this.#page[0];
  }

  /** The next ones, as long as they are to this user, in chunks that are not empty. */
  async *messagesTo(to: string): AsyncGenerator<readonly Sent[]> {
    while (this.next?.to === to) {
      const end = this.#page.findIndex((one) => one.to !== to);
      const some = end === -1 ? this.#page : this.#page.slice(0, end);
      this.#page = this.#page.slice(some.length);
      if (this.#page.length === 0) await this.#read();
      yield some;
    }
  }

  async #read(): Promise<number> {
    const { operator, headers } = this.options;
    const last = this.#last;
    const { sent = [], unread = 0 } = await operator.own({
      what: 'sent',
      ...{ ...(last && { to: last.to, message: last.id }), ...(headers && { headers }) },
    });
    this.#page = sent;
    this.#last = sent.at(-1);
    return unread;
  }
}
