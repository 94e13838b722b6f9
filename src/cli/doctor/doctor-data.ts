/** What `im doctor` finds about the data folder: whose it is, its disk, and who serves it. */
import type { Clock } from '../../io/clock.js';
import type { Finding } from './doctor.js';
import { checkDurability, checkRoom, nearestFolder } from './doctor-disk.js';
import { checkFolder } from './doctor-machine.js';
import { checkHolder } from './doctor-server.js';

/** Of a folder that cannot be used, nothing more is asked. */
export async function checkData(data: string, self: number | undefined, clock: Clock): Promise<readonly Finding[]> {
  const own = await checkFolder('data', data, self);
  if (own.state === 'problem') return [own];
  const folder = await nearestFolder(data);
  return [own, await checkRoom(folder), await checkDurability(folder, clock), await checkHolder(data)];
}
