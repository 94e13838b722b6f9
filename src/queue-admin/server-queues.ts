/** The queues of a running server, read in pages by an operator. Each mailbox is read as it is at that moment. */
import type { Operator } from '../client/api/operator-client.js';
import { MAIN_DEVICE } from '../protocol/frames/login.js';
import type { QueueReply } from '../protocol/frames/queue.js';
import {
  type Queue,
  type QueueDevice,
  type QueuedMessage,
  type QueueSource,
  queuedMessage,
  type UnreadableQueue,
} from './queue-source.js';

interface ServerQueuesOptions {
  readonly operator: Pick<Operator, 'queue' | 'audit' | 'close'>;
  /** Only this user's mailbox. */
  readonly user?: string | undefined;
  /** Without bodies. */
  readonly headers: boolean;
}

type Mailbox = NonNullable<QueueReply['mailboxes']>[number];

/** The source takes over the operator's connection: `close` closes it. */
export function serverQueues(options: ServerQueuesOptions): QueueSource {
  const { operator } = options;
  return { queues: () => queuesOf(options), audits: () => operator.audit(), close: () => operator.close() };
}

async function* queuesOf(options: ServerQueuesOptions): AsyncGenerator<Queue | UnreadableQueue> {
  const { operator, user } = options;
  for (let after: string | undefined; ; ) {
    const request = { ...(user !== undefined && { user }), ...(after !== undefined && { after }) };
    const { mailboxes = [] } = await operator.queue({ what: 'mailboxes', ...request });
    for (const mailbox of mailboxes) {
      const { user: owner, delivered, last, seenAt, online, fault } = mailbox;
      const presence = { seenAt, online };
      const devices = () => devicesOf(mailbox);
      if (fault !== undefined) yield { user: owner, fault: new Error(fault) };
      else
        yield { user: owner, delivered, last, presence, devices, messages: (seq) => messagesOf(options, mailbox, seq) };
    }
    after = mailboxes.at(-1)?.user;
    if (after === undefined) return;
  }
}

/** A user without other devices has MAIN_DEVICE, after the first login. */
function devicesOf({ devices, delivered, last, seenAt, online }: Mailbox): readonly QueueDevice[] {
  if (devices !== undefined) return devices;
  return seenAt > 0 || online ? [{ device: MAIN_DEVICE, behind: last - delivered, seenAt, online }] : [];
}

/** Up to the last seq at the time of the listing, so that it ends even if messages arrive all the time. */
async function* messagesOf(
  { operator, headers }: ServerQueuesOptions,
  { user, delivered, last }: Mailbox,
  after: number,
): AsyncGenerator<QueuedMessage[]> {
  for (let seq = after; seq < last; ) {
    const { messages = [] } = await operator.queue({ what: 'messages', user, seq, ...(headers && { headers }) });
    const end = messages.at(-1)?.seq;
    if (end === undefined) return;
    yield messages
      .filter((message) => message.seq <= last)
      .map(({ body = '', ...message }) => queuedMessage(user, delivered, { ...message, body }));
    seq = end;
  }
}
