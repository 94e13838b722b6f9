/** `bye`: the server sends it before it closes, so that the reason arrives as a word, too. */
import { integer, optional, text } from '../fields.js';
import { defineFrame } from '../frame.js';

export const bye = defineFrame('bye', {
  /** A word of the close table; from a newer server perhaps one that is not in it: then the close code counts. */
  reason: text(64, 1),
  /** At a shutdown: how long the client should wait before it reconnects. Spreads the load. */
  retryAfterMs: optional(integer(0)),
});
