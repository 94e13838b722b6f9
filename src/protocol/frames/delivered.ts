/** `delivered`: tells the sender that the target acked these messages. Sent when the ack is durable (R12, R17). */
import { list, messageId, userName } from '../fields.js';
import { defineFrame } from '../frame.js';
import { WIRE } from '../limits.js';

export const delivered = defineFrame('delivered', { to: userName(), ids: list(messageId(), WIRE.maxIdsPerFrame) });
