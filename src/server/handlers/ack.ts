/** R12: only the first ack of a device of the target sets status 1. When that is durable, the senders get `delivered`. */
import { errorFrame } from '../../protocol/error-frames.js';
import { pushesUpTo } from '../delivery-window.js';
import { bySender, type Handler } from '../handler.js';

export const ack: Handler<'ack'> = async ({ seq }, { auth, pushed, acked, pushes }, { store }) => {
  const { user } = auth.identity;
  if (seq > pushed) return { replies: [errorFrame('invalid', { field: 'seq' })] }; // not pushed yet
  if (seq <= acked) return {}; // idempotent

  const trail = { session: auth.session, pushes: pushesUpTo(pushes, seq) };
  const result = await store.settle(user, seq, auth.fence, trail);
  if (result.outcome === 'stale') return { close: 'replaced' };
  const { messages } = result;
  const notices = bySender(messages, (ids) => ({ type: 'delivered', to: user, ids }));
  return { acked: seq, delivered: messages.length, notices };
};
