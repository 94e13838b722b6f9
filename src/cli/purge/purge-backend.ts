/** The port to where messages are purged: a running server, or a folder that no server holds. */
import type { Operator } from '../../client/operator-client.js';

export interface PurgeBackend {
  readonly purge: (user: string, seqs: readonly number[]) => ReturnType<Operator['purge']>;
  /** Writes down what was done. */
  readonly audit: (entry: Parameters<Operator['audit']>[0] & object) => Promise<unknown>;
  readonly close: () => Promise<void>;
}
