/** `stored`: the server has these messages on disk (R9, R11, R14). */
import { list, messageId, optional } from '../field-types.js';
import { defineFrame } from '../frame.js';
import { WIRE } from '../limits.js';

export const stored = defineFrame('stored', {
  ids: list(messageId(), WIRE.maxIdsPerFrame),
  /** Those of them that the server had known before (R8). */
  duplicates: optional(list(messageId(), WIRE.maxIdsPerFrame)),
});
