/**
 * How a server without TLS proves that it is the one on a data folder, before a client sends it a token: on a port of this
 * machine anybody may listen while the server does not run. The client sends a random nonce with its handshake, the server
 * answers with an HMAC under a secret that is in the data folder.
 */
import { createHmac, randomBytes } from 'node:crypto';

/** Request header with the nonce. */
export const NONCE_HEADER = 'im-nonce';
/** Response header with the proof. */
export const PROOF_HEADER = 'im-proof';

/** Whether a server is the right one. @param knows whether it has proved that it knows this secret. */
export type ProofCheck = (knows: (secret: string) => boolean) => Promise<boolean>;

/** The answer to a nonce; undefined while there is none. */
export type Prove = (nonce: string) => string | undefined;

/** A new secret, or nonce: 256 random bits. */
export const randomSecret = (): string => randomBytes(32).toString('base64url');

/** Whether this is a nonce, and not something else that a peer sent. */
export const isNonce = (text: unknown): text is string => typeof text === 'string' && /^[A-Za-z0-9_-]{43}$/.test(text);

/**
 * @param url of the server, as it is in the data folder. Somebody at another address cannot pass the nonce on to the server, and
 * its answer back to the client.
 */
export const proofOf = (secret: string, nonce: string, url: string): string =>
  createHmac('sha256', secret).update(`im-proof 1\n${nonce}\n${url}`).digest('base64url');
