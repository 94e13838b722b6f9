/** `bye`: the server sends it before it closes, so that the reason arrives as a word, too. */
import { CLOSE_REASONS } from '../close-codes.js';
import { integer, oneOf, optional } from '../field-types.js';
import { defineFrame } from '../frame.js';

export const bye = defineFrame('bye', {
  reason: oneOf(...CLOSE_REASONS),
  /** At a shutdown: how long the client should wait before it reconnects. Spreads the load. */
  retryAfterMs: optional(integer(0)),
});
