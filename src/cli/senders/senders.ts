/** `im block`, `im unblock`, `im blocked` and `im user allow`: who may write to a user. */
import { AccountError, type Senders, type SendersChange } from '../../accounts/accounts.js';
import { systemClock as clock } from '../../io/clock.js';
import { inline, safe } from '../../text/safe-text.js';
import { type AccountBackend, openFolderAccounts, openServerAccounts } from '../accounts/account-backend.js';
import { againIfServed } from '../accounts/wait-for-lock.js';
import { Failure } from '../errors/failure.js';
import { unknownUser } from '../errors/unknown-user.js';
import { findUser } from '../login/identity.js';
import type { LoginFlags } from '../login/login.js';
import { operatorLogin } from '../login/operator-login.js';
import { isServed, requireStore, resolveTarget } from '../login/target.js';
import type { Output } from '../output/output.js';

/** Blocks users, or no longer. @throws Failure `refused` when a name is unknown, not blocked, or one too many. */
export async function setBlocked(
  names: readonly string[],
  action: 'block' | 'unblock',
  flags: LoginFlags,
  output: Output,
): Promise<void> {
  const { user } = await request(undefined, { action, names }, flags, output);
  for (const name of names) {
    if (output.json) await output.object({ user, name, blocked: action === 'block' });
    else if (action === 'block') output.note(safe`im: ${inline(user)} takes no more messages from ${inline(name)}`);
    else output.note(safe`im: ${inline(name)} is no longer blocked by ${inline(user)}`);
  }
}

/** Prints whom a user blocks. @param given whose; undefined: the own list. @throws Failure */
export async function listBlocked(given: string | undefined, flags: LoginFlags, output: Output): Promise<void> {
  const { user, blocked } = await request(given, undefined, flags, output);
  if (blocked.length === 0 && !output.json) output.note(safe`im: ${inline(user)} blocks nobody`);
  for (const name of blocked) await (output.json ? output.object({ user, name }) : output.line(inline(name)));
}

/** Prints who may write to a user. @param change of an operator. @throws Failure */
export async function allowSenders(
  user: string,
  change: (SendersChange & { readonly action: 'allow' | 'lift' }) | undefined,
  flags: LoginFlags,
  output: Output,
): Promise<void> {
  const { allowed } = await request(user, change, flags, output);
  if (output.json) return output.object({ user, from: allowed ?? null });
  if (allowed === undefined) output.note(safe`im: everybody may write to ${inline(user)}`);
  if (allowed?.length === 0) output.note(safe`im: nobody else may write to ${inline(user)}`);
  for (const name of allowed ?? []) await output.line(inline(name));
}

type Answer = Senders & { readonly user: string };

/** @param given to whom; undefined: to the user of the login. @param change undefined: only lists. */
const request = (
  given: string | undefined,
  change: SendersChange | undefined,
  flags: LoginFlags,
  output: Output,
): Promise<Answer> => againIfServed(() => tryRequest(given, change, flags, output));

async function tryRequest(
  given: string | undefined,
  change: SendersChange | undefined,
  flags: LoginFlags,
  output: Output,
): Promise<Answer> {
  const target = await resolveTarget(flags);
  requireStore(target);
  const user = given ?? findUser(flags.as ?? target.profile.user);
  const backend = isServed(target)
    ? openServerAccounts({
        ...(await operatorLogin(flags, target, output)),
        // Elsewhere users change their own list themselves. Here this account is the operator.
        ...(target.isElsewhere && given === undefined && { mode: 'send' as const }),
      })
    : openFolderAccounts(target.data, clock);
  try {
    return { user, ...(await ask(backend, user, change)) };
  } finally {
    await backend.close();
  }
}

async function ask(backend: AccountBackend, user: string, change: SendersChange | undefined): Promise<Senders> {
  try {
    return await backend.senders(user, change);
  } catch (error) {
    if (!(error instanceof AccountError)) throw error;
    if (error.reason === 'unknown') throw unknownUser(error.user, error);
    throw new Failure('refused', error.message, { why: 'nothing was changed', cause: error });
  }
}
