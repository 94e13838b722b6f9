/** `im unsend`: takes a message back that its receiver has not been pushed yet. */
import { type OperatorOptions, operate } from '../../client/api/operator-client.js';
import { type History, isOwn } from '../../history/history.js';
import type { UnsendOutcome } from '../../protocol/frames/unsend.js';
import { inline, safe } from '../../text/safe-text.js';
import { Failure, translateErrors } from '../errors/failure.js';
import { operatorFailure } from '../errors/operator-failure.js';
import type { Output } from '../output/output.js';

/** An own message. */
interface Sent {
  readonly to: string;
  readonly id: string;
}

/** Why it is not unsent, and what to do. */
const REFUSALS: Readonly<
  Record<Exclude<UnsendOutcome, 'unsent'>, (to: string) => { readonly why: string; readonly next?: string }>
> = {
  pushed: (to) => ({ why: `too late: a device of ${to} may have shown it` }),
  delivered: () => ({ why: 'too late: it is delivered' }),
  purged: () => ({ why: 'an operator has deleted it already' }),
  unknown: (to) => ({
    why: `the server has no message of yours to ${to} with this id`,
    next: 'name its receiver: --to USER; or, if your chat has it queued, type /unsend there',
  }),
  full: (to) => ({
    why: 'the mailbox holds as many deleted messages as it may',
    next: `try again when ${to} was here`,
  }),
};

/** @throws Failure `refused` when it is too late, or there is no such message. */
export async function unsend({ to, id }: Sent, login: Omit<OperatorOptions, 'mode'>, output: Output): Promise<void> {
  const operator = operate({ ...login, mode: 'send' });
  let outcome: UnsendOutcome;
  try {
    const explain = (error: unknown) => operatorFailure(error, login, 'run it again: that does no harm');
    [outcome = 'unknown'] = await translateErrors(explain, () => operator.unsend({ to, ids: [id] }));
  } finally {
    await operator.close();
  }
  if (output.json) await output.object({ id, to, outcome });
  else if (outcome === 'unsent') output.note(safe`im: unsent: ${inline(to)} never sees the message ${inline(id)}`);
  if (outcome === 'unsent') return;
  throw new Failure('refused', `the message ${id} is not unsent`, REFUSALS[outcome](to));
}

/** To whom a message was sent, from the local history: the newest with this id. Undefined if it is not there. */
export async function recipientOf(
  id: string,
  history: Pick<History, 'peers' | 'segments'>,
): Promise<string | undefined> {
  for (const peer of await history.peers()) {
    for await (const messages of history.segments(peer, 'newest')) {
      if (messages.some((message) => isOwn(message) && message.id === id)) return peer;
    }
  }
  return undefined;
}
