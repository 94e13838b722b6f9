/** An operator has messages pushed again: the target's session gets a notice, the messages do not change. */
import { errorFrame } from '../../protocol/error-frames.js';
import type { Handler } from '../handler.js';

export const replay: Handler<'replay'> = async ({ id, user, seqs, replay: name }, _, { accounts, bus }) => {
  if ((await accounts.find([user])).length === 0) return { replies: [errorFrame('unknown-user', { id, to: user })] };
  if (seqs !== undefined && name === undefined) return { replies: [errorFrame('invalid', { id, field: 'replay' })] };

  const room = await bus.replayRoom(user);
  if (room === undefined) return { replies: [{ type: 'replay', id, online: false }] };
  const replies = [{ type: 'replay', id, online: true } as const];
  if (seqs === undefined || name === undefined) return { replies, notices: [{ user, notice: { type: 'redeliver' } }] };
  if (room < seqs.length) return { replies: [errorFrame('overloaded', { id })] };
  return { replies, notices: [{ user, notice: { type: 'replay', replay: name, seqs } }] };
};
