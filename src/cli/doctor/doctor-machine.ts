/** Checks of `im doctor` on this machine: the Node version, the folders, and the processes that hold them. */
import { access, constants, readdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { errorCode } from '../../disk/disk-errors.js';
import { type Holder, readLock } from '../../disk/lock.js';
import { distrust, isPrivate } from '../../io/permissions.js';
import { isUserName } from '../../protocol/fields.js';
import { namesIn } from '../input/folder-names.js';
import type { Finding } from './doctor.js';

/** @param engines the version of Node that the package needs: `>=20.19.0`. @param version of `im`. */
export function checkNode(running: string, engines: string, version: string): Finding {
  const needed = engines.replace(/^\D+/, '');
  const message = `${running}; im ${version} needs ${needed} or newer`;
  const facts = { node: running, needed, version };
  if (isAtLeast(running, needed)) return { check: 'node', state: 'ok', message, facts };
  return { check: 'node', state: 'problem', message, next: 'install a newer Node', exit: 'unexpected', facts };
}

function isAtLeast(running: string, needed: string): boolean {
  const have = running.split('.').map(Number);
  const want = needed.split('.').map(Number);
  const differs = want.findIndex((part, index) => part !== have[index]);
  return differs === -1 || (have[differs] ?? 0) > (want[differs] ?? 0);
}

/**
 * Whether this account owns a folder and may use it, and whether the folder is private.
 * @param uid of this account; undefined on systems without user ids.
 */
export async function checkFolder(
  name: keyof typeof ELSEWHERE,
  path: string,
  uid: number | undefined,
): Promise<Finding> {
  const found = (state: Finding['state'], what: string, next?: string): Finding => ({
    check: name,
    state,
    message: `${path} ${what}`,
    next,
    exit: 'data-unusable',
    facts: { path },
  });
  const another = `name another folder: ${ELSEWHERE[name]}`;
  try {
    const { uid: owner, mode } = await stat(path);
    const isForeign = uid !== undefined && owner !== uid;
    if (isForeign && uid !== 0) return found('problem', `belongs to account ${owner}`, 'run im as that account');
    await readdir(path);
    await access(path, constants.W_OK | constants.X_OK);
    if (distrust(path, owner, mode, owner) !== undefined)
      return found('problem', 'can be written by others', `if nobody has, chmod -R go= '${path}'`);
    if (isForeign) return found('warning', `belongs to account ${owner}, and you are root`, 'run im as that account');
    if (await isPrivate(path)) return found('ok', 'is yours, and private');
    return found('warning', 'can be read by others', `chmod -R go= '${path}'`);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') {
      if (await canMakeFolder(path)) return found('ok', 'does not exist yet: it is made when it is needed');
      return found('warning', 'does not exist, and cannot be made', another);
    }
    return found('problem', `cannot be used: ${(error as Error).message}`, `repair it, or ${another}`);
  }
}

/** How to name another folder. */
const ELSEWHERE = { data: '--data DIR', state: 'XDG_STATE_HOME=DIR', config: 'XDG_CONFIG_HOME=DIR' } as const;

async function canMakeFolder(path: string): Promise<boolean> {
  try {
    await access(await nearestFolder(path), constants.W_OK | constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** The folder itself, or the nearest parent that exists. */
export async function nearestFolder(path: string): Promise<string> {
  for (let folder = path; ; folder = dirname(folder)) {
    try {
      if ((await stat(folder)).isDirectory()) return folder;
    } catch (error) {
      if (errorCode(error) !== 'ENOENT' && errorCode(error) !== 'ENOTDIR') throw error;
    }
  }
}

/** The server that runs on a data folder. */
export async function checkHolder(data: string): Promise<Finding> {
  const holder = await readLock(data);
  if (holder === undefined) return { check: 'lock', state: 'ok', message: `no server runs on ${data}` };
  const { pid, url } = holder;
  const where = url === undefined ? 'not listening yet' : `at ${url}`;
  const message = `process ${pid} serves ${data} since ${sinceOf(holder)}, ${where}`;
  return { check: 'lock', state: 'ok', message, facts: { pid, url } };
}

/** Running clients of this account: those that hold a state folder. */
export async function checkClients(state: string): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for (const server of await namesIn(state)) {
    for (const name of await namesIn(join(state, server))) {
      // See `commandDevice`: the folder of the chat, or of another device.
      const [user = '', device] = name.split('@');
      const isState = isUserName(user) && (device === undefined || isUserName(device));
      const holder = isState ? await readLock(join(state, server, name)) : undefined;
      if (holder === undefined) continue;
      const as = device === undefined ? user : `${user} (${device})`;
      const message = `process ${holder.pid} is ${as} at ${server} since ${sinceOf(holder)}`;
      findings.push({ check: 'client', state: 'ok', message, facts: { pid: holder.pid, user, device, server } });
    }
  }
  return findings;
}

const sinceOf = ({ since }: Holder): string => new Date(since).toISOString();
