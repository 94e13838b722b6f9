/** `im user …`: finds the accounts, and prints and keeps the tokens that are made. */
import type { Readable } from 'node:stream';
import { AccountError, type Issued } from '../../accounts/accounts.js';
import { systemClock } from '../../io/clock.js';
import { inline, safe } from '../../text/safe-text.js';
import type { AccountDesk } from '../accounts/account-backend.js';
import { openFolderDesk } from '../accounts/folder-accounts.js';
import { openServerDesk } from '../accounts/server-accounts.js';
import { Failure } from '../errors/failure.js';
import type { EntryFlags } from '../login/login.js';
import { operatorLogin } from '../login/operator-login.js';
import { locate, type Place } from '../login/target.js';
import { type KeptTokens, openKeptTokens } from '../login/token-store.js';
import type { Output } from '../output/output.js';

/** The accounts that a command line is about, and where this account keeps tokens of their server. */
export interface Office {
  readonly desk: AccountDesk;
  readonly kept: KeptTokens;
  readonly serverKey: string;
}

/** Runs `work` on the accounts, and lets go of them. @throws Failure also for what is wrong with the users named. */
export async function atDesk(
  flags: EntryFlags,
  stdin: Readable,
  output: Output,
  work: (office: Office) => Promise<void>,
): Promise<void> {
  const place = await locate(flags);
  const desk = await openDesk(flags, place, stdin, output);
  try {
    await work({ desk, kept: openKeptTokens(place.folders.config), serverKey: place.server.key });
  } catch (error) {
    if (!(error instanceof AccountError)) throw error;
    const next =
      error.reason === 'exists' ? `im user rotate ${error.user} makes a new token` : 'im user list shows who there is';
    throw new Failure('refused', error.message, { why: 'nothing was changed', next, cause: error });
  } finally {
    await desk.close();
  }
}

/** Through the running server where there is one: it is the only writer of its accounts. */
async function openDesk(flags: EntryFlags, place: Place, stdin: Readable, output: Output): Promise<AccountDesk> {
  const isFolderFree = place.server.data === undefined && !place.isElsewhere;
  if (isFolderFree) return openFolderDesk(place.data, systemClock);
  return openServerDesk(await operatorLogin(flags, place, stdin, output));
}

/** Prints each token, once; keeps it if that is wanted, or if an older one is kept, which is worth nothing any more. */
export async function handOut(
  issued: readonly Issued[],
  { kept, serverKey }: Office,
  keep: boolean,
  output: Output,
): Promise<void> {
  for (const { user, token } of issued) {
    if (keep || (await kept.find(serverKey, user)) !== undefined) {
      await kept.keep(serverKey, user, token);
      output.note(safe`im: the token of ${inline(user)} is kept for you`);
    }
    await (output.json ? output.object({ user, token }) : output.line(inline(token)));
  }
}
