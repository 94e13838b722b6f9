/** Whose history `im history` reads: that of a user on a server, as a device of this machine. */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode } from '../../disk/disk-errors.js';
import { Failure } from '../errors/failure.js';
import { isRefusal, refusedFolder } from '../errors/folder-refusal.js';
import { namesIn } from '../input/folder-names.js';
import { commandDevice } from '../login/device.js';
import { findUser } from '../login/identity.js';
import { chatOf } from '../login/login.js';
import type { Target } from '../login/target.js';

export interface HistoryPlace {
  readonly user: string;
  /** Contains a folder for each peer. */
  readonly folder: string;
}

/**
 * The same user, server and device as `im connect` takes with these flags. Nothing is connected, made or locked (R19).
 * @throws Failure `usage` when there is no history, with those that there are; `data-unusable` when it cannot be read.
 */
export async function findHistory(
  target: Pick<Target, 'folders' | 'profile' | 'server'>,
  { as, device: asked }: { readonly as?: string | undefined; readonly device?: string | undefined },
): Promise<HistoryPlace> {
  const { folders, profile, server } = target;
  const user = findUser(as ?? profile.user);
  const chat = await chatOf(target, user);
  const { device, stateFolder } = commandDevice(asked ?? chat.device, { user, ...chat });
  const folder = historyIn(stateFolder);
  try {
    if (await isFolder(folder)) return { user, folder };
    throw await noHistory(user, asked === undefined ? undefined : device, server.key, folders.state);
  } catch (error) {
    throw isRefusal(error) ? refusedFolder(error, stateFolder, 'state') : error;
  }
}

const historyIn = (stateFolder: string): string => join(stateFolder, 'chat', 'history');

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return false;
    throw error;
  }
}

/** How many other histories a failure names. */
const NAMED = 5;

async function noHistory(user: string, device: string | undefined, server: string, state: string): Promise<Failure> {
  const place = device === undefined ? '' : ` as device ${device}`;
  const others = await otherHistories(state, server);
  const named = others.slice(0, NAMED).join(', ');
  const more = others.length > NAMED ? ` and ${others.length - NAMED} more` : '';
  return new Failure('usage', `there is no history of ${user}${place} on this server, on this machine`, {
    why:
      others.length > 0
        ? `there are histories of ${named}${more}`
        : 'im connect keeps one, except with --json, and has not been used here',
    next: others.length > 0 ? 'name the user, the server and the device: --as USER --url URL --device NAME' : undefined,
  });
}

/** As people would name them, those of this server first: `alice`, `alice --device tablet`, `bob at chat.example_443`. */
async function otherHistories(state: string, server: string): Promise<string[]> {
  const keys = (await namesIn(state)).sort((a, b) => Number(b === server) - Number(a === server));
  const found: string[] = [];
  for (const key of keys) {
    for (const name of await namesIn(join(state, key))) {
      if (!(await isFolder(historyIn(join(state, key, name))).catch(() => false))) continue;
      const [user, device] = name.split('@');
      found.push(`${user}${device === undefined ? '' : ` --device ${device}`}${key === server ? '' : ` at ${key}`}`);
    }
  }
  return found;
}
