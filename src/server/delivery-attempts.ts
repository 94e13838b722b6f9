/** What was pushed and not acked counts as an attempt: when the session ends, and when it takes long. */
import { type DeliveryWindow, turnsUpTo } from './delivery-window.js';
import type { ServerDependencies } from './dependencies.js';
import type { AuthenticatedUser } from './session-rules.js';

/** That it could not be written down ends nothing: it is the next attempt that counts then. */
export function noteAttempt(
  window: DeliveryWindow,
  { identity: { user }, session, fence }: AuthenticatedUser,
  { store, clock, log }: Pick<ServerDependencies, 'store' | 'clock' | 'log'>,
): void {
  window.note();
  store
    .notePushed(user, window.pushed, fence, clock.now(), { session, pushes: turnsUpTo(window.turns, window.pushed) })
    .catch((error: unknown) => log.warn('attempt not noted', { user, error: String(error) }));
}
