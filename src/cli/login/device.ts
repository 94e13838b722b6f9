/** Which device of its user a command is: each has a session, a place in the mailbox, and a state folder of its own. */
import { access } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { isUserName, USER_NAME_RULE } from '../../protocol/fields.js';
import { MAIN_DEVICE } from '../../protocol/frames/login.js';
import { WIRE } from '../../protocol/limits.js';
import { Failure } from '../errors/failure.js';
import type { Profile } from './profile.js';

/** The device of `im listen`, so that it does not end the chat. */
export const LISTEN_DEVICE = 'listen';

/**
 * The device of the chat on this machine: `device` in the profile, or else its short host name; MAIN_DEVICE if that makes no
 * name, or says nothing. @throws Failure `usage` when the profile has no valid name.
 */
export function chatDevice({ device }: Pick<Profile, 'device'> = {}, host: string = hostname()): string {
  if (device !== undefined) {
    if (isUserName(device)) return device;
    throw new Failure('usage', `device in profile.json is ${device}, but has to be a name: ${USER_NAME_RULE}`);
  }
  const [short = ''] = host.toLowerCase().split('.');
  const name = short
    .replace(/[^a-z0-9_-]+/g, '-')
    .replace(/^[_-]+/, '')
    .slice(0, WIRE.maxUserLength);
  return isUserName(name) && name !== 'localhost' && name !== LISTEN_DEVICE ? name : MAIN_DEVICE;
}

interface DevicePlace {
  readonly device: string;
  /** Holds its outbox and inbox. */
  readonly stateFolder: string;
}

export interface CommandDevice extends DevicePlace {
  /** It takes the place of the chat on this machine. */
  readonly isChat: boolean;
}

/** The folder of a device that is not the chat of this machine: beside that of the user. `@` is in no name. */
const folderBeside = (userFolder: string, device: string): string => `${userFolder}@${device}`;

/**
 * The chat on this machine. Its folder is that of the user, which is older than devices. But a name in the profile that was
 * used with `--device` before keeps the folder that it had then: a device has one history.
 * @throws as `chatDevice`.
 */
export async function chatPlace(profile: Pick<Profile, 'device'>, userFolder: string): Promise<DevicePlace> {
  const device = chatDevice(profile);
  const beside = folderBeside(userFolder, device);
  const stateFolder = profile.device !== undefined && (await exists(beside)) ? beside : userFolder;
  return { device, stateFolder };
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

/** The device that a user asks for. MAIN_DEVICE is that of the chat on this machine, whatever its name. */
export function commandDevice(
  asked: string,
  { user, ...chat }: DevicePlace & { readonly user: string },
): CommandDevice {
  const { device, stateFolder } = chat;
  if (asked === MAIN_DEVICE || asked === device) return { device, stateFolder, isChat: true };
  return { device: asked, stateFolder: folderBeside(join(dirname(stateFolder), user), asked), isChat: false };
}
