/** `status`: asks for the state of own earlier messages. Answered with `stored`, `delivered` and `error`. */
import { list, messageId, userName } from '../fields.js';
import { defineFrame, type FrameOf } from '../frame.js';
import { WIRE } from '../limits.js';

export const status = defineFrame('status', { to: userName(), ids: list(messageId(), WIRE.maxIdsPerFrame) });
export type Status = FrameOf<typeof status>;
