/** Tokens and their hashes. */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

const TOKEN_BYTES = 32;
const PREFIX = 'im_';
const TOKEN = /^im_[A-Za-z0-9_-]{43}$/;
const SCHEME = 'sha256:';

/** A new token: 256 random bits, with a prefix for scanners that search for leaked secrets. */
export const createToken = (): string => PREFIX + randomBytes(TOKEN_BYTES).toString('base64url');

/** Whether the text has the format of a token. */
export const isToken = (text: string): boolean => TOKEN.test(text);

/**
 * The hash of a token, which is stored. It need not be slow: a slow hash protects passwords that can be guessed, which
 * 256 random bits cannot, and it would let anybody use up the server's CPU with logins.
 */
export const hashToken = (token: string): string => SCHEME + digest(token).toString('hex');

/** Whether the text has the format of a hash from `hashToken`. */
export const isTokenHash = (text: string): boolean => /^sha256:[0-9a-f]{64}$/.test(text);

/** Compares in constant time. R3: takes as long for an unknown user, who has no hash, as for a wrong token. */
export function matchesToken(token: string, hash: string | undefined): boolean {
  const expected = hash === undefined ? NO_HASH : Buffer.from(hash.slice(SCHEME.length), 'hex');
  return timingSafeEqual(digest(token), expected) && hash !== undefined;
}

const NO_HASH = Buffer.alloc(32);

const digest = (token: string): Buffer => createHash('sha256').update(token).digest();
