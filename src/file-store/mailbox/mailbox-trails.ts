/** The trails of messages in a mailbox. Pure. */
import { trailOf } from '../../store/message-trail.js';
import type { MessageTrail } from '../../store/store.js';
import type { LoggedAudit } from './delivery-log.js';
import type { Mailbox } from './mailbox.js';

/** Of all messages with this id, by seq: several senders may use the same. @param audits of all users, oldest first. */
export function trailsOf(user: string, mailbox: Mailbox, audits: readonly LoggedAudit[], id: string): MessageTrail[] {
  const { deliveryLog, hasDevices, devices } = mailbox;
  const found = mailbox.find(id).sort((a, b) => a.seq - b.seq);
  return found.map(({ from, seq }) => {
    const kept = mailbox.get(seq);
    // A message that was restored has another seq than the purged one of the same id.
    const state = kept ? mailbox.stateOf(seq) : mailbox.stateOfId(from, id);
    const status =
      state === 'purged' || state === 'unsent' ? 'purged' : seq > mailbox.delivered ? 'undelivered' : 'delivered';
    return trailOf({
      ...{ user, seq, id, from, status, kept, hasDevices, devices, audits },
      ack: deliveryLog.ackOf(seq),
      pushes: deliveryLog.pushesOf(seq),
      before: status === 'undelivered' ? undeliveredBefore(mailbox, seq) : 0,
    });
  });
}

function undeliveredBefore(mailbox: Mailbox, seq: number): number {
  let count = 0;
  for (let one = mailbox.delivered + 1; one < seq; one++) if (mailbox.stateOf(one) === 'stored') count++;
  return count;
}
