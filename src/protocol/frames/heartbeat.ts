/** `heartbeat`: counts as life and does nothing else (R13). The server answers with one. */
import { defineFrame } from '../frame.js';

export const heartbeat = defineFrame('heartbeat', {});
