/** What `im doctor` finds on this machine: Node, and folders: whose they are, who may look into them. */
import { access, constants, readdir, stat } from 'node:fs/promises';
import { errorCode } from '../../disk/disk-errors.js';
import { isPrivate } from '../../io/permissions.js';
import type { Finding } from './doctor.js';

/** @param wanted the `engines` of the package: `>=20.19.0`. @param version of `im`. */
export function checkNode(running: string, wanted: string, version: string): Finding {
  const needed = wanted.replace(/^\D+/, '');
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
 * A folder of this account.
 * @param name what it is for: `data`, `state`, `config`. @param self the number of this account; undefined where there are none.
 */
export async function checkFolder(name: string, path: string, self: number | undefined): Promise<Finding> {
  const found = (state: Finding['state'], what: string, next?: string): Finding => ({
    check: name,
    state,
    message: `${path} ${what}`,
    next,
    exit: 'data-unusable',
    facts: { path },
  });
  try {
    const { uid } = await stat(path);
    const isOthers = self !== undefined && uid !== self;
    if (isOthers && self !== 0) return found('problem', `belongs to account ${uid}`, 'run im as that account');
    await readdir(path);
    await access(path, constants.W_OK | constants.X_OK);
    if (isOthers) return found('warning', `belongs to account ${uid}, and you are root`, 'run im as that account');
    if (await isPrivate(path)) return found('ok', 'is yours, and private');
    return found('warning', 'can be looked into by others', `chmod -R go= '${path}'`);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return found('ok', 'is not there yet: it is made when it is needed');
    return found('problem', `cannot be used: ${(error as Error).message}`, 'mend it, or use another folder');
  }
}
