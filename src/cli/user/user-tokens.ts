/** `im user token`: the tokens of one user. */
import { systemClock as clock } from '../../io/clock.js';
import { inline, safe } from '../../text/safe-text.js';
import { addFreeToken } from '../accounts/free-token.js';
import type { LoginFlags } from '../login/login.js';
import type { Output } from '../output/output.js';
import { printList } from '../output/table.js';
import { formatAge } from '../output/timestamps.js';
import { issueTokens, withAccounts } from './user.js';

const COLUMNS = [{ heading: 'NAME' }, { heading: 'MADE', isNumber: true }, { heading: 'USED', isNumber: true }];

/** The base of the name of a token that gets none. */
const UNNAMED = 'token';

/** Prints the new token. @throws Failure `refused` when the user cannot have a token of this name; as `issueTokens`. */
export const addToken = (
  user: string,
  name: string | undefined,
  flags: LoginFlags & { readonly keep: boolean },
  output: Output,
): Promise<void> =>
  withAccounts(flags, output, async (admin) => {
    const { backend } = admin;
    await issueTokens([user], admin, flags.keep ? 'yes' : 'no', output, async () => [
      name === undefined
        ? await addFreeToken(backend, user, UNNAMED)
        : { ...(await backend.addToken(user, name)), name },
    ]);
  });

/** @throws Failure `refused` when there is no such user. */
export const listTokens = (user: string, flags: LoginFlags, output: Output): Promise<void> =>
  withAccounts(flags, output, async ({ backend }) => {
    const tokens = await backend.tokens(user);
    if (tokens.length === 0 && !output.json) output.note(safe`im: ${inline(user)} has no token`);
    const now = clock.now();
    await printList(output, COLUMNS, tokens, {
      toObject: ({ name, at, usedAt }) => ({ user, name, at, usedAt }),
      toRow: ({ name, at, usedAt }) => [
        inline(name),
        formatAge(now - at),
        usedAt === undefined ? safe`-` : formatAge(now - usedAt),
      ],
    });
  });

/** @throws Failure `refused` when there is no such user, or token. */
export const revokeToken = (user: string, name: string, flags: LoginFlags, output: Output): Promise<void> =>
  withAccounts(flags, output, async ({ backend }) => {
    await backend.revokeToken(user, name);
    if (output.json) await output.object({ user, name, revoked: true });
    else output.note(safe`im: revoked the token ${inline(name)} of ${inline(user)}`);
  });
