/** `stored`: these messages are on the server's disk (R9, R11, R14). */
import { list, messageId, optional, userName } from '../fields.js';
import { defineFrame } from '../frame.js';
import { WIRE } from '../limits.js';

export const stored = defineFrame('stored', {
  ids: list(messageId(), WIRE.maxIdsPerFrame),
  /** Those that the server already knew (R8). */
  duplicates: optional(list(messageId(), WIRE.maxIdsPerFrame)),
  /** The recipient; only in the answer to a `status`. */
  to: optional(userName()),
});
