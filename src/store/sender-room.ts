/** Whether a message fits into the quotas of a mailbox: those of all senders together, and the share of its sender. Pure. */
import type { Bounds } from '../protocol/limits.js';
import type { MAILBOX } from './limits.js';

/** Undelivered messages of one sender, or of all, and the length of their bodies. */
export interface Usage {
  readonly messages: number;
  readonly bytes: number;
}

export type SenderLimits = Pick<
  Bounds<typeof MAILBOX>,
  'maxUndelivered' | 'maxUndeliveredBytes' | 'maxShareOfOneSender' | 'keptForFew' | 'fewMessages' | 'fewBytes'
>;

/**
 * Whether a body of so many bytes fits into the quota of the mailbox, and into this sender's share of it. The share is a fraction
 * of what the other senders leave, without the part that is kept for senders with few messages.
 * @param all what waits of all senders. @param used what waits of this one.
 */
export function hasRoom(all: Usage, used: Usage, bytes: number, limits: SenderLimits): boolean {
  const { maxUndelivered, maxUndeliveredBytes, maxShareOfOneSender: share, keptForFew } = limits;
  const allBytes = all.bytes + bytes;
  if (all.messages >= maxUndelivered || allBytes > maxUndeliveredBytes) return false;
  const usedBytes = used.bytes + bytes;
  const few = Math.min(limits.fewMessages, (maxUndelivered * keptForFew) / 2);
  const fewBytes = Math.min(limits.fewBytes, (maxUndeliveredBytes * keptForFew) / 2);
  if (used.messages < few && usedBytes <= fewBytes) return true;
  return (
    used.messages < (maxUndelivered - all.messages + used.messages) * share &&
    usedBytes <= (maxUndeliveredBytes - all.bytes + used.bytes) * share &&
    all.messages < maxUndelivered * (1 - keptForFew) &&
    allBytes <= maxUndeliveredBytes * (1 - keptForFew)
  );
}

/**
 * Whether so much more fits whoever sent what waits: then nobody needs to count it by sender. The share of a sender is smallest
 * if everything is its own.
 */
export const hasRoomForAnybody = (all: Usage, more: Usage, limits: SenderLimits): boolean =>
  all.messages + more.messages <= limits.maxUndelivered * Math.min(limits.maxShareOfOneSender, 1 - limits.keptForFew) &&
  all.bytes + more.bytes <= limits.maxUndeliveredBytes * Math.min(limits.maxShareOfOneSender, 1 - limits.keptForFew);
