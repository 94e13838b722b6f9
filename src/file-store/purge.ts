/** Deletes undelivered messages of a mailbox; see Store. What becomes of each is decided when the record is durable. */
import type { AppendListener } from '../disk/journal.js';
import type { PurgeOutcome, PurgeResult } from '../store/store.js';
import { purgeMembers } from './journal-records.js';
import type { LoadedMailbox } from './loaded-mailbox.js';
import { PendingPurge } from './pending-writes.js';

export async function purgeMailbox(
  loaded: LoadedMailbox,
  seqs: readonly number[],
  at: number,
  write: (members: string, listener: AppendListener) => void,
): Promise<PurgeResult> {
  const { mailbox, user } = loaded;
  const undelivered = seqs.filter((seq) => seq <= mailbox.last && mailbox.stateOf(seq) === 'stored');
  const isPossible = undelivered.length > 0 && mailbox.hasRoomForPurged(undelivered.length);
  const messages = !isPossible
    ? []
    : await new Promise<PurgeResult['messages']>((resolve, reject) => {
        write(purgeMembers(user, undelivered, at), new PendingPurge(loaded, undelivered, at, resolve, reject));
      });
  const outcomes = seqs.map((seq): PurgeOutcome => {
    if (seq > mailbox.last) return 'unknown';
    const state = mailbox.stateOf(seq);
    return state === 'stored' ? 'full' : state; // an ack may have come before
  });
  return { outcomes, messages };
}
