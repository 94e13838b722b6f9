/** A user who is about to be added: if the name looks like a typo, a person is asked, and a script is refused. */
import type { Readable } from 'node:stream';
import { OPERATOR } from '../../accounts/accounts.js';
import { readAccounts } from '../../accounts/file-accounts.js';
import { inline, safe } from '../../text/safe-text.js';
import { nearName } from '../accounts/near-name.js';
import { dataFailure } from '../errors/data-failure.js';
import { Failure, translateErrors } from '../errors/failure.js';
import type { Output } from '../output/output.js';
import { readLine } from './token-input.js';

interface NewUserPorts {
  readonly output: Output;
  /** Where a person answers; undefined when none can be asked. */
  readonly terminal: Readable | undefined;
  /** How to give the command another user: `--as alice`. */
  readonly asUser: (user: string) => string;
}

/** The users of the server on this folder. @throws Failure `data-unusable` */
export const knownUsers = (data: string): Promise<readonly string[]> =>
  translateErrors(
    (error) => dataFailure(error, data),
    async () => (await readAccounts(data)).map(({ user }) => user),
  );

/**
 * Resolves with the user to go on with: this one, or the one that was meant.
 * @param known the users of the server.
 * @throws Failure `credential-refused` when nobody says which one is meant.
 */
export async function confirmNewUser(user: string, known: readonly string[], ports: NewUserPorts): Promise<string> {
  const { output, terminal, asUser } = ports;
  if (known.includes(user)) return user;
  const meant = nearName(
    user,
    known.filter((name) => name !== OPERATOR),
  );
  if (meant === undefined) return user;
  if (terminal) output.note(safe`im: there is no user ${inline(user)}; did you mean ${inline(meant)}?`);
  while (terminal) {
    output.note(safe`    y: yes, ${inline(meant)}; n: no, add ${inline(user)}`);
    const answer = (await readLine(terminal))?.trim().toLowerCase();
    if (answer === undefined) break;
    if (['y', 'yes', ''].includes(answer)) return meant;
    if (['n', 'no'].includes(answer)) return user;
  }
  throw new Failure('credential-refused', `there is no user ${user}; did you mean ${meant}?`, {
    why: 'nothing was done',
    next: `if so: ${asUser(meant)}; if not, add the user: im user add ${user} --keep`,
  });
}
