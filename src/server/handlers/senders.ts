/** A user says who is blocked. An operator does so for any user, and says who may write to a user at all. */
import { AccountError, type Accounts, type Senders, type SendersChange } from '../../accounts/accounts.js';
import type { ErrorCode } from '../../protocol/error-codes.js';
import { errorFrame } from '../../protocol/error-frames.js';
import type { SendersRequest } from '../../protocol/frames/senders.js';
import type { Handler } from '../handler.js';

export const senders: Handler<'senders'> = async (frame, { auth }, { accounts }) => {
  const { id, user = auth.identity.user, action } = frame;
  const isOwn = user === auth.identity.user && action !== 'allow' && action !== 'lift';
  if (!isOwn && auth.mode !== 'operate') return { replies: [errorFrame('forbidden', { id })] };
  try {
    const change = changeOf(frame);
    if (change === 'invalid') return { replies: [errorFrame('invalid', { id, field: 'names' })] };
    return { replies: [{ type: 'senders', id, ...(await execute(user, change, accounts)) }] };
  } catch (error) {
    if (!(error instanceof AccountError)) throw error;
    const { message, user: to } = error;
    const code: ErrorCode = error.reason === 'unknown' ? 'unknown-user' : 'invalid';
    return { replies: [{ ...errorFrame(code, { id, to, field: 'names' }), message }] };
  }
};

/** Undefined: a list is asked for. */
function changeOf({ action, names }: SendersRequest): SendersChange | undefined | 'invalid' {
  if (action === 'list') return undefined;
  if (action === 'lift') return { action };
  return names === undefined ? 'invalid' : { action, names };
}

const execute = async (user: string, change: SendersChange | undefined, accounts: Accounts): Promise<Senders> =>
  change ? accounts.changeSenders(user, change) : accounts.senders(user);
