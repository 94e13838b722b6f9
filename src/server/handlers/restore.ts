/** An operator stores exported messages again. Like `message` (R8, R9), but with the original sender and time. */
import type { RestoreOutcome } from '../../protocol/frames/restore.js';
import type { NewMessage, Restored } from '../../store/store.js';
import { type Handler, type HandlerDependencies, NUDGE } from '../handler.js';

export const restore: Handler<'restore'> = async ({ id, messages }, { auth, now }, deps) => {
  const restored = { by: auth.identity.user, at: now };
  // All appends start in this turn, so that each mailbox gets its messages in this order (R16).
  const outcomes = await Promise.all(messages.map((message) => store(message, restored, deps)));
  const targets = new Set(messages.map(({ to }) => to).filter((_, index) => outcomes[index] === 'stored'));
  return {
    replies: [{ type: 'restore', id, outcomes }],
    notices: [...targets].map((user) => ({ user, notice: NUDGE })), // R10
  };
};

async function store(message: NewMessage, restored: Restored, deps: HandlerDependencies): Promise<RestoreOutcome> {
  const { to, from, id, body, at } = message;
  if (!deps.accounts.exists(to)) return 'unknown-user';
  const { outcome } = await deps.store.append({ to, from, id, body, at, restored }); // R8, R9
  return outcome === 'purged' ? store(message, restored, deps) : outcome; // an older copy was purged meanwhile: store it anew
}
