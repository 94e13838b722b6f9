/** R7 to R11: checks and stores a message, then answers the sender and nudges the target. */
import { errorFrame } from '../../protocol/error-frames.js';
import type { AppendResult, Store } from '../../store/store.js';
import { type Handler, NUDGE, type Outcome } from '../handler.js';

export const message: Handler<'message'> = async ({ id, to, body, from }, { auth, now }, { store, accounts }) => {
  const { user } = auth.identity;
  if (from !== undefined && from !== user) return { replies: [errorFrame('forged-sender', { id, to })] }; // R7
  if (!accounts.exists(to)) return { replies: [errorFrame('unknown-user', { id, to })] };
  if (!accounts.maySend(user, to) && !(await isKnown(user, to, id, store)))
    return { replies: [errorFrame('blocked', { id, to })] };

  const device = auth.mode === 'chat' ? { device: auth.device } : {};
  const appended = await store.append({ to, from: user, id, body, at: now, ...device }); // R8, R9
  return answer(appended, id, to, user);
};

/** R8: a message that was stored before its sender was blocked gets the same answer as then. */
const isKnown = async (from: string, to: string, id: string, store: Store): Promise<boolean> =>
  (await store.find(to, from, [id])).some(({ state }) => state !== 'unknown');

/**
 * The answer when the store has decided. A duplicate whose `delivered` is true was acked already: its sender gets `delivered`
 * right after `stored`, since the first one may have been lost, and the target is not nudged.
 */
function answer(appended: AppendResult, id: string, to: string, from: string): Outcome {
  switch (appended.outcome) {
    case 'stored': {
      const nudges = [{ user: to, notice: NUDGE }, ...(appended.copied ? [{ user: from, notice: NUDGE }] : [])];
      return { replies: [{ type: 'stored', ids: [id] }], notices: nudges }; // R11, R10
    }
    case 'duplicate': {
      const stored = { type: 'stored', ids: [id], duplicates: [id] } as const; // R8
      return appended.delivered
        ? { replies: [stored, { type: 'delivered', to, ids: [id] }] }
        : { replies: [stored], notices: [{ user: to, notice: NUDGE }] };
    }
    case 'purged':
      return { replies: [errorFrame('purged', { id, to })] };
    case 'conflict':
      return { replies: [errorFrame('id-conflict', { id, to })] };
    case 'full':
      return { replies: [errorFrame('mailbox-full', { id, to })] };
  }
}
