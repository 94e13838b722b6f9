/** Checks who owns files and folders, and who may use them. */
import { chmod, readdir, stat } from 'node:fs/promises';

const OTHERS = 0o077;
const WRITABLE_BY_OTHERS = 0o022;
const ROOT = 0;

/** Whether only the owner may read, write or enter it. True on Windows, where access lists decide, which are not read here. */
export async function isPrivate(path: string): Promise<boolean> {
  return process.platform === 'win32' || ((await stat(path)).mode & OTHERS) === 0;
}

/** A folder or file into which another account could have put anything. `code` is that of a refusal by the system. */
export class NotTrusted extends Error {
  override readonly name = 'NotTrusted';
  readonly code = 'EPERM';
}

/** The account of this process; undefined on Windows. */
export const ownUid = (): number | undefined => process.geteuid?.();

/**
 * Why another account could have put anything into it, with what to do; undefined if none could. Root may use what belongs to any
 * account: root was told which, and the account of a service is usual. Everybody may use what belongs to root. Pure.
 */
export function distrust(path: string, owner: number, mode: number, uid: number): string | undefined {
  if (owner !== uid && owner !== ROOT && uid !== ROOT)
    return `${path} belongs to account ${owner}, who could have put anything into it: run im as that account`;
  if ((mode & WRITABLE_BY_OTHERS) !== 0)
    return `other accounts can write to ${path}: if nobody has, chmod go-w '${path}'; or use a new folder in it`;
  return undefined;
}

/** Whether it belongs to this account or to root; root trusts that of any account. True on Windows. */
export async function isTrusted(path: string): Promise<boolean> {
  const uid = ownUid();
  return uid === undefined || distrust(path, (await stat(path)).uid, 0, uid) === undefined;
}

/** @throws NotTrusted, see `distrust`; system errors. */
export async function refuseUntrusted(path: string): Promise<void> {
  const uid = ownUid();
  if (uid === undefined) return;
  const { uid: owner, mode } = await stat(path);
  const why = distrust(path, owner, mode, uid);
  if (why !== undefined) throw new NotTrusted(why);
}

/**
 * The same for a folder that is about to be used: an own one that is empty is made private, as many systems make new folders
 * writable by a group. @throws NotTrusted; system errors.
 */
export async function claimFolder(folder: string): Promise<void> {
  const { uid: owner, mode } = await stat(folder);
  const isOwnAndOpen = owner === ownUid() && (mode & WRITABLE_BY_OTHERS) !== 0;
  // Looks again afterwards: then nobody can add anything any more.
  if (isOwnAndOpen && (await isEmpty(folder))) {
    await chmod(folder, 0o700);
    if (await isEmpty(folder)) return;
    throw new NotTrusted(`something was put into ${folder} just now: look at it`);
  }
  await refuseUntrusted(folder);
}

const isEmpty = async (folder: string): Promise<boolean> => (await readdir(folder)).length === 0;
/** What a group may not do with a private key of another account: write, or run it. */
const OTHERS_BUT_GROUP = 0o037;

/**
 * Whether others are kept out of a private key, as sshd and PostgreSQL want it: only its owner may read it. If it belongs to
 * another account, usually root, a group may read it too: that is how this account gets it.
 */
export async function isPrivateKeyFile(path: string): Promise<boolean> {
  if (process.platform === 'win32') return true;
  const { mode, uid } = await stat(path);
  return (mode & (uid === process.getuid?.() ? OTHERS : OTHERS_BUT_GROUP)) === 0;
}
