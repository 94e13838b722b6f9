/** An operator puts exported messages back: R8 and R9 hold for them as for any other, but sender and time are the original's. */
import type { RestoreOutcome } from '../../protocol/frames/restore.js';
import type { NewMessage } from '../../store/store.js';
import type { HandlerDependencies } from '../dependencies.js';
import type { Handler } from '../handler.js';
import { NUDGE } from '../handler-outcome.js';

export const restore: Handler<'restore'> = async ({ id, messages }, { auth }, ports) => {
  if (!ports.accounts.isCurrent(auth.identity)) return { close: 'revoked' }; // R7
  // Handed over in one go: each mailbox gets them in this order (R16).
  const outcomes = await Promise.all(messages.map((message) => put(message, ports)));
  const targets = new Set(messages.map(({ to }) => to).filter((_, index) => outcomes[index] === 'stored'));
  return {
    replies: [{ type: 'restore', id, outcomes }],
    notices: [...targets].map((user) => ({ user, notice: NUDGE })), // R10
  };
};

async function put(message: NewMessage, ports: HandlerDependencies): Promise<RestoreOutcome> {
  const { to, from, id, body, at } = message;
  const { accounts, store } = ports;
  if (!accounts.exists(to)) return 'unknown-user';
  const { outcome } = await store.append({ to, from, id, body, at, revives: true }); // R8, R9
  return outcome === 'purged' ? put(message, ports) : outcome; // while it was being stored
}
