/** Limits of the accounts. How many tokens a user may have is in the limits of the protocol. */

/** When the last use of a token is written to users.json without another reason to write it. */
export const TOKEN_USES = {
  /** When the time in the file, or of a token that was never used, is older than this. */
  savedEveryMs: 24 * 60 * 60 * 1_000,
  /** Not more often than this, for all tokens together. */
  triedEveryMs: 60 * 60 * 1_000,
} as const;
