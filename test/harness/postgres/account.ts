/** The account that PostgreSQL runs as: it refuses root, so root hands it to an account that owns nothing. */
import { chownSync, readFileSync } from 'node:fs';

/** The user and group of a child process; empty: those of this process. */
export type Account = { readonly uid: number; readonly gid: number } | Record<never, never>;

/** @throws Error when this is root and there is no such account. */
export function unprivilegedAccount(): Account {
  if (process.getuid?.() !== 0) return {};
  const lines = readFileSync('/etc/passwd', 'utf8').split('\n');
  for (const name of ['nobody', 'postgres']) {
    const [, , uid, gid] = lines.find((line) => line.startsWith(`${name}:`))?.split(':') ?? [];
    if (Number(uid) > 0) return { uid: Number(uid), gid: Number(gid) };
  }
  throw new Error(
    'PostgreSQL refuses to run as root, and there is no account nobody or postgres. Run as another account.',
  );
}

export function giveTo(account: Account, path: string): void {
  if ('uid' in account) chownSync(path, account.uid, account.gid);
}
