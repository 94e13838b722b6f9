/** An operator deletes undelivered messages. When that is durable, the senders get an `error` `purged`. */
import type { Handler } from '../handler.js';
import { bySender } from '../handler-outcome.js';

export const purge: Handler<'purge'> = async ({ id, user, seqs }, { auth, now }, { store, accounts }) => {
  if (!accounts.isCurrent(auth.identity)) return { close: 'revoked' }; // R7
  const { outcomes, messages } = await store.purge(user, seqs, now);
  return {
    replies: [{ type: 'purge', id, outcomes }],
    notices: bySender(messages, (ids) => ({ type: 'purged', to: user, ids })), // R17
  };
};
