/** Runs the handler of a frame, and turns the errors of a handler that the peer should see into an outcome. */
import { AccountsUnavailable } from '../accounts/accounts.js';
import { errorFrame } from '../protocol/error-frames.js';
import type { ClientFrame, ClientFrameType } from '../protocol/frame-catalogue.js';
import type { Login } from '../protocol/frames/login.js';
import { StoreUnavailable } from '../store/store.js';
import type { Handler, HandlerDependencies, Outcome, SessionView } from './handler.js';
import { account } from './handlers/account.js';
import { ack } from './handlers/ack.js';
import { audit } from './handlers/audit.js';
import { devices } from './handlers/devices.js';
import { heartbeat } from './handlers/heartbeat.js';
import { message } from './handlers/message.js';
import { purge } from './handlers/purge.js';
import { queue } from './handlers/queue.js';
import { read } from './handlers/read.js';
import { replay } from './handlers/replay.js';
import { restore } from './handlers/restore.js';
import { senders } from './handlers/senders.js';
import { status } from './handlers/status.js';

/** The handlers of a logged-in session. `login` is not one of them: it runs before there is a session. */
const HANDLERS: { readonly [T in Exclude<ClientFrameType, 'login'>]: Handler<T> } = {
  message,
  ack,
  read,
  status,
  heartbeat,
  devices,
  senders,
  account,
  queue,
  replay,
  restore,
  purge,
  audit,
};

/** Runs the handler of a logged-in session, if its user is not revoked. Rejects as the handler does. */
export function dispatch(
  frame: Exclude<ClientFrame, Login>,
  session: SessionView,
  deps: HandlerDependencies,
): Outcome | Promise<Outcome> {
  const isRevoked = frame.type !== 'heartbeat' && !deps.accounts.isCurrent(session.auth.identity);
  if (isRevoked) return { close: 'revoked' }; // R7
  return (HANDLERS[frame.type] as Handler<typeof frame.type>)(frame, session, deps);
}

/** The outcome when a handler threw because nothing can be written now; undefined for a bug or a broken store. */
export function outcomeOfError(error: unknown, frame: ClientFrame): Outcome | undefined {
  if (!(error instanceof StoreUnavailable || error instanceof AccountsUnavailable)) return undefined;
  if (frame.type === 'ack') return { retryAck: frame }; // R12: the ack counts as soon as it can be written
  const id = 'id' in frame ? frame.id : undefined;
  const to = 'to' in frame ? frame.to : undefined;
  const refusal = errorFrame('unavailable', { ...(id !== undefined && { id }), ...(to !== undefined && { to }) });
  // A client that cannot log in for this reason may reconnect.
  return { replies: [refusal], ...(frame.type === 'login' && { close: 'server-error' }) };
}
