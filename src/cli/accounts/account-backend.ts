/** User management behind one interface: through a running server, or in a data folder that no server uses. */
import { addUsers, removeUsers } from '../../accounts/account-mailboxes.js';
import { AccountError, type AccountInfo, type Accounts, type IssuedAccount } from '../../accounts/accounts.js';
import { openAccounts, readAccounts } from '../../accounts/file-accounts.js';
import { type AccountRequest, type OperatorOptions, OperatorRefused, operate } from '../../client/operator-client.js';
import { FileMissing } from '../../disk/disk-errors.js';
import { acquireLock, type FolderLock } from '../../disk/lock.js';
import { openFileStore } from '../../file-store/file-store.js';
import type { Clock } from '../../io/clock.js';
import { realFiles } from '../../io/files.js';
import { silentLog } from '../../io/log.js';
import type { Role } from '../../protocol/frames/account.js';
import type { Store } from '../../store/store.js';
import { dataFailure } from '../errors/data-failure.js';
import { Failure, translateErrors } from '../errors/failure.js';
import { operatorFailure, ownOperatorLogin } from '../errors/operator-failure.js';

type Mailboxes = Pick<Store, 'inspect' | 'remove'>;

const NO_MAILBOXES: Mailboxes = {
  inspect: async () => ({ delivered: 0, last: 0, purged: 0, seenAt: 0 }),
  remove: async () => [],
};

/** Changes are durable when they resolve. @throws AccountError for a wrong user; Failure for the server or the folder. */
export interface AccountBackend {
  list(): Promise<readonly AccountInfo[]>;
  add(users: readonly string[], role: Role): Promise<readonly IssuedAccount[]>;
  remove(users: readonly string[]): Promise<void>;
  rotate(users: readonly string[]): Promise<readonly IssuedAccount[]>;
  /** Closes the connection, or releases the folder. */
  close(): Promise<void>;
}

/** Accounts of a running server: changes take effect at once. A failed login or connection fails every call. */
export function openServerAccounts(login: OperatorOptions): AccountBackend {
  const operator = operate(login);
  const explain = (error: unknown): unknown => {
    if (!(error instanceof OperatorRefused)) return operatorFailure(error, login, 'check with im user list');
    const { code, to, message } = error.refusal;
    if (to !== undefined && code === 'unknown-user') return new AccountError('unknown', to);
    if (to !== undefined && code === 'invalid') return new AccountError('exists', to);
    return new Failure('refused', `the server refused: ${message}`, { why: 'nothing was changed', cause: error });
  };
  const change = (request: AccountRequest) =>
    translateErrors(explain, () => operator.accounts(request) as Promise<readonly IssuedAccount[]>);
  return {
    list: () => translateErrors(explain, () => operator.list()),
    add: (users, role) => change({ action: 'add', users, role }),
    rotate: (users) => change({ action: 'rotate', users }),
    remove: async (users) => {
      await change({ action: 'remove', users });
    },
    close: () => operator.close(),
  };
}

/** Accounts of the server that runs on this folder. @throws Failure `data-unusable` if its operator token cannot be read. */
export const openOwnServerAccounts = async (folder: string, url: string): Promise<AccountBackend> =>
  openServerAccounts(await ownOperatorLogin(folder, url));

/** Accounts in a data folder that no server uses. The first change locks the folder, and creates it if it is missing. */
export function openFolderAccounts(folder: string, clock: Clock): AccountBackend {
  let lock: FolderLock | undefined;
  let opened: Accounts | undefined;
  const explain = (error: unknown) => dataFailure(error, folder);
  const change = <T>(make: (accounts: Accounts) => Promise<T>): Promise<T> =>
    translateErrors(explain, async () => {
      lock ??= await acquireLock({ folder, clock });
      opened ??= await openAccounts({ folder, clock });
      return make(opened);
    });
  /** The mailboxes; without a store there are none. */
  const withMailboxes = async <T>(work: (mailboxes: Mailboxes) => Promise<T>): Promise<T> => {
    if (!(await realFiles.list(folder)).includes('store.json')) return work(NO_MAILBOXES);
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
        withMailboxes(async (mailboxes) => (await addUsers(accounts, mailboxes, users, role, clock.now())).issued),
      ),
    remove: (users) =>
      change((accounts) => withMailboxes(async (mailboxes) => void (await removeUsers(accounts, mailboxes, users)))),
    rotate: (users) => change((accounts) => accounts.rotate(users)),
    close: async () => lock?.release(),
  };
}
