/** `error`: something was refused. `code` is stable, `message` is for people. */
import { ERROR_CODES } from '../error-codes.js';
import { boolean, messageId, oneOf, optional, text, userName } from '../field-types.js';
import { defineFrame, type FrameOf } from '../frame.js';

export const error = defineFrame('error', {
  code: oneOf(...ERROR_CODES),
  message: text(512),
  /** Whether the same request may succeed later. */
  retry: boolean(),
  /** The message (or operator's request) that was refused, and its target. */
  id: optional(messageId()),
  to: optional(userName()),
  /** The field that was wrong, for `invalid` and `too-large`. */
  field: optional(text(64)),
});
export type ErrorFrame = FrameOf<typeof error>;
