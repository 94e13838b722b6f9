/** An operator lists mailboxes or messages, or asks for traces of a message. Only allowed in mode `operate`. */
import { errorFrame } from '../../protocol/error-frames.js';
import type { QueueReply } from '../../protocol/frames/queue.js';
import { QUEUE, WIRE } from '../../protocol/limits.js';
import {
  type DeviceHead,
  type ListedMailbox,
  type MessageTrail,
  type ReadMessage,
  StoreUnavailable,
} from '../../store/store.js';
import type { Handler, HandlerDependencies } from '../handler.js';
import { fitting } from '../pages.js';

export const queue: Handler<'queue'> = async (frame, _, deps) => {
  const { id, what, user, after = '', seq = 0, headers = false, message } = frame;
  if (user !== undefined && (await isUnknown(user, deps)))
    return { replies: [errorFrame('unknown-user', { id, to: user })] };
  if (what === 'traces') {
    if (user === undefined) return { replies: [errorFrame('invalid', { id, field: 'user' })] };
    if (message === undefined) return { replies: [errorFrame('invalid', { id, field: 'message' })] };
    const trails = (await deps.store.trails(user, message)).filter((trail) => trail.seq > seq);
    const traces = trails.slice(0, QUEUE.maxTracesPerFrame).map(toTrace);
    return { replies: [{ type: 'queue', id, traces: fitting(traces) }] };
  }
  if (what === 'messages') {
    if (user === undefined) return { replies: [errorFrame('invalid', { id, field: 'user' })] };
    const limit = { messages: QUEUE.maxMessagesPerFrame, bytes: QUEUE.maxBytesPerFrame };
    let read = await deps.store.read(user, seq, limit);
    let received = read.filter(isNoCopy);
    while (received.length === 0 && read.length > 0) {
      read = await deps.store.read(user, read.at(-1)?.seq ?? 0, limit);
      received = read.filter(isNoCopy);
    }
    return { replies: [{ type: 'queue', id, messages: pageOf(received, headers) }] };
  }
  const heads =
    user === undefined ? await deps.store.heads(after, QUEUE.maxMailboxesPerFrame) : [await headOf(user, deps)];
  const listed = heads.filter((head) => head.user > after);
  const online = await deps.bus.online(listed.map((head) => head.user));
  return { replies: [{ type: 'queue', id, mailboxes: fitting(listed.map((head) => toItem(head, online))) }] };
};

/** Neither an account nor a mailbox. What was left of a removed user can still be read. */
async function isUnknown(user: string, { accounts, store }: HandlerDependencies): Promise<boolean> {
  if ((await accounts.find([user])).length > 0) return false;
  try {
    return (await store.inspect(user)).last === 0;
  } catch (error) {
    if (error instanceof StoreUnavailable) return false;
    throw error;
  }
}

const UNREADABLE = { delivered: 0, last: 0, purged: 0, seenAt: 0 };

type MailboxItem = NonNullable<QueueReply['mailboxes']>[number];

async function headOf(user: string, { store }: HandlerDependencies): Promise<ListedMailbox> {
  try {
    return { user, ...(await store.inspect(user)) };
  } catch (error) {
    if (!(error instanceof StoreUnavailable)) throw error;
    return { user, fault: error.message };
  }
}

function toItem(listed: ListedMailbox, onlineUsers: ReadonlySet<string>): MailboxItem {
  const { user } = listed;
  const online = onlineUsers.has(user);
  if ('fault' in listed) {
    const fault = listed.fault.slice(0, WIRE.maxSentenceLength).toWellFormed();
    return { user, ...UNREADABLE, online, fault };
  }
  const { devices, ...head } = listed;
  return { ...head, online, ...(devices && { devices: devicesOf(devices, head.last) }) };
}

function toTrace({ id: _, events, behind, ...trail }: MessageTrail): NonNullable<QueueReply['traces']>[number] {
  return {
    ...trail,
    events: events.slice(0, QUEUE.maxEventsPerTrace),
    ...(behind && { behind: behind.slice(0, WIRE.maxDevicesPerFrame) }),
  };
}

/** A copy of what the user sent is in the mailbox of its target, too. */
const isNoCopy = ({ to }: ReadMessage): boolean => to === undefined;

const devicesOf = (devices: readonly DeviceHead[], last: number): NonNullable<MailboxItem['devices']> =>
  devices.slice(0, WIRE.maxDevicesPerFrame).map(({ device, delivered, seenAt, isOnline }) => ({
    ...{ device, behind: last - delivered, seenAt, online: isOnline },
  }));

const pageOf = (messages: readonly ReadMessage[], headers: boolean): NonNullable<QueueReply['messages']> =>
  fitting(messages.map(({ body, ...header }) => (headers ? header : { ...header, body })));
