/** The traces of a message that a user may see at a server, asked in mode `send`: of received messages, and of the user's own. */
import type { Operator } from '../client/api/operator-client.js';
import type { OwnReply } from '../protocol/frames/own.js';
import { ownQueues } from './own-queues.js';
import { messagesOf } from './queue-scan.js';
import type { UnreadableQueue } from './queue-source.js';
import type { Trace } from './trace.js';

interface OwnTracesOptions {
  readonly operator: Pick<Operator, 'own' | 'devices' | 'close'>;
  /** Whose login it is. */
  readonly me: string;
  readonly id: string;
  /** Only messages of this sender. */
  readonly from?: string | undefined;
  /** Only this user's mailbox. Undefined: the own one, and those in which a message of the user with this id waits. */
  readonly user?: string | undefined;
  /** Called for mailboxes that cannot be read. */
  readonly unreadable: (queue: UnreadableQueue) => void;
}

/** @throws as `Operator.own`. */
export async function ownTraces(options: OwnTracesOptions): Promise<Trace[]> {
  const { operator, me, id, from = undefined, user } = options;
  const mailboxes = user === undefined ? [me, ...(await waitingPlaces(options))] : [user];
  const traces: Trace[] = [];
  for (const to of mailboxes) {
    const reply = await operator.own({ what: 'traces', message: id, ...(to !== me && { to }) });
    traces.push(...(reply.traces ?? []).map((trace) => toTrace(id, trace)));
  }
  return traces.filter((trace) => from === undefined || trace.from === from);
}

async function waitingPlaces({ operator, me, id, from = me, unreadable }: OwnTracesOptions): Promise<Set<string>> {
  const places = new Set<string>();
  if (from !== me) return places;
  const source = ownQueues({ operator, me, headers: true });
  const filter = { status: 'undelivered', from: [me], ids: [id] } as const;
  for await (const some of messagesOf({ source, filter, unreadable })) for (const { to } of some) places.add(to);
  places.delete(me);
  return places;
}

function toTrace(id: string, trace: NonNullable<OwnReply['traces']>[number]): Trace {
  const { before, ...rest } = trace;
  const waiting = trace.status === 'undelivered' && { waiting: { ...(before !== undefined && { before }) } };
  return { id, ...rest, ...waiting, isOwn: true };
}
