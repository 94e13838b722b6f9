/** Finds the states of messages by their ids; see Store. */

import type { Found } from '../store/store.js';
import type { Slot } from './loaded-mailbox.js';

export async function find(
  { mailbox, inFlight }: Slot,
  from: string,
  ids: readonly string[],
): Promise<readonly Found[]> {
  const onTheirWay = ids.flatMap((id) => inFlight.get(mailbox.seqOf(from, id) ?? 0)?.join() ?? []);
  await Promise.allSettled(onTheirWay); // One that is refused is unknown.
  return ids.map((id) => {
    const seq = mailbox.seqOf(from, id);
    if (seq === undefined || seq > mailbox.last) return { id, state: 'unknown' };
    return { id, state: mailbox.stateOf(seq) };
  });
}
