/** Which device of its user a command is: each has a session, a place in the mailbox, and a state folder of its own. */
import { hostname } from 'node:os';
import { isUserName } from '../../protocol/field-types.js';
import { MAIN_DEVICE } from '../../protocol/frames/login.js';
import { WIRE } from '../../protocol/limits.js';

/** The device of `im listen`, so that it does not end the chat. */
export const LISTEN_DEVICE = 'listen';

/** The device of the chat on this machine: its short host name. MAIN_DEVICE if that makes no name, or says nothing. */
export function chatDevice(host: string = hostname()): string {
  const [short = ''] = host.toLowerCase().split('.');
  const name = short
    .replace(/[^a-z0-9_-]+/g, '-')
    .replace(/^[_-]+/, '')
    .slice(0, WIRE.maxUserLength);
  return isUserName(name) && name !== 'localhost' && name !== LISTEN_DEVICE ? name : MAIN_DEVICE;
}

export interface CommandDevice {
  readonly device: string;
  readonly stateFolder: string;
  /** It takes the place of the chat on this machine. */
  readonly isChat: boolean;
}

/**
 * The device that a user asks for. MAIN_DEVICE is that of the chat on this machine, whatever its name: they share the state
 * folder, which is older than devices.
 * @param chatFolder the state folder of the chat. Others are beside it: `@` is in no name.
 */
export function commandDevice(asked: string, chatFolder: string, chat: string = chatDevice()): CommandDevice {
  const isChat = asked === MAIN_DEVICE || asked === chat;
  return { device: isChat ? chat : asked, stateFolder: isChat ? chatFolder : `${chatFolder}@${asked}`, isChat };
}
