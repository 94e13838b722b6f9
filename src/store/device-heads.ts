/** The devices of a user: their cursors from the mailbox, and when they were here from the sightings. Pure. */
import { MAIN_DEVICE } from '../protocol/frames/login.js';
import type { DeviceHead } from './store.js';

/** The devices of a mailbox. */
interface KnownDevices {
  /** By name, and when each was added or last acked something, ms since 1970; 0 if that is not known. */
  readonly devices: readonly { readonly device: string; readonly cursor: number; readonly at: number }[];
  /** The cursor of the mailbox. */
  readonly delivered: number;
  /** False as long as MAIN_DEVICE was the only device. */
  readonly hasDevices: boolean;
}

/** When a chat session of a device last began or ended. */
export interface Sighted {
  /** Absent: MAIN_DEVICE. */
  readonly device?: string;
  /** ms since 1970. */
  readonly at: number;
  readonly agent?: string;
}

/**
 * By name. Empty as long as nobody of that name was here.
 * @param isOnline whether the device has a session; `sighting`: when it was last here, if that is known.
 */
export function deviceHeads<S extends Sighted>(
  { devices, delivered, hasDevices }: KnownDevices,
  sightings: readonly S[],
  isOnline: (device: string, sighting: S | undefined) => boolean,
): readonly DeviceHead[] {
  // A device that was alone, and has acked nothing yet, is in no mailbox.
  const alone = sightings.length > 0 && !hasDevices ? [{ device: MAIN_DEVICE, cursor: delivered, at: 0 }] : [];
  return (devices.length > 0 ? devices : alone).map(({ device, cursor, at }): DeviceHead => {
    const sighting = sightings.find((one) => (one.device ?? MAIN_DEVICE) === device);
    const seenAt = Math.max(at, sighting?.at ?? 0);
    const head = { device, delivered: cursor, seenAt, isOnline: isOnline(device, sighting) };
    return sighting?.agent === undefined ? head : { ...head, agent: sighting.agent };
  });
}
