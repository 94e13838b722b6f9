/** An operator lists or changes the accounts. Only allowed in mode `operate`. */
import { addUsers, type RemovedMessages, removeUsers } from '../../accounts/account-mailboxes.js';
import {
  AccountError,
  type AccountInfo,
  type Accounts,
  type IssuedAccount,
  type TokenInfo,
} from '../../accounts/accounts.js';
import { errorFrame } from '../../protocol/error-frames.js';
import type { ClientFrameOf } from '../../protocol/frame-catalogue.js';
import { WIRE } from '../../protocol/limits.js';
import type { Store } from '../../store/store.js';
import { bySender, type Handler } from '../handler.js';

export const account: Handler<'account'> = async (frame, { now }, { accounts, store }) => {
  const { id } = frame;
  const missing = missingField(frame);
  if (missing !== undefined) return { replies: [errorFrame('invalid', { id, field: missing })] };
  try {
    const { users, removed = [] } = await execute(frame, accounts, store, now);
    return { replies: [{ type: 'account', id, users }], notices: removed.flatMap(toNotices) };
  } catch (error) {
    if (!(error instanceof AccountError)) throw error;
    const code = error.reason === 'unknown' ? 'unknown-user' : 'invalid';
    const field = error.reason === 'token' ? 'name' : 'users';
    return { replies: [{ ...errorFrame(code, { id, to: error.user, field }), message: error.message }] };
  }
};

/** The field that the action needs and the frame lacks. */
function missingField({ action, users, name }: ClientFrameOf<'account'>): 'users' | 'name' | undefined {
  if (action === 'list') return undefined;
  if (users === undefined) return 'users';
  if (!/-tokens?$/.test(action)) return undefined;
  if (users.length > 1) return 'users';
  return action !== 'list-tokens' && name === undefined ? 'name' : undefined;
}

type RemovedAccount = AccountInfo & { readonly undelivered: number };

type ListedTokens = AccountInfo & { readonly tokens: readonly TokenInfo[] };

interface Executed {
  readonly users: readonly (AccountInfo | IssuedAccount | RemovedAccount | ListedTokens)[];
  readonly removed?: readonly RemovedMessages[];
}

async function execute(
  { action, users = [], role = 'user', name = '', after = '' }: ClientFrameOf<'account'>,
  accounts: Accounts,
  store: Store,
  now: number,
): Promise<Executed> {
  const [user = ''] = users;
  switch (action) {
    case 'add': {
      const { issued, removed } = await addUsers(accounts, store, users, role, now);
      return { users: issued, removed };
    }
    case 'rotate':
      return { users: await accounts.rotate(users, now) };
    case 'remove': {
      const infos = await accounts.find(users);
      const removed = await removeUsers(accounts, store, users);
      const counts = new Map(removed.map(({ user, messages }) => [user, messages.length]));
      return { users: infos.map((info) => ({ ...info, undelivered: counts.get(info.user) ?? 0 })), removed };
    }
    case 'list':
      return { users: await accounts.list(after, WIRE.maxUsersPerFrame) };
    case 'add-token': {
      const { name: _, ...issued } = await accounts.addToken(user, name, now);
      return { users: [issued] };
    }
    case 'list-tokens': {
      const tokens = await accounts.tokens(user);
      return { users: (await accounts.find([user])).map((info) => ({ ...info, tokens })) };
    }
    case 'revoke-token':
      await accounts.revokeToken(user, name);
      return { users: await accounts.find([user]) };
  }
}

/** R17: the senders see these messages as failed. */
const toNotices = ({ user, messages }: RemovedMessages) =>
  bySender(messages, (ids) => ({ type: 'purged', to: user, ids }));
