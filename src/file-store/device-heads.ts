/** The devices of a user: their cursors from the mailbox, and when they were here from the sightings. Pure. */
import { MAIN_DEVICE } from '../protocol/frames/login.js';
import type { DeviceHead } from '../store/store.js';
import type { Mailbox } from './mailbox.js';
import { deviceOf, type Sighting } from './sightings.js';

/**
 * By name. Empty as long as nobody of that name was here.
 * @param isOnline whether the device has a session; `sighting`: when it was last here, if that is known.
 */
export function deviceHeads(
  { devices, delivered, hasDevices }: Pick<Mailbox, 'devices' | 'delivered' | 'hasDevices'>,
  sightings: readonly Sighting[],
  isOnline: (device: string, sighting: Sighting | undefined) => boolean,
): readonly DeviceHead[] {
  // A device that was alone, and has acked nothing yet, is in no mailbox.
  const alone = sightings.length > 0 && !hasDevices ? [{ device: MAIN_DEVICE, cursor: delivered, at: 0 }] : [];
  return (devices.length > 0 ? devices : alone).map(({ device, cursor, at }): DeviceHead => {
    const sighting = sightings.find((one) => deviceOf(one) === device);
    const seenAt = Math.max(at, sighting?.at ?? 0);
    const head = { device, delivered: cursor, seenAt, isOnline: isOnline(device, sighting) };
    return sighting?.agent === undefined ? head : { ...head, agent: sighting.agent };
  });
}
