/** An operator writes down what was done to queues, or asks for what was written down. */
import type { Handler } from '../handler.js';

export const audit: Handler<'audit'> = async ({ id, entry }, { auth, now }, { accounts, store }) => {
  const { identity } = auth;
  if (!accounts.isCurrent(identity)) return { close: 'revoked' }; // R7
  if (entry === undefined) return { replies: [{ type: 'audit', id, entries: await store.audits() }] };
  const { run, what, user, filter, done, left, ranges } = entry;
  const where = { ...(user !== undefined && { user }), ...(ranges !== undefined && { ranges }) };
  const written = { by: identity.user, at: now, run, what, filter, done, left, ...where };
  await store.audit(written);
  return { replies: [{ type: 'audit', id, entries: [written] }] };
};
