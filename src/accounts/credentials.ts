/** Tokens and their hashes. */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

const TOKEN_BYTES = 32;
const PREFIX = 'im_';
const TOKEN = /^im_[A-Za-z0-9_-]{43}$/;
const SCHEME = 'sha256:';

/** 256 random bits, with a prefix by which scanners for leaked secrets can know it. */
export const createToken = (): string => PREFIX + randomBytes(TOKEN_BYTES).toString('base64url');

/** Whether this has the form of a token. */
export const isToken = (text: string): boolean => TOKEN.test(text);

/**
 * What is kept of a token. A slow hash protects passwords, which can be guessed; 256 random bits cannot, so it would only
 * let strangers burn the server's CPU at every login.
 */
export const hashToken = (token: string): string => SCHEME + digest(token).toString('hex');

/** Whether this is a hash that `hashToken` made. */
export const isTokenHash = (text: string): boolean => /^sha256:[0-9a-f]{64}$/.test(text);

/** R3: takes as long for an unknown user, who has no hash, as for a wrong token. */
export function matchesToken(token: string, hash: string | undefined): boolean {
  const expected = hash === undefined ? NOBODY : Buffer.from(hash.slice(SCHEME.length), 'hex');
  return timingSafeEqual(digest(token), expected) && hash !== undefined;
}

const NOBODY = Buffer.alloc(32);

const digest = (token: string): Buffer => createHash('sha256').update(token).digest();
