/** A further token under a name that no other token of the user has. */
import { AccountError, type IssuedToken } from '../../accounts/accounts.js';
import { WIRE } from '../../protocol/limits.js';
import type { AccountBackend } from './account-backend.js';

/** Named `base`, or if that is taken `base-2` and so on. @throws as AccountBackend.addToken. */
export async function addFreeToken(
  backend: Pick<AccountBackend, 'tokens' | 'addToken'>,
  user: string,
  base: string,
): Promise<IssuedToken> {
  const namesNow = async () => new Set((await backend.tokens(user)).map(({ name }) => name));
  for (let taken = await namesNow(); ; ) {
    const name = freeName(base, taken);
    try {
      return { ...(await backend.addToken(user, name)), name };
    } catch (error) {
      if (!(error instanceof AccountError && error.reason === 'token')) throw error;
      taken = await namesNow();
      if (!taken.has(name)) throw error; // Otherwise another process was faster.
    }
  }
}

/** @param taken fewer names than numbers that fit. */
export function freeName(base: string, taken: ReadonlySet<string>): string {
  for (let number = 1; ; number++) {
    const suffix = number === 1 ? '' : `-${number}`;
    const name = base.slice(0, WIRE.maxUserLength - suffix.length) + suffix;
    if (!taken.has(name)) return name;
  }
}
