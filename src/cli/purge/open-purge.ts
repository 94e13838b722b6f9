/** Finds where messages are to be purged: at a running server, or in a folder that no server holds. */
import type { Readable } from 'node:stream';
import type { OperatorOptions } from '../../client/operator-client.js';
import type { Clock } from '../../io/clock.js';
import type { WithQueues } from '../../queue-admin/queue-source.js';
import { translateErrors } from '../errors/failure.js';
import type { LoginFlags } from '../login/login.js';
import type { Target } from '../login/target.js';
import type { Output } from '../output/output.js';
import { findQueues } from '../queues/open-queues.js';
import type { PurgeBackend } from './purge-backend.js';

interface PurgeTarget {
  /** The mailbox that is meant. */
  readonly lend: WithQueues;
  readonly openBackend: () => Promise<PurgeBackend>;
}

/** What is not needed is not loaded. @throws Failure */
export async function openPurge(
  flags: LoginFlags & { readonly user: string },
  place: Target,
  { stdin, output, clock }: { readonly stdin: Readable; readonly output: Output; readonly clock: Clock },
): Promise<PurgeTarget> {
  const { server, isElsewhere, data } = place;
  const needsServer = isElsewhere || server.data !== undefined;
  const login = needsServer
    ? await (await import('../login/operator-login.js')).operatorLogin(flags, place, stdin, output)
    : undefined;
  const wanted = { flags, place, user: flags.user, headers: false, ...(login && { login }) };
  return {
    lend: await findQueues(wanted, stdin, output),
    openBackend: async () =>
      login ? openServerDesk(login) : (await import('./folder-purge.js')).openFolderPurge(data, clock),
  };
}

async function openServerDesk(login: OperatorOptions): Promise<PurgeBackend> {
  const [{ operate }, { operatorFailure }] = await Promise.all([
    import('../../client/operator-client.js'),
    import('../errors/operator-failure.js'),
  ]);
  const operator = operate(login);
  const onTimeout = 'run it again: what is purged stays so, and the export has everything';
  const explain = (error: unknown) => operatorFailure(error, login, onTimeout);
  return {
    purge: (user, seqs) => translateErrors(explain, () => operator.purge({ user, seqs })),
    audit: (entry) => translateErrors(explain, () => operator.audit(entry)),
    close: () => operator.close(),
  };
}
