/** Tokens and their hashes. */
import { createHash, randomBytes } from 'node:crypto';

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
export const hashToken = (token: string): string => SCHEME + createHash('sha256').update(token).digest('hex');

/** Whether the text has the format of a hash from `hashToken`. */
export const isTokenHash = (text: string): boolean => /^sha256:[0-9a-f]{64}$/.test(text);
