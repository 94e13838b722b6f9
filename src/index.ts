/** The public API of the library: the client, the operator client, and the protocol for those who write their own. */
export * from './client/api/client.js';
export * from './client/api/operator-client.js';
export { CLIENT } from './client/limits.js';
export type { Clock, Timer } from './io/clock.js';
export type { Log } from './io/log.js';
export type { ProofCheck } from './io/server-proof.js';
export type { TlsTrust } from './io/tls-connect.js';
export type { Dial, Transport, TransportEvents } from './io/transport.js';
export { CLOSES, type CloseReason } from './protocol/close-codes.js';
export { type Decoded, decodeClientText, decodeServerText, encode, pack } from './protocol/codec.js';
export { ERRORS, type ErrorCode } from './protocol/error-codes.js';
export { CLIENT_FRAMES, type ClientFrame, SERVER_FRAMES, type ServerFrame } from './protocol/frame-catalogue.js';
export type { ErrorFrame } from './protocol/frames/error.js';
export type { Welcome } from './protocol/frames/welcome.js';
export { QUEUE, WIRE } from './protocol/limits.js';
