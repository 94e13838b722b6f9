/** An operator lists mailboxes or messages. Only allowed in mode `operate`. */
import { errorFrame } from '../../protocol/error-frames.js';
import { utf8Bytes } from '../../protocol/field-types.js';
import type { QueueReply } from '../../protocol/frames/queue.js';
import { QUEUE, WIRE } from '../../protocol/limits.js';
import { type ReadMessage, StoreUnavailable } from '../../store/store.js';
import type { Handler, HandlerDependencies } from '../handler.js';

export const queue: Handler<'queue'> = async (frame, _, deps) => {
  const { id, what, user, after = '', seq = 0, headers = false } = frame;
  if (user !== undefined && (await isUnknown(user, deps)))
    return { replies: [errorFrame('unknown-user', { id, to: user })] };
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
  const users = user === undefined ? await deps.store.users(after, QUEUE.maxMailboxesPerFrame) : [user];
  const mailboxes = await Promise.all(users.filter((name) => name > after).map((name) => mailboxState(name, deps)));
  return { replies: [{ type: 'queue', id, mailboxes }] };
};

/** Neither an account nor a mailbox. What was left of a removed user can still be read. */
async function isUnknown(user: string, { accounts, store }: HandlerDependencies): Promise<boolean> {
  if (accounts.exists(user)) return false;
  try {
    return (await store.inspect(user)).last === 0;
  } catch (error) {
    if (error instanceof StoreUnavailable) return false;
    throw error;
  }
}

const UNREADABLE = { delivered: 0, last: 0, purged: 0, seenAt: 0 };

/** The state of a mailbox; one that cannot be read has a `fault`. */
async function mailboxState(
  user: string,
  { store, bus }: HandlerDependencies,
): Promise<NonNullable<QueueReply['mailboxes']>[number]> {
  const online = (await bus.presence(user)) !== undefined;
  try {
    return { user, ...(await store.inspect(user)), online };
  } catch (error) {
    if (!(error instanceof StoreUnavailable)) throw error;
    return { user, ...UNREADABLE, online, fault: error.message.slice(0, WIRE.maxSentenceLength).toWellFormed() };
  }
}

/** A copy of what the user sent is in the mailbox of its target, too. */
const isNoCopy = ({ to }: ReadMessage): boolean => to === undefined;

/** As many messages as fit into a frame, at least one. Counts bytes of JSON: one byte of a body may need six. */
function pageOf(messages: readonly ReadMessage[], headers: boolean): NonNullable<QueueReply['messages']> {
  const page: Omit<ReadMessage, 'body'>[] = [];
  let bytes = 0;
  for (const { body, ...header } of messages) {
    const item = headers ? header : { ...header, body };
    bytes += utf8Bytes(JSON.stringify(item));
    if (bytes > QUEUE.maxBytesPerFrame && page.length > 0) break;
    page.push(item);
  }
  return page;
}
