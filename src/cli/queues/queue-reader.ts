/** Reads queues from where a command line points: a data folder, or a server elsewhere. */
import { join } from 'node:path';
import type { OperatorOptions } from '../../client/api/operator-client.js';
import { errorCode, FileMissing, StorageError } from '../../disk/disk-errors.js';
import { systemClock } from '../../io/clock.js';
import { realFiles } from '../../io/files.js';
import { openFolderQueues } from '../../queue-admin/folder-queues.js';
import { messagesOf } from '../../queue-admin/queue-scan.js';
import type { QueuedMessage, QueueSource, QueueState, UnreadableQueue } from '../../queue-admin/queue-source.js';
import { inline, plural, safe } from '../../text/safe-text.js';
import { dataFailure } from '../errors/data-failure.js';
import { Failure, translateErrors } from '../errors/failure.js';
import { unknownUser } from '../errors/unknown-user.js';
import { findFolders } from '../login/folders.js';
import { noStore, type Target } from '../login/target.js';
import type { Output } from '../output/output.js';
import { type FilterFlags, filterOf } from './queue-flags.js';

/** Opens the queues, as they are at that moment, runs `work` on them and closes them. */
export type WithQueues = <T>(work: (source: QueueSource) => Promise<T>) => Promise<T>;

/**
 * Nothing is changed or locked (R19). The calls throw Failure, for all that can be wrong with a folder or a server.
 * @param login of an operator; only used, and then needed, if the target is a server elsewhere.
 * @param user only the mailbox of this user.
 * @param headers without bodies: saves a server from sending them.
 */
export function queueReader(
  { data: folder, isElsewhere }: Target,
  login: OperatorOptions | undefined,
  user: string | undefined,
  headers = false,
): WithQueues {
  if (isElsewhere && login) return (work) => readServer(login, user, headers, work);
  const open = () => openFolderQueues({ files: realFiles, folder, user });
  return async (work) => {
    const source = await translateErrors((error) => folderFailure(error, folder), open);
    const known = user === undefined ? source : { ...source, queues: () => queuesOfKnown(user, source, folder) };
    return work(known).finally(() => source.close());
  };
}

/** The same queues. @throws Failure `refused` at the end, if the user has neither a mailbox nor an account: then there were none. */
async function* queuesOfKnown(user: string, source: QueueSource, folder: string): ReturnType<QueueSource['queues']> {
  let hasMailbox = false;
  for await (const queue of source.queues()) {
    hasMailbox ||= 'fault' in queue || queue.last > 0;
    yield queue;
  }
  if (!hasMailbox && !(await hasAccount(user, folder))) throw unknownUser(user);
}

/** Whether the user has an account. Queues can be read beside accounts that cannot: then the user counts as one. */
export async function hasAccount(name: string, folder: string): Promise<boolean> {
  const { readAccounts } = await import('../../accounts/file-accounts.js'); // needed only for an empty mailbox
  try {
    return (await readAccounts(folder)).some(({ user }) => user === name);
  } catch (error) {
    if (error instanceof StorageError || errorCode(error) !== undefined) return true;
    throw error;
  }
}

/**
 * The own queue of the user of this login, at its server. The calls throw Failure.
 * @param user only what waits in the mailbox of this user. @param headers without bodies.
 */
export function ownQueueReader(login: OperatorOptions, user: string | undefined, headers: boolean): WithQueues {
  return async (work) => {
    const [{ operate }, { ownQueues }, { operatorFailure }] = await Promise.all([
      import('../../client/api/operator-client.js'),
      import('../../queue-admin/own-queues.js'),
      import('../errors/operator-failure.js'),
    ]);
    const source = ownQueues({ operator: operate({ ...login, mode: 'send' }), me: login.user, user, headers });
    return translateErrors(
      (error) => operatorFailure(error, login, 'try again; a server older than this im does not know --mine'),
      () => work(source).finally(() => source.close()),
    );
  };
}

/** Over a connection of its own. */
async function readServer<T>(
  login: OperatorOptions,
  user: string | undefined,
  headers: boolean,
  work: (source: QueueSource) => Promise<T>,
): Promise<T> {
  // Most commands read a folder: the network code is loaded only here.
  const [{ operate }, { serverQueues }, { operatorFailure }] = await Promise.all([
    import('../../client/api/operator-client.js'),
    import('../../queue-admin/server-queues.js'),
    import('../errors/operator-failure.js'),
  ]);
  const source = serverQueues({ operator: operate(login), user, headers });
  return translateErrors(
    (error) => operatorFailure(error, login, 'try again: nothing was changed'),
    () => work(source).finally(() => source.close()),
  );
}

export const isStoreMissing = (error: unknown, folder: string): boolean =>
  error instanceof FileMissing && error.path === join(folder, 'store.json');

/** Turns an error of reading a data folder into what a command throws: a Failure if the cause is known. */
export function folderFailure(error: unknown, folder: string): unknown {
  if (isStoreMissing(error, folder)) return noStore(folder, findFolders(process.env), error);
  if (errorCode(error) === 'EMFILE' || errorCode(error) === 'ENFILE') {
    const what = `${folder} has more mailboxes than this process may open files`;
    return new Failure('data-unusable', what, {
      next: 'raise the limit and try again: ulimit -n 100000',
      cause: error,
    });
  }
  return dataFailure(error, folder);
}

/** Prints a note for each mailbox that cannot be read, and counts them. */
export class UnreadableMailboxes {
  #count = 0;

  /** @param next what to do about them. */
  constructor(
    private readonly output: Output,
    private readonly next = 'restore those files from a backup',
  ) {}

  /** A callback for `QueueScan.unreadable`. */
  readonly note = ({ user, fault }: UnreadableQueue): void => {
    this.#count++;
    this.output.note(safe`im: the mailbox of ${inline(user)} cannot be read: ${inline(fault.message)}`);
  };

  /** @throws Failure `data-unusable` when there were any: the output is incomplete. */
  throwIfAny(): void {
    if (this.#count === 0) return;
    throw new Failure('data-unusable', `${plural(this.#count, 'mailbox')} cannot be read`, {
      why: 'all others are shown; nothing was changed',
      next: this.next,
    });
  }
}

/**
 * Runs `use` on the messages that match the flags, in batches. After the last one they throw Failure `data-unusable` if a
 * mailbox could not be read.
 */
export function withMessages<T>(
  flags: FilterFlags & { readonly user: string | undefined },
  status: QueueState,
  target: Target,
  login: OperatorOptions | undefined,
  output: Output,
  use: (batches: AsyncIterable<readonly QueuedMessage[]>) => Promise<T>,
): Promise<T> {
  const filter = filterOf(flags, status, systemClock.now());
  const unreadable = new UnreadableMailboxes(output);
  async function* matching(source: QueueSource): AsyncGenerator<QueuedMessage[]> {
    yield* messagesOf({ source, filter, unreadable: unreadable.note }, flags.limit);
    unreadable.throwIfAny();
  }
  return queueReader(target, login, flags.user)((source) => use(matching(source)));
}
