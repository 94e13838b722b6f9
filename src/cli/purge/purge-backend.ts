/** What purges messages: a running server (here), or the files of a folder without one (folder-purge.ts). */
import { type Operator, type OperatorOptions, operate } from '../../client/operator-client.js';
import { translateErrors } from '../errors/failure.js';
import { operatorFailure } from '../errors/operator-failure.js';

export interface PurgeBackend {
  /** Resolves with the outcome for each seq, in order, when they are durable. */
  readonly purge: (user: string, seqs: readonly number[]) => ReturnType<Operator['purge']>;
  /** Records the run for `im inspect-queue --audit`. */
  readonly audit: (entry: Parameters<Operator['audit']>[0] & object) => Promise<unknown>;
  readonly close: () => Promise<void>;
}

/** The methods throw Failure. */
export function openServerPurge(login: OperatorOptions): PurgeBackend {
  const operator = operate(login);
  const again = 'run it again: purged messages stay purged, and the export has all of them';
  const orFailure = <T>(work: () => Promise<T>) =>
    translateErrors((error) => operatorFailure(error, login, again), work);
  return {
    purge: (user, seqs) => orFailure(() => operator.purge({ user, seqs })),
    audit: (entry) => orFailure(() => operator.audit(entry)),
    close: () => operator.close(),
  };
}
