/** An operator deletes undelivered messages. When that is durable, the senders get an `error` `purged`. */
import { bySender, type Handler } from '../handler.js';

export const purge: Handler<'purge'> = async ({ id, user, seqs }, { now }, { store }) => {
  const { outcomes, messages } = await store.purge(user, seqs, now);
  return {
    replies: [{ type: 'purge', id, outcomes }],
    notices: bySender(messages, (ids) => ({ type: 'purged', to: user, ids })), // R17
  };
};
