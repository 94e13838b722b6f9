/** The public face of the library: re-exports only. */
export * from './client/client.js';
export { CLIENT } from './client/limits.js';
export * from './client/operator-client.js';
export type { Clock, Timer } from './io/clock.js';
export type { Dial, Transport, TransportEvents } from './io/transport.js';
export { CLOSES, type CloseReason } from './protocol/close-codes.js';
export { type Decoded, decodeClientText, decodeServerText, encode, pack } from './protocol/codec.js';
export { ERRORS, type ErrorCode } from './protocol/error-codes.js';
export type { ClientFrame, ServerFrame } from './protocol/frame-catalogue.js';
export { CLIENT_FRAMES, SERVER_FRAMES } from './protocol/frame-catalogue.js';
export type { ErrorFrame } from './protocol/frames/error.js';
export type { Welcome } from './protocol/frames/welcome.js';
export { QUEUE, WIRE } from './protocol/limits.js';
export { SESSION } from './server/limits.js';
export type * from './store/store.js';
