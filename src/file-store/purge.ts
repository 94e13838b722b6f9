/** Deletes undelivered messages of a mailbox; see Store. What becomes of each is decided when the record is durable. */
import type { JournalEntry } from '../disk/journal.js';
import type { Purged, PurgeOutcome } from '../store/store.js';
import { purgeMembers } from './journal-records.js';
import type { Slot } from './loaded-mailbox.js';
import { PurgeEntry } from './pending-writes.js';

export async function purge(
  slot: Slot,
  seqs: readonly number[],
  at: number,
  write: (members: string, entry: JournalEntry) => void,
): Promise<Purged> {
  const { mailbox, user } = slot;
  const undelivered = seqs.filter((seq) => seq <= mailbox.last && mailbox.stateOf(seq) === 'stored');
  const isPossible = undelivered.length > 0 && mailbox.hasRoomForPurged(undelivered.length);
  const messages = !isPossible
    ? []
    : await new Promise<Purged['messages']>((resolve, reject) => {
        write(purgeMembers(user, undelivered, at), new PurgeEntry(slot, undelivered, at, resolve, reject));
      });
  const outcomes = seqs.map((seq): PurgeOutcome => {
    if (seq > mailbox.last) return 'unknown';
    const state = mailbox.stateOf(seq);
    return state === 'stored' ? 'full' : state; // an ack may have come before
  });
  return { outcomes, messages };
}
