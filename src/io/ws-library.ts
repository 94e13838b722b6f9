/** The `ws` library, loaded by `require`: its ES module takes twice as long, and a short command such as `im send` is mostly loading. */
import { createRequire } from 'node:module';

export const { WebSocket, WebSocketServer } = createRequire(import.meta.url)('ws') as typeof import('ws');
export type WebSocket = InstanceType<typeof WebSocket>;
export type WebSocketServer = InstanceType<typeof WebSocketServer>;
