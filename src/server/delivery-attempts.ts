/** Records a delivery attempt: messages that were pushed and not acked when the session ends, or for a long time. */
import { type DeliveryWindow, pushesUpTo } from './delivery-window.js';
import type { ServerDependencies } from './dependencies.js';
import type { AuthenticatedUser } from './session-rules.js';

/** Counts everything pushed in this session as tried, once. A failed write is only logged: the next attempt counts then. */
export function noteAttempt(
  window: DeliveryWindow,
  { identity: { user }, session, fence }: AuthenticatedUser,
  { store, clock, log }: Pick<ServerDependencies, 'store' | 'clock' | 'log'>,
): void {
  window.note();
  store
    .notePushed(user, window.pushed, fence, clock.now(), { session, pushes: pushesUpTo(window.pushes, window.pushed) })
    .catch((error: unknown) => log.warn('attempt not noted', { user, error: String(error) }));
}
