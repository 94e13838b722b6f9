/** The traces of a message at a running server: what happened to it, asked mailbox by mailbox. */
import type { Operator } from '../client/api/operator-client.js';
import type { QueueReply } from '../protocol/frames/queue.js';
import type { TrailEvent } from '../store/store.js';
import type { UnreadableQueue } from './queue-source.js';
import { type Trace, traceOf } from './trace.js';

interface ServerTracesOptions {
  readonly operator: Pick<Operator, 'queue'>;
  readonly id: string;
  /** Only messages of this sender. */
  readonly from?: string | undefined;
  /** Only this user's mailbox. */
  readonly user?: string | undefined;
  /** Called for each mailbox that cannot be read. */
  readonly unreadable: (queue: UnreadableQueue) => void;
}

type Mailbox = NonNullable<QueueReply['mailboxes']>[number];

/** Mailboxes that are asked at a time. */
const ASKED_TOGETHER = 16;

/** By user and seq. @throws as `Operator.queue`. */
export async function serverTraces(options: ServerTracesOptions): Promise<Trace[]> {
  const { operator, user, from, unreadable } = options;
  const traces: Trace[] = [];
  for (let after: string | undefined; ; ) {
    const request = { ...(user !== undefined && { user }), ...(after !== undefined && { after }) };
    const { mailboxes = [] } = await operator.queue({ what: 'mailboxes', ...request });
    after = mailboxes.at(-1)?.user;
    if (after === undefined) return traces.filter((trace) => from === undefined || trace.from === from);
    const readable = mailboxes.filter(({ user: owner, fault }) => {
      if (fault !== undefined) unreadable({ user: owner, fault: new Error(fault) });
      return fault === undefined;
    });
    for (let start = 0; start < readable.length; start += ASKED_TOGETHER) {
      const some = readable.slice(start, start + ASKED_TOGETHER);
      traces.push(...(await Promise.all(some.map((mailbox) => tracesIn(mailbox, options)))).flat());
    }
  }
}

async function tracesIn({ user, last, seenAt, online }: Mailbox, { operator, id }: ServerTracesOptions) {
  if (last === 0) return [];
  const found: Trace[] = [];
  for (let seq = 0; ; ) {
    const { traces = [] } = await operator.queue({ what: 'traces', user, message: id, seq });
    const end = traces.at(-1)?.seq;
    if (end === undefined) return found;
    seq = end;
    for (const { events, ...trail } of traces)
      found.push(traceOf(user, { ...trail, id, events: events as readonly TrailEvent[] }, { seenAt, online }));
  }
}
