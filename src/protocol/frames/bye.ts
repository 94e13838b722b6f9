/** `bye`: said before the server closes, so that the reason arrives as a word too. */
import { CLOSE_REASONS } from '../close-codes.js';
import { integer, oneOf, optional } from '../field-types.js';
import { defineFrame } from '../frame.js';

export const bye = defineFrame('bye', {
  reason: oneOf(...CLOSE_REASONS),
  /** When the client should come back, at a shutdown: spreads the load. */
  retryAfterMs: optional(integer(0)),
});
