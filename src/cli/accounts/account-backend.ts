/** User management behind one interface: through a running server, or in a data folder that no server uses. */
import { addUsers, removeUsers } from '../../accounts/account-mailboxes.js';
import {
  AccountError,
  type AccountInfo,
  type Accounts,
  type IssuedAccount,
  type Senders,
  type SendersChange,
  type TokenInfo,
} from '../../accounts/accounts.js';
import { openAccounts, readAccounts, readSenders, readTokens } from '../../accounts/file-accounts.js';
import {
  type AccountRequest,
  type OperatorOptions,
  OperatorRefused,
  operate,
} from '../../client/api/operator-client.js';
import type { ServerOptions } from '../../client/ports.js';
import { FileMissing } from '../../disk/disk-errors.js';
import type { FolderLock } from '../../disk/lock.js';
import { readStoreFile } from '../../file-store/files/store-file.js';
import { openFileStore } from '../../file-store/store/file-store.js';
import type { Clock } from '../../io/clock.js';
import { realFiles } from '../../io/files.js';
import { silentLog } from '../../io/log.js';
import type { Role } from '../../protocol/frames/account.js';
import type { Store } from '../../store/store.js';
import { dataFailure } from '../errors/data-failure.js';
import { Failure, translateErrors } from '../errors/failure.js';
import { operatorFailure, ownOperatorLogin } from '../errors/operator-failure.js';
import { lockDataFolder } from './wait-for-lock.js';

/** Changes are durable when they resolve. @throws AccountError for a wrong user; Failure for the server or the folder. */
export interface AccountBackend {
  list(): Promise<readonly AccountInfo[]>;
  add(users: readonly string[], role: Role): Promise<readonly IssuedAccount[]>;
  /** Resolves with how many undelivered messages went with each mailbox. */
  remove(users: readonly string[]): Promise<ReadonlyMap<string, number>>;
  rotate(users: readonly string[]): Promise<readonly IssuedAccount[]>;
  tokens(user: string): Promise<readonly TokenInfo[]>;
  addToken(user: string, name: string): Promise<IssuedAccount>;
  revokeToken(user: string, name: string): Promise<void>;
  /** Who may write to a user; with a change: after it. */
  senders(user: string, change?: SendersChange): Promise<Senders>;
  /** Closes the connection, or releases the folder. */
  close(): Promise<void>;
}

/** Accounts of a running server: changes take effect at once. A failed login or connection fails every call. */
export function openServerAccounts(login: OperatorOptions): AccountBackend {
  const operator = operate(login);
  const explain = (error: unknown): unknown => {
    const { code, to, message, field } = error instanceof OperatorRefused ? error.refusal : {};
    if (to !== undefined && code === 'invalid')
      return field === 'name' ? new AccountError('token', to, message) : new AccountError('exists', to);
    return explainAny(error, 'check with im user list');
  };
  const explainAny = (error: unknown, onTimeout: string): unknown => {
    if (!(error instanceof OperatorRefused)) return operatorFailure(error, login, onTimeout);
    const { code, to, message } = error.refusal;
    if (to !== undefined && code === 'unknown-user') return new AccountError('unknown', to);
    return new Failure('refused', `the server refused: ${message}`, { why: 'nothing was changed', cause: error });
  };
  const change = (request: AccountRequest) => translateErrors(explain, () => operator.accounts(request));
  const issue = (request: AccountRequest) => change(request) as Promise<readonly IssuedAccount[]>;
  return {
    list: () => translateErrors(explain, () => operator.list()),
    add: (users, role) => issue({ action: 'add', users, role }),
    rotate: (users) => issue({ action: 'rotate', users }),
    remove: async (users) => {
      const removed = await change({ action: 'remove', users });
      return new Map(removed.map(({ user, undelivered = 0 }) => [user, undelivered]));
    },
    tokens: async (user) => (await change({ action: 'list-tokens', users: [user] }))[0]?.tokens ?? [],
    addToken: async (user, name) => {
      const [issued] = await issue({ action: 'add-token', users: [user], name });
      if (issued?.token === undefined) throw new Error(`the server sent no token for ${user}`);
      return issued;
    },
    revokeToken: async (user, name) => {
      await change({ action: 'revoke-token', users: [user], name });
    },
    senders: (user, change) =>
      translateErrors(
        (error) => explainAny(error, 'check with im blocked'),
        () => operator.senders({ user, ...(change ?? { action: 'list' as const }) }),
      ),
    close: () => operator.close(),
  };
}

/** Accounts of the server that runs on this folder. @throws Failure `data-unusable` if its operator token cannot be read. */
export const openOwnServerAccounts = async (folder: string, server: ServerOptions): Promise<AccountBackend> =>
  openServerAccounts(await ownOperatorLogin(folder, server));

/**
 * Accounts in a data folder that no server uses. The first change locks the folder, and creates it with its store if they are
 * missing, as the first start of the server does: the store has the identity under which tokens are kept.
 */
export function openFolderAccounts(folder: string, clock: Clock): AccountBackend {
  let lock: FolderLock | undefined;
  let opened: Accounts | undefined;
  const explain = (error: unknown) => dataFailure(error, folder);
  const change = <T>(make: (accounts: Accounts) => Promise<T>): Promise<T> =>
    translateErrors(explain, async () => {
      lock ??= await lockDataFolder(folder, clock);
      opened ??= await openAccounts({ folder, clock }); // first: a store without users is damaged
      if (!(await hasStore(folder))) await withStore(async () => undefined);
      return make(opened);
    });
  const withStore = async <T>(work: (store: Store) => Promise<T>): Promise<T> => {
    const store = await openFileStore({ folder, clock, log: silentLog });
    try {
      return await work(store);
    } finally {
      await store.close();
    }
  };
  return {
    list: () =>
      translateErrors(explain, async () => {
        try {
          return await readAccounts(folder); // R19: looking changes nothing
        } catch (error) {
          if (error instanceof FileMissing) return [];
          throw error;
        }
      }),
    add: (users, role) =>
      change((accounts) =>
        withStore(async (store) => (await addUsers(accounts, store, users, role, clock.now())).issued),
      ),
    remove: (users) =>
      change((accounts) =>
        withStore(async (store) => {
          const removed = await removeUsers(accounts, store, users);
          return new Map(removed.map(({ user, messages }) => [user, messages.length]));
        }),
      ),
    rotate: (users) => change((accounts) => accounts.rotate(users, clock.now())),
    tokens: (user) =>
      translateErrors(explain, async () => {
        try {
          return await readTokens(folder, user);
        } catch (error) {
          if (error instanceof FileMissing) throw new AccountError('unknown', user);
          throw error;
        }
      }),
    addToken: (user, name) => change((accounts) => accounts.addToken(user, name, clock.now())),
    revokeToken: (user, name) => change((accounts) => accounts.revokeToken(user, name)),
    senders: (user, given) =>
      given === undefined
        ? translateErrors(explain, () => readSenders(folder, user)) // R19
        : change((accounts) => accounts.changeSenders(user, given)),
    close: async () => lock?.release(),
  };
}

async function hasStore(folder: string): Promise<boolean> {
  try {
    await readStoreFile(realFiles, folder);
    return true;
  } catch (error) {
    if (error instanceof FileMissing) return false;
    throw error;
  }
}
