/** A user looks at the own queue, and at what happened to own messages. Nothing of others is shown: see `seenBySender`. */
import { errorFrame } from '../../protocol/error-frames.js';
import type { Own, OwnReply } from '../../protocol/frames/own.js';
import { QUEUE, WIRE } from '../../protocol/limits.js';
import {
  type MessageTrail,
  type ReadMessage,
  type SentMessage,
  StaleSender,
  type Store,
  type TrailEvent,
} from '../../store/store.js';
import type { Handler } from '../handler.js';
import { OWN } from '../limits.js';
import { fitting } from '../pages.js';

type Answer = Omit<OwnReply, 'type' | 'id'>;
type Traces = NonNullable<OwnReply['traces']>;

const PAGE = { messages: QUEUE.maxMessagesPerFrame, bytes: QUEUE.maxBytesPerFrame };

export const own: Handler<'own'> = async (frame, { auth }, { store, accounts, ownReads }) => {
  const { id } = frame;
  const field = missingField(frame);
  if (field !== undefined) return { replies: [errorFrame('invalid', { id, field })] };
  const { user } = auth.identity; // R7: whatever the frame says
  const answer = await ownReads.run(user, () => {
    if (!accounts.isCurrent(auth.identity)) throw new StaleSender('revoked'); // R7: it has waited for its turn
    return READS[frame.what](frame, user, store);
  });
  return { replies: [answer ? { type: 'own', id, ...answer } : errorFrame('overloaded', { id })] };
};

function missingField({ what, to, message }: Own): 'to' | 'message' | undefined {
  if (what === 'traces' && message === undefined) return 'message';
  if (what !== 'sent' || (to === undefined) === (message === undefined)) return undefined;
  return to === undefined ? 'to' : 'message';
}

const READS: Readonly<Record<Own['what'], (frame: Own, user: string, store: Store) => Promise<Answer>>> = {
  async received({ seq = 0, headers = false }, user, store) {
    // What is shown cannot be unsent any more, and what came since is not shown.
    const counted = headers ? Number.POSITIVE_INFINITY : await store.countAsRead(user);
    const { delivered, last: newest } = await store.inspect(user);
    const last = Math.min(newest, counted);
    let after = Math.max(seq, delivered);
    for (let reads = 0; reads < OWN.maxReads && after < last; reads++) {
      const read = await store.read(user, after, PAGE);
      after = read.at(-1)?.seq ?? last;
      const waiting = read.filter(({ seq, to, purgedAt }) => seq <= last && to === undefined && purgedAt === undefined);
      if (waiting.length === 0) continue;
      const received = fitting(waiting.map((message) => receivedItem(message, headers)));
      if (received.length < waiting.length) after = received.at(-1)?.seq ?? after;
      return { received, ...(after < last && { next: after }) };
    }
    return { received: [], ...(after < last && { next: after }) };
  },

  async sent({ to, message, headers = false }, user, store) {
    const after = to !== undefined && message !== undefined ? { to, id: message } : undefined;
    const { messages, unread } = await store.sent(user, after, PAGE);
    return { sent: fitting(messages.map((one) => sentItem(one, headers))), ...(unread > 0 && { unread }) };
  },

  async traces({ to = '', message = '' }, user, store) {
    const isOwn = to === '' || to === user;
    // Only a mailbox with such a message is asked what happened: that is more work.
    if (!isOwn && (await store.find(to, user, [message]))[0]?.state === 'unknown') return { traces: [] };
    const trails = await store.trails(isOwn ? user : to, message);
    const traces = isOwn
      ? trails.map((trail) => seenByRecipient(user, trail))
      : trails.filter(({ from }) => from === user).map((trail) => seenBySender(to, trail));
    return { traces: fitting(traces.slice(0, QUEUE.maxTracesPerFrame)) };
  },
};

const receivedItem = (
  { seq, id, from, at, attempts, triedAt, bytes, body, re }: ReadMessage,
  headers: boolean,
): NonNullable<OwnReply['received']>[number] => ({
  ...{ seq, id, from, at, attempts, bytes },
  ...(triedAt !== undefined && { triedAt }),
  ...(re !== undefined && { re }),
  ...(!headers && { body }),
});

const sentItem = ({ body, ...message }: SentMessage, headers: boolean): NonNullable<OwnReply['sent']>[number] =>
  headers ? message : { ...message, body };

/** Everything in the own mailbox, but who the operators are. */
function seenByRecipient(
  to: string,
  { from, status, seq, bytes, before, behind, events }: MessageTrail,
): Traces[number] {
  return {
    ...{ to, from, status, seq },
    ...(bytes !== undefined && { bytes }),
    ...(before !== undefined && { before }),
    ...(behind && { behind: behind.slice(0, WIRE.maxDevicesPerFrame) }),
    events: events.slice(0, QUEUE.maxEventsPerTrace).map(withoutOperator),
  };
}

const withoutOperator = (event: TrailEvent): Traces[number]['events'][number] => {
  if (!('by' in event) || event.event === 'unsent') return event; // its sender is no secret
  const { by: _, ...rest } = event;
  return rest;
};

const TOLD_TO_SENDERS: ReadonlySet<TrailEvent['event']> = new Set([
  'stored',
  'restored',
  'pushed',
  'acked',
  'purged',
  'unsent',
]);

/**
 * What happened to the message until it was delivered. Not where the recipient is logged in, when a session ended, what waits before
 * the message, and what other devices, or operators, did later (docs/decisions).
 */
function seenBySender(to: string, { from, status, bytes, events }: MessageTrail): Traces[number] {
  const acked = events.findIndex(({ event }) => event === 'acked');
  const until = acked === -1 ? events : events.slice(0, acked + 1);
  const told = until.filter(({ event }) => TOLD_TO_SENDERS.has(event));
  return {
    ...{ to, from, status },
    ...(bytes !== undefined && { bytes }),
    events: told
      .slice(0, QUEUE.maxEventsPerTrace)
      .map(({ event, at }) => ({ event, at, ...(event === 'unsent' && { by: from }) })),
  };
}
