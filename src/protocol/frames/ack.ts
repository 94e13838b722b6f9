/** `ack`: the target has made everything up to and including `seq` durable (R12). Cumulative and idempotent. */
import { integer } from '../fields.js';
import { defineFrame, type FrameOf } from '../frame.js';

export const ack = defineFrame('ack', { seq: integer(1) });
export type Ack = FrameOf<typeof ack>;
