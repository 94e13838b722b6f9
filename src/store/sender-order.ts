/** Whose messages keep their order, when one of them is refused for now (R16). Pure. */
import type { MAILBOX } from './limits.js';
import type { Batch } from './store.js';

/**
 * Who is held back: one session of a user, since what another one sends has no order with it. Without a fence nobody knows which
 * session it is: then all of the user. A name of a user has no space.
 */
export const heldSender = ({ from, sender }: Pick<Batch, 'from' | 'sender'>): string =>
  sender?.fence === undefined ? from : `${from} ${sender.fence}`;

/** Whether a refusal of this sender still holds back later messages. Math.abs: the clock may be set back. */
export function isHeldBack(
  held: string,
  refusedAt: number,
  at: number,
  limits: { readonly [K in 'heldBackMs' | 'heldBackInSessionMs']: (typeof MAILBOX)[K] | number },
): boolean {
  return Math.abs(at - refusedAt) < (held.includes(' ') ? limits.heldBackInSessionMs : limits.heldBackMs);
}
