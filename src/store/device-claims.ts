/** What a claim of a device does: where the device goes on, and which devices are added and dropped for it. Pure. */
import { MAIN_DEVICE } from '../protocol/frames/login.js';
import type { Bounds } from '../protocol/limits.js';
import type { MAILBOX } from './limits.js';
import type { Claim, Claimant, DeviceHead } from './store.js';

/** What a claim needs to know of a mailbox. */
interface ClaimedMailbox {
  /** The cursor. */
  readonly delivered: number;
  /** Up to this seq, messages are no longer kept. */
  readonly dropped: number;
  /** False as long as MAIN_DEVICE was the only device. */
  readonly hasDevices: boolean;
  /** The cursor of a device; undefined if it is not known. */
  cursorOf(device: string): number | undefined;
  /** Whether the device wants copies; undefined if it is not known. */
  wantsCopies(device: string): boolean | undefined;
  /** Up to which seq the device gets history; 0: it gets none, or has it. */
  historyOf(device: string): number;
  /** See `devicesToDrop`. */
  devicesToDrop(devices: readonly DeviceUse[], joining: string, now: number): readonly string[] | undefined;
}

/** A device to add, or whose wish for copies changes. */
export interface AddedDevice {
  readonly device: string;
  readonly cursor: number;
  /** ms since 1970. */
  readonly at: number;
  readonly copies?: boolean;
  /** Up to this seq, everything was delivered before it was added. */
  readonly history?: number;
}

/** Where a session of a device begins; see Claim. @param epoch of the mailbox. */
export function positionOf(
  mailbox: ClaimedMailbox,
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
  readonly added: readonly AddedDevice[];
}

interface EnrolmentFacts {
  readonly mailbox: ClaimedMailbox;
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

/** A device, when it was last here (ms since 1970), and whether it has a session. */
export interface DeviceUse {
  readonly device: string;
  readonly seenAt: number;
  readonly isOnline: boolean;
}

type DeviceLimits = Pick<Bounds<typeof MAILBOX>, 'maxDevices' | 'keptDeviceMs'>;

/**
 * The devices to drop before `joining` logs in: those not seen for too long, and the ones seen longest ago beyond the
 * limit. Never one with a session: if all have one, there is no room for another, and the result is undefined.
 */
export function devicesToDrop(
  devices: readonly DeviceUse[],
  joining: string,
  now: number,
  { maxDevices, keptDeviceMs }: DeviceLimits,
): readonly string[] | undefined {
  const others = devices.filter(({ device }) => device !== joining);
  const idle = others.filter(({ isOnline }) => !isOnline).sort((a, b) => a.seenAt - b.seenAt);
  const unseen = idle.filter(({ seenAt }) => seenAt < now - keptDeviceMs).length;
  const isNew = others.length === devices.length;
  const excess = isNew ? others.length + 1 - maxDevices : 0;
  if (excess > idle.length) return undefined;
  return idle.slice(0, Math.max(unseen, excess)).map(({ device }) => device);
}
