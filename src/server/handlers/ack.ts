/** R12: only the target's own ack sets status 1; then the senders are told. */

import { WIRE } from '../../protocol/limits.js';
import { refuse } from '../../protocol/refusal.js';
import type { Settlement } from '../../store/store.js';
import { turnsUpTo } from '../delivery.js';
import type { Handler } from '../handler.js';
import { type Address, NOTHING } from '../outcome.js';

export const ack: Handler<'ack'> = async ({ seq }, { member, pushed, settled, turns }, { store, accounts }) => {
  const { user } = member.identity;
  if (!accounts.isCurrent(member.identity)) return { close: 'revoked' }; // R7
  if (seq > pushed) return { replies: [refuse('invalid', { field: 'seq' })] }; // never beyond what was pushed
  if (seq <= settled) return NOTHING; // idempotent

  const trail = { session: member.session, pushes: turnsUpTo(turns, seq) };
  const result = await store.settle(user, seq, member.fence, trail);
  if (result.outcome === 'stale') return { close: 'replaced' };
  return { settled: seq, notices: tellSenders(user, result.messages) };
};

/** One notice a sender, with the ids in the order in which they were stored. */
function tellSenders(to: string, messages: readonly Settlement[]): Address[] {
  const idsBySender = new Map<string, string[]>();
  for (const { from, id } of messages) {
    const ids = idsBySender.get(from);
    if (ids === undefined) idsBySender.set(from, [id]);
    else ids.push(id);
  }
  const addresses: Address[] = [];
  for (const [user, ids] of idsBySender) {
    for (let first = 0; first < ids.length; first += WIRE.maxIdsPerFrame) {
      addresses.push({ user, notice: { type: 'delivered', to, ids: ids.slice(first, first + WIRE.maxIdsPerFrame) } });
    }
  }
  return addresses;
}
