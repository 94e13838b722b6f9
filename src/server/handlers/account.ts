/** An operator lists or changes the accounts. Only allowed in mode `operate`. */
import { addUsers, type RemovedMessages, removeUsers } from '../../accounts/account-mailboxes.js';
import { AccountError, type AccountInfo, type Accounts, type IssuedAccount } from '../../accounts/accounts.js';
import { errorFrame } from '../../protocol/error-frames.js';
import type { ClientFrameOf } from '../../protocol/frame-catalogue.js';
import { WIRE } from '../../protocol/limits.js';
import type { Store } from '../../store/store.js';
import { bySender, type Handler } from '../handler.js';

export const account: Handler<'account'> = async (frame, { now }, { accounts, store }) => {
  const { id } = frame;
  if (frame.action !== 'list' && frame.users === undefined)
    return { replies: [errorFrame('invalid', { id, field: 'users' })] };
  try {
    const { users, removed = [] } = await execute(frame, accounts, store, now);
    return { replies: [{ type: 'account', id, users }], notices: removed.flatMap(toNotices) };
  } catch (error) {
    if (!(error instanceof AccountError)) throw error;
    const code = error.reason === 'exists' ? 'invalid' : 'unknown-user';
    return { replies: [{ ...errorFrame(code, { id, to: error.user, field: 'users' }), message: error.message }] };
  }
};

type RemovedAccount = AccountInfo & { readonly undelivered: number };

interface Executed {
  readonly users: readonly (AccountInfo | IssuedAccount | RemovedAccount)[];
  readonly removed?: readonly RemovedMessages[];
}

async function execute(
  { action, users = [], role = 'user', after = '' }: ClientFrameOf<'account'>,
  accounts: Accounts,
  store: Store,
  now: number,
): Promise<Executed> {
  switch (action) {
    case 'add': {
      const { issued, removed } = await addUsers(accounts, store, users, role, now);
      return { users: issued, removed };
    }
    case 'rotate':
      return { users: await accounts.rotate(users) };
    case 'remove': {
      const names = new Set(users);
      const infos = accounts.list().filter(({ user }) => names.has(user));
      const removed = await removeUsers(accounts, store, users);
      const counts = new Map(removed.map(({ user, messages }) => [user, messages.length]));
      return { users: infos.map((info) => ({ ...info, undelivered: counts.get(info.user) ?? 0 })), removed };
    }
    case 'list': {
      const listed = accounts.list().filter(({ user }) => user > after);
      return { users: listed.slice(0, WIRE.maxUsersPerFrame) };
    }
  }
}

/** R17: the senders see these messages as failed. */
const toNotices = ({ user, messages }: RemovedMessages) =>
  bySender(messages, (ids) => ({ type: 'purged', to: user, ids }));
