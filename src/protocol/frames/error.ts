/** `error`: the server refused something. `code` is stable, `message` is for people. */
import { boolean, messageId, optional, text, userName } from '../fields.js';
import { defineFrame, type FrameOf } from '../frame.js';
import { WIRE } from '../limits.js';

export const error = defineFrame('error', {
  /** One of ERRORS, or of a newer server: `retry` tells what to do. */
  code: text(64, 1),
  message: text(WIRE.maxSentenceLength),
  /** Whether the same request may succeed later. */
  retry: boolean(),
  /** The message or operator's request that was refused, and its target. */
  id: optional(messageId()),
  to: optional(userName()),
  /** For `invalid` and `too-large`: the field that was wrong. */
  field: optional(text(64)),
});
export type ErrorFrame = FrameOf<typeof error>;
