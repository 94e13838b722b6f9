/** `heartbeat`: counts as life and does nothing else (R13). The server answers with one. */
import { defineFrame, type FrameOf } from '../frame.js';

export const heartbeat = defineFrame('heartbeat', {});
export type Heartbeat = FrameOf<typeof heartbeat>;
