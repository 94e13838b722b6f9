/** Runs the handler of a frame, and turns the errors of a handler that the peer should see into an outcome. */
import { AccountsUnavailable } from '../accounts/accounts.js';
import { errorFrame } from '../protocol/error-frames.js';
import type { ClientFrame, ClientFrameType } from '../protocol/frame-catalogue.js';
import type { Login } from '../protocol/frames/login.js';
import type { Message } from '../protocol/frames/message.js';
import { OutcomeUnknown, StaleSender, StoreUnavailable } from '../store/store.js';
import type { Handler, HandlerDependencies, Outcome, SessionView } from './handler.js';
import { account } from './handlers/account.js';
import { ack } from './handlers/ack.js';
import { audit } from './handlers/audit.js';
import { devices } from './handlers/devices.js';
import { heartbeat } from './handlers/heartbeat.js';
import { messages } from './handlers/message.js';
import { own } from './handlers/own.js';
import { purge } from './handlers/purge.js';
import { queue } from './handlers/queue.js';
import { read } from './handlers/read.js';
import { replay } from './handlers/replay.js';
import { restore } from './handlers/restore.js';
import { senders } from './handlers/senders.js';
import { status } from './handlers/status.js';
import { unsend } from './handlers/unsend.js';
import type { MessageGroup } from './turn-messages.js';

/** The handlers of single frames of a logged-in session. `login` is not one of them: it runs before there is a session. */
const HANDLERS: { readonly [T in Exclude<ClientFrameType, 'login' | 'message'>]: Handler<T> } = {
  ack,
  read,
  status,
  unsend,
  heartbeat,
  devices,
  senders,
  own,
  account,
  queue,
  replay,
  restore,
  purge,
  audit,
};

/** Runs the handler of a logged-in session, if its user is not revoked. Rejects as the handler does. */
export function dispatch(
  frame: Exclude<ClientFrame, Login | Message>,
  session: SessionView,
  deps: HandlerDependencies,
): Outcome | Promise<Outcome> {
  if (frame.type !== 'heartbeat' && isRevoked(session, deps)) return { close: 'revoked' }; // R7
  return (HANDLERS[frame.type] as Handler<typeof frame.type>)(frame, session, deps);
}

/** The same for messages to one target. */
export function dispatchMessages(
  group: MessageGroup,
  session: Pick<SessionView, 'auth' | 'now'>,
  deps: HandlerDependencies,
): Outcome | Promise<Outcome> {
  if (isRevoked(session, deps)) return { close: 'revoked' }; // R7
  return messages(group, session, deps);
}

const isRevoked = ({ auth }: Pick<SessionView, 'auth'>, { accounts }: HandlerDependencies): boolean =>
  !accounts.isCurrent(auth.identity);

/** Whether nothing can be written now, or it is unknown whether it was, or the session is over. Else it is a bug or a broken store. */
export const isExpected = (error: unknown): boolean =>
  error instanceof StaleSender ||
  error instanceof OutcomeUnknown ||
  error instanceof StoreUnavailable ||
  error instanceof AccountsUnavailable;

/** The outcome when the handler of these frames threw something that is expected; undefined for a bug or a broken store. */
export function outcomeOfError(error: unknown, frames: readonly ClientFrame[]): Outcome | undefined {
  if (!isExpected(error)) return undefined;
  if (error instanceof StaleSender) return { close: error.reason };
  if (error instanceof OutcomeUnknown) return { close: 'server-error' }; // R11: the client sends again what has no answer
  const [first] = frames;
  if (first?.type === 'ack') return { retryAck: first }; // R12: the ack counts as soon as it can be written
  const replies = frames.map((frame) => {
    const id = 'id' in frame ? frame.id : undefined;
    const to = 'to' in frame ? frame.to : undefined;
    return errorFrame('unavailable', { ...(id !== undefined && { id }), ...(to !== undefined && { to }) });
  });
  // A client that cannot log in for this reason may reconnect.
  return { replies, ...(first?.type === 'login' && { close: 'server-error' }) };
}
