/** R17: answers with the state of the sender's own earlier messages. */
import { errorFrame } from '../../protocol/error-frames.js';
import type { ServerFrame } from '../../protocol/frame-catalogue.js';
import type { Handler } from '../handler.js';

export const status: Handler<'status'> = async ({ to, ids }, { auth }, { store }) => {
  const found = await store.find(to, auth.identity.user, ids);
  const stored = found.filter(({ state }) => state === 'stored' || state === 'delivered').map(({ id }) => id);
  const delivered = found.filter(({ state }) => state === 'delivered').map(({ id }) => id);

  const replies: ServerFrame[] = [];
  if (stored.length > 0) replies.push({ type: 'stored', ids: stored, to });
  if (delivered.length > 0) replies.push({ type: 'delivered', to, ids: delivered });
  for (const { id, state } of found) {
    if (state === 'unknown') replies.push(errorFrame('unknown-id', { id, to }));
    if (state === 'purged' || state === 'unsent') replies.push(errorFrame(state, { id, to }));
  }
  return { replies };
};
