/** Finds the states of messages by their ids; see Store. */

import type { MessageStatus } from '../store/store.js';
import type { LoadedMailbox } from './loaded-mailbox.js';

export async function findMessageStatus(
  { mailbox, inFlight }: LoadedMailbox,
  from: string,
  ids: readonly string[],
): Promise<readonly MessageStatus[]> {
  const onTheirWay = ids.flatMap((id) => inFlight.get(mailbox.seqOf(from, id) ?? 0)?.join() ?? []);
  await Promise.allSettled(onTheirWay); // One that is refused is unknown.
  return ids.map((id) => {
    const seq = mailbox.seqOf(from, id);
    if (seq === undefined || seq > mailbox.last) return { id, state: 'unknown' };
    return { id, state: mailbox.stateOf(seq) };
  });
}
