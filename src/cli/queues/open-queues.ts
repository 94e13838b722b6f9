/** Finds the queues that a command line is about, and says what is wrong with those that cannot be read. */
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { errorCode, FileMissing } from '../../disk/disk-errors.js';
import { realFiles } from '../../io/files.js';
import { openFolderQueues } from '../../queue-admin/folder-queues.js';
import {
  type QueueSource,
  type UnreadableQueue,
  type WithQueues,
  withQueueSource,
} from '../../queue-admin/queue-source.js';
import { inline, safe } from '../../text/safe-text.js';
import { dataFailure } from '../errors/data-failure.js';
import { Failure } from '../errors/failure.js';
import type { Output } from '../output/output.js';
import type { QueuesWanted } from './open-server-queues.js';

/**
 * Runs `work` on the queues of the data folder, or of the server that --url names. Nothing is changed, nothing locked (R19).
 * @throws Failure for all that can be wrong with folder and server.
 */
export async function withQueues<T>(
  wanted: QueuesWanted,
  stdin: Readable,
  output: Output,
  work: (source: QueueSource) => Promise<T>,
): Promise<T> {
  return (await findQueues(wanted, stdin, output))(work);
}

/** The same for work that comes more than once: whatever has to be known of a server is asked for here. */
export async function findQueues(wanted: QueuesWanted, stdin: Readable, output: Output): Promise<WithQueues> {
  const { place, user } = wanted;
  if (!place.isElsewhere) return async (work) => withQueueSource(await openFolder(place.data, user), work);
  // A server is seldom asked: not loaded by every im inspect-queue.
  return (await import('./open-server-queues.js')).findServerQueues(wanted, stdin, output);
}

async function openFolder(folder: string, user: string | undefined): Promise<QueueSource> {
  try {
    return await openFolderQueues({ files: realFiles, folder, user });
  } catch (error) {
    throw folderFailure(error, folder);
  }
}

/** What reading a data folder failed with, as what should be thrown on. */
export function folderFailure(error: unknown, folder: string): unknown {
  if (error instanceof FileMissing && error.path === join(folder, 'store.json')) {
    const next = 'say which folder: --data DIR; im serve makes one';
    return new Failure('data-unusable', `there is no store in ${folder}`, { next, cause: error });
  }
  if (errorCode(error) === 'EMFILE' || errorCode(error) === 'ENFILE') {
    const what = `${folder} has more mailboxes than files can be open`;
    return new Failure('data-unusable', what, { next: 'allow more, and try again: ulimit -n 100000', cause: error });
  }
  return dataFailure(error, folder);
}

/** The mailboxes that could not be read, each said at once. */
export class UnreadableMailboxes {
  #count = 0;

  constructor(private readonly output: Output) {}

  readonly note = ({ user, fault }: UnreadableQueue): void => {
    this.#count++;
    this.output.note(safe`im: the mailbox of ${inline(user)} cannot be read: ${inline(fault.message)}`);
  };

  /** @throws Failure `data-unusable` when there were any: what was printed is not all. */
  throwIfAny(): void {
    if (this.#count === 0) return;
    throw new Failure('data-unusable', `${this.#count} mailboxes cannot be read`, {
      why: 'all others are shown; nothing was changed',
      next: 'restore those files from a backup',
    });
  }
}
