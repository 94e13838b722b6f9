/** Messages one by one: each is a batch of its own. */
import type { AppendResult, Batch, NewMessage, Store } from '../../src/store/store.js';

/** A message with its addresses. */
export type SentMessage = Omit<Batch, 'messages'> & Omit<NewMessage, 'at'>;

/** @throws also when the result is `unavailable`. */
export async function append(store: Pick<Store, 'append'>, message: SentMessage): Promise<AppendResult> {
  const [result] = await store.append(batchOf([message]));
  if (result?.outcome === 'unavailable') throw result.error;
  return result as AppendResult;
}

/** Messages of one sender to one target. */
export function batchOf(messages: readonly SentMessage[]): Batch {
  const { to, from, at, device, restored, sender } = messages[0] as SentMessage;
  const origin = {
    ...(device !== undefined && { device }),
    ...(restored !== undefined && { restored }),
    ...(sender && { sender }),
  };
  const listed = messages.map(({ id, body, parked, re }) => ({ id, body, parked, ...(re !== undefined && { re }) }));
  return { to, from, at, ...origin, messages: listed };
}

/** A limit of `read` that every mailbox of a test is within. */
export const EVERYTHING = { messages: 1_000, bytes: 1_000_000 };

/** A message from alice to bob. */
export const message = (id: string, fields: Partial<SentMessage> = {}): SentMessage => ({
  to: 'bob',
  from: 'alice',
  id,
  body: `body of ${id}`,
  at: 1_700_000_000_000,
  ...fields,
});
