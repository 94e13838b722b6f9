/** A sender takes messages back. When that is durable, all sessions of the sender get an `error` `unsent`. */
import { bySender, type Handler } from '../handler.js';

export const unsend: Handler<'unsend'> = async ({ id, to, ids }, { auth, now }, { store }) => {
  const { user, generation } = auth.identity; // R7: nobody unsends messages of others
  const { outcomes, messages } = await store.unsend({ to, from: user, ids, at: now, generation });
  return {
    replies: [{ type: 'unsend', id, outcomes }],
    notices: bySender(messages, (unsent) => ({ type: 'unsent', to, ids: unsent })), // R17
  };
};
