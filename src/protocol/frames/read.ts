/** `read`: in both directions. What one device of a user shows as read, the others show as read. Best effort: nothing is stored. */
import { integer, text, userName } from '../fields.js';
import { defineFrame, type FrameOf } from '../frame.js';

export const read = defineFrame('read', {
  /** Whose messages were read. */
  from: userName(),
  /** Up to this one, in the own mailbox. */
  epoch: text(64, 1),
  seq: integer(1),
});
export type Read = FrameOf<typeof read>;
