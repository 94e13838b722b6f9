/** `heartbeat`: keeps the connection from going idle (R13). The server answers with one. */
import { defineFrame } from '../frame.js';

export const heartbeat = defineFrame('heartbeat', {});
