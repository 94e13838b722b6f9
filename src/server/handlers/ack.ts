/** R12: only the target's own ack sets status 1; then the senders are told. */

import { errorFrame } from '../../protocol/error-frames.js';
import { turnsUpTo } from '../delivery-window.js';
import type { Handler } from '../handler.js';
import { bySender, NOTHING } from '../handler-outcome.js';

export const ack: Handler<'ack'> = async ({ seq }, { auth, pushed, settled, turns }, { store, accounts }) => {
  const { user } = auth.identity;
  if (!accounts.isCurrent(auth.identity)) return { close: 'revoked' }; // R7
  if (seq > pushed) return { replies: [errorFrame('invalid', { field: 'seq' })] }; // never beyond what was pushed
  if (seq <= settled) return NOTHING; // idempotent

  const trail = { session: auth.session, pushes: turnsUpTo(turns, seq) };
  const result = await store.settle(user, seq, auth.fence, trail);
  if (result.outcome === 'stale') return { close: 'replaced' };
  return { settled: seq, notices: bySender(result.messages, (ids) => ({ type: 'delivered', to: user, ids })) };
};
