/** R7 to R11: checks and stores messages to one target, then answers the sender and nudges the target. */

import type { ErrorCode } from '../../protocol/error-codes.js';
import { errorFrame } from '../../protocol/error-frames.js';
import type { ServerFrame } from '../../protocol/frame-catalogue.js';
import type { Message } from '../../protocol/frames/message.js';
import type { AppendResult, Batch, Store } from '../../store/store.js';
import { type HandlerDependencies, NUDGE, type Outcome, type SessionView } from '../handler.js';
import type { AuthenticatedUser } from '../session-rules.js';
import type { MessageGroup } from '../turn-messages.js';

/** What is done with a message: what the store did, or why the message did not get there. */
type Result = AppendResult | { readonly outcome: Refusal };
type Refusal = 'forged-sender' | 'unknown-user' | 'blocked';

const CODES: Readonly<Record<Exclude<Result['outcome'], 'stored' | 'duplicate'>, ErrorCode>> = {
  'forged-sender': 'forged-sender',
  'unknown-user': 'unknown-user',
  blocked: 'blocked',
  purged: 'purged',
  unsent: 'unsent',
  conflict: 'id-conflict',
  full: 'mailbox-full',
  unavailable: 'unavailable',
};

/** Rejects as a handler does. Unless the sender is blocked, `append` is called in this very turn: a later frame must find them. */
export async function messages(
  { to, frames, isPlain }: Pick<MessageGroup, 'to' | 'frames'> & Partial<MessageGroup>,
  { auth, now }: Pick<SessionView, 'auth' | 'now'>,
  deps: HandlerDependencies,
): Promise<Outcome> {
  const { user } = auth.identity;
  const { accounts, store } = deps;
  const isUnknown = !accounts.mayExist(to);
  const isBlocked = !isUnknown && !accounts.maySend(user, to);
  const known = isBlocked ? await knownIds(user, to, frames, store) : undefined;
  const refusalOf = ({ id, from }: Message): Refusal | undefined => {
    if (from !== undefined && from !== user) return 'forged-sender'; // R7
    if (isUnknown) return 'unknown-user';
    return known !== undefined && !known.has(id) ? 'blocked' : undefined;
  };
  const origin = { to, at: now, isPlain };
  if (frames.every((frame) => refusalOf(frame) === undefined))
    return answer(to, user, frames, await store.append(batchOf(origin, frames, auth))); // R8, R9
  const refusals = frames.map(refusalOf);
  const accepted = frames.filter((_, index) => refusals[index] === undefined);
  const appended = accepted.length === 0 ? [] : await store.append(batchOf(origin, accepted, auth));
  return answer(to, user, frames, inOrder(refusals, appended));
}

/** Only what belongs to a message: a frame may have more fields, which are ignored (R2). */
function batchOf(
  { to, at, isPlain }: Pick<Batch, 'to' | 'at'> & { readonly isPlain: boolean | undefined },
  frames: readonly Message[],
  { identity, mode, device, sender }: AuthenticatedUser,
): Batch {
  const messages = frames.map(({ id, body, re }) => (re === undefined ? { id, body } : { id, body, re }));
  const marks = { ...(mode === 'chat' && { device }), ...(isPlain && { isPlain }) };
  return { to, from: identity.user, at, sender, ...marks, messages };
}

/** R8: a message that was stored before its sender was blocked gets the same answer as then. */
async function knownIds(
  from: string,
  to: string,
  frames: readonly Message[],
  store: Store,
): Promise<ReadonlySet<string>> {
  const ids = frames.map(({ id }) => id);
  const found = await store.find(to, from, ids);
  return new Set(ids.filter((_, index) => found[index]?.state !== 'unknown'));
}

function inOrder(refusals: readonly (Refusal | undefined)[], appended: readonly AppendResult[]): readonly Result[] {
  let next = 0;
  return refusals.map((outcome) => (outcome === undefined ? (appended[next++] as AppendResult) : { outcome }));
}

/**
 * The answers, in the order of the messages; `stored` is one frame for as many as follow each other. A duplicate whose
 * `delivered` is true was acked already: its sender gets `delivered` right after `stored`, since the first one may have been lost,
 * and the target is not nudged.
 */
function answer(to: string, from: string, frames: readonly Message[], results: readonly Result[]): Outcome {
  const replies: ServerFrame[] = [];
  let stored: string[] = [];
  let duplicates: string[] = [];
  let delivered: string[] = [];
  let isNews = false;
  let isCopied = false;
  const addStored = (): void => {
    if (stored.length === 0) return;
    replies.push({ type: 'stored', ids: stored, ...(duplicates.length > 0 && { duplicates }) }); // R11
    if (delivered.length > 0) replies.push({ type: 'delivered', to, ids: delivered });
    stored = [];
    duplicates = [];
    delivered = [];
  };
  for (let index = 0; index < frames.length; index++) {
    const { id } = frames[index] as Message;
    const result = results[index] as Result;
    if (result.outcome === 'stored') {
      stored.push(id);
      isNews = true;
      isCopied ||= result.copied === true;
    } else if (result.outcome === 'duplicate') {
      stored.push(id);
      duplicates.push(id); // R8
      if (result.delivered) delivered.push(id);
      else isNews = true;
    } else {
      addStored();
      replies.push(errorFrame(CODES[result.outcome], { id, to }));
    }
  }
  addStored();
  if (!isNews) return { replies };
  const nudges = [{ user: to, notice: NUDGE }, ...(isCopied ? [{ user: from, notice: NUDGE }] : [])]; // R10
  return { replies, notices: nudges };
}
