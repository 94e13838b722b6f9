/** A message to a user who does not exist, on the server of this account: who was meant? Others are not told the names. */
import type { ErrorFrame } from '../../protocol/frames/error.js';
import { nearName } from '../accounts/near-name.js';
import { Failure } from '../errors/failure.js';
import { knownUsers } from '../login/new-user.js';

/** The failure for `unknown-user` with the name that may be meant. Any other error is returned as it is. @param data of the server. */
export async function explainUnknownReceiver(error: unknown, data: string): Promise<unknown> {
  if (!(error instanceof Failure)) return error;
  const { code, to } = (error.cause ?? {}) as Partial<ErrorFrame>;
  if (code !== 'unknown-user' || to === undefined) return error;
  const meant = nearName(to, await knownUsers(data));
  if (meant === undefined) return error;
  return new Failure(error.exit, error.message, { next: `did you mean ${meant}?`, cause: error.cause });
}
