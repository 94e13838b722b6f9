/** Accounts and their mailboxes: a removed user's mailbox goes with the user, and a name that is given again starts empty. */
import type { Role } from '../protocol/frames/account.js';
import { type SettledMessage, type Store, StoreUnavailable } from '../store/store.js';
import type { Accounts, IssuedAccount } from './accounts.js';

type Mailboxes = Pick<Store, 'inspect' | 'remove'>;

/** Undelivered messages that went with a mailbox, for their senders. */
export interface RemovedMessages {
  readonly user: string;
  readonly messages: readonly SettledMessage[];
}

/**
 * Adds users with empty mailboxes: one that was left of an earlier user of that name is emptied. Durable when it resolves.
 * @throws as Accounts.add and Store.remove: then no user was added.
 */
export async function addUsers(
  accounts: Accounts,
  mailboxes: Mailboxes,
  users: readonly string[],
  role: Role,
  at: number,
): Promise<{ readonly issued: readonly IssuedAccount[]; readonly removed: readonly RemovedMessages[] }> {
  const removed: RemovedMessages[] = [];
  const existing = new Set((await accounts.find(users)).map(({ user }) => user));
  for (const user of users) {
    if (existing.has(user) || (await mailboxes.inspect(user)).last === 0) continue;
    removed.push({ user, messages: await mailboxes.remove(user) });
  }
  return { issued: await accounts.add(users, role, at), removed };
}

/** Removes users and empties their mailboxes. Durable when it resolves. @throws as Accounts.remove: then nothing was removed. */
export async function removeUsers(
  accounts: Accounts,
  mailboxes: Mailboxes,
  users: readonly string[],
): Promise<readonly RemovedMessages[]> {
  await accounts.remove(users); // first: from now on nobody can send to them
  const removed: RemovedMessages[] = [];
  for (const user of new Set(users)) {
    try {
      removed.push({ user, messages: await mailboxes.remove(user) });
    } catch (error) {
      // The user is removed, although the mailbox is damaged or the disk full: it is emptied when the name is given again.
      if (!(error instanceof StoreUnavailable)) throw error;
    }
  }
  return removed;
}
