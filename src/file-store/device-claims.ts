/** What a claim of a device does: where the device goes on, and which devices are added and dropped for it. Pure. */
import { MAIN_DEVICE } from '../protocol/frames/login.js';
import type { Claim, Claimant, DeviceHead } from '../store/store.js';
import type { DeviceState } from './device-cursors.js';
import type { Mailbox } from './mailbox.js';

/** Where a session of a device begins; see Claim. @param epoch of the mailbox. */
export function positionOf(
  mailbox: Mailbox,
  { device = MAIN_DEVICE, last, history: wantsHistory }: Claimant,
  epoch: string,
): Pick<Claim, 'delivered' | 'missed' | 'history'> {
  const cursor = mailbox.cursorOf(device) ?? mailbox.delivered;
  const missed = Math.max(0, mailbox.dropped - cursor);
  // A client has what it acked. If it lacks some of it, another machine of the same name has acked that, or it lost its state.
  const hasNothing = last === undefined && wantsHistory === true;
  const has = last?.epoch === epoch ? last.seq : hasNothing ? 0 : cursor;
  const delivered = Math.max(Math.min(cursor, has), mailbox.dropped);
  return { delivered, missed, history: delivered < cursor ? cursor : mailbox.historyOf(device) };
}

interface Enrolment {
  /** Devices to remove. */
  readonly dropped: readonly string[];
  /** Devices to add, or whose wish for copies changes. */
  readonly added: readonly DeviceState[];
}

interface EnrolmentFacts {
  readonly mailbox: Mailbox;
  readonly known: readonly DeviceHead[];
  readonly isMainOpen: boolean;
  readonly epoch: string;
  /** ms since 1970. */
  readonly now: number;
}

/** Undefined when there is no room for the device: each of the others has a session. */
export function enrolmentOf(
  { device = MAIN_DEVICE, last, copies = false, history: wantsHistory = false }: Claimant,
  { mailbox, known, isMainOpen, epoch, now }: EnrolmentFacts,
): Enrolment | undefined {
  const dropped = mailbox.devicesToDrop(known, device, now);
  if (dropped === undefined) return undefined;
  const { delivered } = mailbox;
  const cursor = mailbox.cursorOf(device);
  if (cursor !== undefined) {
    const isChanged = (mailbox.wantsCopies(device) ?? false) !== copies;
    return { dropped, added: isChanged ? [{ device, cursor, at: now, copies }] : [] };
  }
  // The device that had the mailbox alone goes on from where it is.
  const hadMain = (known.length > 0 && !dropped.includes(MAIN_DEVICE)) || isMainOpen;
  const main = !mailbox.hasDevices && hadMain ? [{ device: MAIN_DEVICE, cursor: delivered, at: now }] : [];
  const hasKept = wantsHistory && mailbox.dropped < delivered;
  const start = last?.epoch === epoch ? Math.min(last.seq, delivered) : hasKept ? mailbox.dropped : delivered;
  const history = hasKept && start === mailbox.dropped ? { history: delivered } : {};
  return { dropped, added: [...main, { device, cursor: start, at: now, copies, ...history }] };
}
