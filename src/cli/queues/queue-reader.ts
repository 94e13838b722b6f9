/** Reads queues from where a command line points: a data folder, or a server elsewhere. */
import { join } from 'node:path';
import type { OperatorOptions } from '../../client/operator-client.js';
import { errorCode, FileMissing } from '../../disk/disk-errors.js';
import { realFiles } from '../../io/files.js';
import type { QueueFilter } from '../../queue-admin/filter.js';
import { openFolderQueues } from '../../queue-admin/folder-queues.js';
import { messagesOf } from '../../queue-admin/queue-scan.js';
import {
  type QueueSource,
  type UnreadableQueue,
  type WithQueues,
  withQueueSource,
} from '../../queue-admin/queue-source.js';
import type { QueuedMessage } from '../../queue-admin/queued-message.js';
import { inline, plural, safe } from '../../text/safe-text.js';
import { dataFailure } from '../errors/data-failure.js';
import { Failure, translateErrors } from '../errors/failure.js';
import type { Target } from '../login/target.js';
import type { Output } from '../output/output.js';

interface QueueSelection {
  /** Only the mailbox of this user. */
  readonly user: string | undefined;
  /** Without bodies: saves a server from sending them. */
  readonly headers: boolean;
}

/**
 * Each call of the result reads the queues as they are then. Nothing is changed or locked (R19).
 * The calls throw Failure, for all that can be wrong with a folder or a server.
 * @param login of an operator; only used, and then needed, if the target is a server elsewhere.
 */
export function queueReader(
  { data, isElsewhere }: Target,
  login: OperatorOptions | undefined,
  selection: QueueSelection,
): WithQueues {
  if (isElsewhere && login) return (work) => readServer(login, selection, work);
  return async (work) => withQueueSource(await openFolder(data, selection.user), work);
}

/** Over a connection of its own. */
async function readServer<T>(
  login: OperatorOptions,
  selection: QueueSelection,
  work: (source: QueueSource) => Promise<T>,
): Promise<T> {
  // Most commands read a folder: the network code is loaded only here.
  const [{ operate }, { serverQueues }, { operatorFailure }] = await Promise.all([
    import('../../client/operator-client.js'),
    import('../../queue-admin/server-queues.js'),
    import('../errors/operator-failure.js'),
  ]);
  return translateErrors(
    (error) => operatorFailure(error, login, 'try again: nothing was changed'),
    () => withQueueSource(serverQueues({ operator: operate(login), ...selection }), work),
  );
}

const openFolder = (folder: string, user: string | undefined): Promise<QueueSource> =>
  translateErrors(
    (error) => folderFailure(error, folder),
    () => openFolderQueues({ files: realFiles, folder, user }),
  );

/** Turns an error of reading a data folder into what a command throws: a Failure if the cause is known. */
export function folderFailure(error: unknown, folder: string): unknown {
  if (error instanceof FileMissing && error.path === join(folder, 'store.json')) {
    const next = 'name the folder: --data DIR; im serve makes one';
    return new Failure('data-unusable', `there is no store in ${folder}`, { next, cause: error });
  }
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

  constructor(private readonly output: Output) {}

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
      next: 'restore those files from a backup',
    });
  }
}

interface MessageQuery {
  readonly source: QueueSource;
  readonly filter: QueueFilter;
  /** At most this many. */
  readonly limit: number | undefined;
}

/** The matching messages, in batches. @throws Failure `data-unusable` after the last one, if a mailbox could not be read. */
export async function* matchingMessages(
  { source, filter, limit }: MessageQuery,
  output: Output,
): AsyncGenerator<QueuedMessage[]> {
  const unreadable = new UnreadableMailboxes(output);
  yield* messagesOf({ source, filter, unreadable: unreadable.note }, limit);
  unreadable.throwIfAny();
}
