/** A login of one connection: whether its network may try (R3), the handler, and the place that the session takes. */
import type { Identity } from '../accounts/accounts.js';
import type { Peer } from '../io/transport.js';
import type { CloseReason } from '../protocol/close-codes.js';
import type { Login } from '../protocol/frames/login.js';
import type { ServerDependencies } from './dependencies.js';
import type { Outcome } from './handler.js';
import { type Entrance, login } from './handlers/login.js';

interface Newcomer extends Pick<Entrance, 'session' | 'isGone'> {
  readonly peer: Peer;
  /** A place of this user is taken: it is to be released when the connection is gone. */
  takePlace(user: string): void;
}

/** Rejects as the handler does. */
export async function checkLogin(frame: Login, newcomer: Newcomer, deps: ServerDependencies): Promise<Outcome> {
  const { guard, clock, log } = deps;
  const { session } = newcomer;
  const { network, host, port } = newcomer.peer;
  const isGone = (): boolean => newcomer.isGone();
  const turn = guard.enter({ network, user: frame.user, isGone }, clock.monotonic());
  const admitted: Entrance['admit'] = (identity, given) => admit(identity, given, newcomer, deps);
  const outcome: Outcome =
    turn === true || (await turn)
      ? await login(frame, { session, now: clock.now(), isGone, admit: admitted }, deps)
      : { close: 'too-many-failed-logins' };
  const { close } = outcome;
  if ((close === 'unauthorized' || close === 'too-many-failed-logins') && !isGone())
    log.warn('login refused', { address: host, port, user: frame.user, reason: close }); // docs/examples/fail2ban
  return outcome;
}

/** The token is right: no stranger any more. Returns why there is no place. */
function admit(
  { user, role }: Identity,
  { mode, device }: Parameters<Entrance['admit']>[1],
  newcomer: Newcomer,
  { guard, clock, sessions, places }: ServerDependencies,
): CloseReason | undefined {
  const { peer } = newcomer;
  guard.passed({ network: peer.network, user }, clock.monotonic());
  if (newcomer.isGone()) return undefined; // There is no session that needs a place.
  const isOperator = mode === 'operate' && role === 'operator';
  const isUrgent = isOperator || (mode === 'chat' && sessions.has(user, device));
  const refusal = places.take(user, { isUrgent });
  if (refusal !== undefined) return refusal; // It stays a stranger until it is closed.
  newcomer.takePlace(user);
  peer.recognised();
  return undefined;
}
