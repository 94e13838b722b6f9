/** R12: only the target's own ack sets status 1; then the senders are told. */

import { refuse } from '../../protocol/error-frames.js';
import { turnsUpTo } from '../delivery-window.js';
import type { Handler } from '../handler.js';
import { bySender, NOTHING } from '../handler-outcome.js';

export const ack: Handler<'ack'> = async ({ seq }, { member, pushed, settled, turns }, { store, accounts }) => {
  const { user } = member.identity;
  if (!accounts.isCurrent(member.identity)) return { close: 'revoked' }; // R7
  if (seq > pushed) return { replies: [refuse('invalid', { field: 'seq' })] }; // never beyond what was pushed
  if (seq <= settled) return NOTHING; // idempotent

  const trail = { session: member.session, pushes: turnsUpTo(turns, seq) };
  const result = await store.settle(user, seq, member.fence, trail);
  if (result.outcome === 'stale') return { close: 'replaced' };
  return { settled: seq, notices: bySender(result.messages, (ids) => ({ type: 'delivered', to: user, ids })) };
};
