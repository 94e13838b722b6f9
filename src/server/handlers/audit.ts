/** An operator records what a command did to queues, or asks for the recorded entries. */
import type { Handler } from '../handler.js';

export const audit: Handler<'audit'> = async ({ id, entry }, { auth, now }, { store }) => {
  if (entry === undefined) return { replies: [{ type: 'audit', id, entries: await store.audits() }] };
  const { run, what, user, filter, done, left, ranges } = entry;
  const optional = { ...(user !== undefined && { user }), ...(ranges !== undefined && { ranges }) };
  const audit = { by: auth.identity.user, at: now, run, what, filter, done, left, ...optional };
  await store.audit(audit);
  return { replies: [{ type: 'audit', id, entries: [audit] }] };
};
