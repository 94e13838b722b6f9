/** An operator stores exported messages again. Like `message` (R8, R9), but with the original sender and time. */
import type { Restore, RestoreOutcome } from '../../protocol/frames/restore.js';
import type { AppendResult, Restored } from '../../store/store.js';
import { type Handler, type HandlerDependencies, NUDGE } from '../handler.js';

type Exported = Restore['messages'][number];

export const restore: Handler<'restore'> = async ({ id, messages }, { auth, now }, deps) => {
  const restored = { by: auth.identity.user, at: now };
  // All appends start in this turn, so that each mailbox gets its messages in this order (R16).
  const stored = await Promise.all(batchesOf(messages).map((batch) => store(batch, restored, deps)));
  const outcomes = stored.flat();
  const targets = new Set(messages.map(({ to }) => to).filter((_, index) => outcomes[index] === 'stored'));
  return {
    replies: [{ type: 'restore', id, outcomes }],
    notices: [...targets].map((user) => ({ user, notice: NUDGE })), // R10
  };
};

/** Messages that follow each other, and have the same target and sender, are one batch. */
function batchesOf(messages: readonly Exported[]): readonly (readonly Exported[])[] {
  const batches: Exported[][] = [];
  for (const message of messages) {
    const last = batches.at(-1);
    if (last?.[0]?.to === message.to && last[0].from === message.from) last.push(message);
    else batches.push([message]);
  }
  return batches;
}

/** @throws StoreUnavailable when one of them cannot be written now: the others may be stored, and are duplicates then. */
async function store(
  batch: readonly Exported[],
  restored: Restored,
  deps: HandlerDependencies,
): Promise<readonly RestoreOutcome[]> {
  const { to, from } = batch[0] as Exported;
  if (!deps.accounts.mayExist(to)) return batch.map(() => 'unknown-user');
  const messages = batch.map(({ id, body, at, re, parked }) => {
    const marks = { ...(re !== undefined && { re }), ...(parked !== undefined && { parked }) };
    return { id, body, at, ...marks };
  });
  const appended = await deps.store.append({ to, from, at: restored.at, restored, messages }); // R8, R9
  return Promise.all(appended.map((result, index) => outcomeOf(result, batch[index] as Exported, restored, deps)));
}

async function outcomeOf(
  result: AppendResult,
  message: Exported,
  restored: Restored,
  deps: HandlerDependencies,
): Promise<RestoreOutcome> {
  if (result.outcome === 'unavailable') throw result.error;
  if (result.outcome === 'blocked') throw new Error('a restored message was blocked');
  if (result.outcome !== 'purged') return result.outcome;
  const [again] = await store([message], restored, deps); // an older copy was purged meanwhile: store it anew
  return again as RestoreOutcome;
}
