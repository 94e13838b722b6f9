/** Finds where messages are to be purged: at a running server, or in a folder that no server holds. */
import type { Readable } from 'node:stream';
import type { OperatorOptions } from '../client/operator.js';
import type { Clock } from '../io/clock.js';
import { type LendQueues, lend } from '../queue/queue-source.js';
import type { EntryFlags } from './enter.js';
import type { Place } from './locate.js';
import { findQueues } from './open-queues.js';
import type { Output } from './output.js';
import type { PurgeDesk } from './purge-desk.js';

export interface PurgePlace {
  /** The mailbox that is meant. */
  readonly lend: LendQueues;
  readonly openDesk: () => Promise<PurgeDesk>;
}

/** What is not needed is not loaded. @throws Failure */
export async function openPurge(
  flags: EntryFlags & { readonly user: string },
  place: Place,
  { stdin, output, clock }: { readonly stdin: Readable; readonly output: Output; readonly clock: Clock },
): Promise<PurgePlace> {
  const { server, isElsewhere, data } = place;
  const { user } = flags;
  const ofFolder = isElsewhere ? undefined : await findQueues({ flags, place, user, headers: false }, stdin, output);
  if (ofFolder && server.data === undefined) {
    const openDesk = async () => (await import('./folder-purge.js')).openFolderPurge(data, clock);
    return { lend: ofFolder, openDesk };
  }
  const login = await (await import('./operator-login.js')).operatorLogin(flags, place, stdin, output);
  return { lend: ofFolder ?? (await queuesOf(login, user)), openDesk: () => openServerDesk(login) };
}

async function queuesOf(login: OperatorOptions, user: string): Promise<LendQueues> {
  const [{ operate }, { serverQueues }, failures] = await Promise.all([
    import('../client/operator.js'),
    import('../queue/server-queues.js'),
    import('./operator-end.js'),
  ]);
  return async (work) => {
    try {
      return await lend(serverQueues({ operator: operate(login), user, headers: false }), work);
    } catch (error) {
      throw failures.operatorFailure(error, login, AGAIN);
    }
  };
}

async function openServerDesk(login: OperatorOptions): Promise<PurgeDesk> {
  const [{ operate }, { operatorFailure }] = await Promise.all([
    import('../client/operator.js'),
    import('./operator-end.js'),
  ]);
  const operator = operate(login);
  const told = async <T>(answer: Promise<T>): Promise<T> => {
    try {
      return await answer;
    } catch (error) {
      throw operatorFailure(error, login, AGAIN);
    }
  };
  return {
    purge: (user, seqs) => told(operator.purge({ user, seqs })),
    audit: (entry) => told(operator.audit(entry)),
    close: () => operator.close(),
  };
}

const AGAIN = 'run it again: what is purged stays so, and the export has everything';
