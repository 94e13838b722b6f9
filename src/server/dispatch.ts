/** One frame to its outcome: the session table, then the handler. What the peer or a full disk caused is an outcome, too. */
import { AccountsUnavailable } from '../accounts/accounts.js';
import { errorFrame } from '../protocol/error-frames.js';
import type { ClientFrame } from '../protocol/frame-catalogue.js';
import type { Login } from '../protocol/frames/login.js';
import { StoreUnavailable } from '../store/store.js';
import type { HandlerDependencies } from './dependencies.js';
import type { Handler, SessionView } from './handler.js';
import type { Outcome } from './handler-outcome.js';
import { HANDLERS } from './handlers/index.js';

/** Runs the handler of a logged-in session. Rejects with StoreUnavailable, AccountsUnavailable, a bug, or a broken store. */
export function dispatch(
  frame: Exclude<ClientFrame, Login>,
  session: SessionView,
  ports: HandlerDependencies,
): Outcome | Promise<Outcome> {
  return (HANDLERS[frame.type] as Handler<typeof frame.type>)(frame, session, ports);
}

/** What to answer when a handler failed, or undefined when neither the peer nor a full disk caused it. */
export function toOutcome(error: unknown, frame: ClientFrame): Outcome | undefined {
  if (!(error instanceof StoreUnavailable || error instanceof AccountsUnavailable)) return undefined;
  if (frame.type === 'ack') return { retryAck: frame }; // R12: it counts, as soon as it can be kept
  const id = 'id' in frame ? frame.id : undefined;
  const to = 'to' in frame ? frame.to : undefined;
  const refusal = errorFrame('unavailable', { ...(id !== undefined && { id }), ...(to !== undefined && { to }) });
  // Who cannot log in because of it may come back.
  return { replies: [refusal], ...(frame.type === 'login' && { close: 'server-error' }) };
}
