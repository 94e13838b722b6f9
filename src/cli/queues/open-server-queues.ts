/** The queues of a server elsewhere, looked at as one of its operators. */
import type { Readable } from 'node:stream';
import { type OperatorOptions, operate } from '../../client/operator-client.js';
import { type WithQueues, withQueueSource } from '../../queue-admin/queue-source.js';
import { serverQueues } from '../../queue-admin/server-queues.js';
import { translateErrors } from '../errors/failure.js';
import { operatorFailure } from '../errors/operator-failure.js';
import type { LoginFlags } from '../login/login.js';
import { operatorLogin } from '../login/operator-login.js';
import type { Target } from '../login/target.js';
import type { Output } from '../output/output.js';

/** Which queues a command line is about. */
export interface QueuesWanted {
  readonly flags: LoginFlags;
  readonly place: Target;
  /** Only this user's mailbox. */
  readonly user: string | undefined;
  /** Bodies are of no interest: a server need not send them. */
  readonly headers: boolean;
  /** Who asks a server, if that is known already: a token on standard input can be read once. */
  readonly login?: OperatorOptions;
}

/** A connection for each work. @throws Failure when there is no token. */
export async function findServerQueues(wanted: QueuesWanted, stdin: Readable, output: Output): Promise<WithQueues> {
  const { flags, place, user, headers } = wanted;
  const login = wanted.login ?? (await operatorLogin(flags, place, stdin, output));
  return (work) =>
    translateErrors(
      (error) => operatorFailure(error, login, 'try again: nothing was changed'),
      () => withQueueSource(serverQueues({ operator: operate(login), user, headers }), work),
    );
}
