/** The Accounts port: who may log in, with which role. */
import type { Role } from '../protocol/frames/account.js';
import { WIRE } from '../protocol/limits.js';

/** The first user: an operator. */
export const OPERATOR = 'operator';

/** The identity of a session. No longer current when its user is removed, or its token is revoked or rotated. */
export interface Identity {
  readonly user: string;
  readonly role: Role;
  /** The number of its token: no other token, of any user, ever has it. */
  readonly generation: number;
}

export interface AccountInfo {
  readonly user: string;
  readonly role: Role;
  /** When the user was added, ms since 1970. */
  readonly at: number;
}

/** An account with a new token. The token is shown once; only its hash is stored. */
export interface IssuedAccount extends AccountInfo {
  readonly token: string;
}

/** One of the tokens of a user, such as that of a machine. */
export interface TokenInfo {
  /** Unique among the tokens of the user; a name as that of a user. */
  readonly name: string;
  /** When it was made, ms since 1970. */
  readonly at: number;
  /** When it was last used to log in, ms since 1970; undefined: never. After a crash it may lack the last day. */
  readonly usedAt?: number;
}

/** A further token of a user. */
export interface IssuedToken extends IssuedAccount {
  readonly name: string;
}

/** Who may write to a user. Names of users, sorted. */
export interface Senders {
  /** Blocked by the user. */
  readonly blocked: readonly string[];
  /** The only ones who may write, as an operator said; undefined: everybody may. A blocked one may not in any case. */
  readonly allowed?: readonly string[];
}

/** `allow` and `lift` replace who is allowed. */
export type SendersChange =
  | { readonly action: 'block' | 'unblock' | 'allow'; readonly names: readonly string[] }
  | { readonly action: 'lift' };

export interface Accounts {
  /**
   * R3: checks a login. Undefined for an unknown user and for a wrong token: the caller cannot tell which.
   * @param at notes that the token was used then, ms since 1970. That is saved later, and nobody waits for it.
   */
  verify(user: string, token: string, at?: number): Promise<Identity | undefined>;
  /** R3: the same for a login that names no user: whose token it is. Undefined for a wrong one. Found by its hash, without a search. */
  identify(token: string, at?: number): Promise<Identity | undefined>;
  /**
   * R7: whether a session's identity is still valid. Synchronous, as are the next two, because it is called for every message. What
   * these three refuse is refused. Where several servers share the accounts, what they let through the store may still refuse.
   */
  isCurrent(identity: Identity): boolean;
  /** Whether there may be a user of this name. */
  mayExist(user: string): boolean;
  /** Whether `from` may write to the user `to`. */
  maySend(from: string, to: string): boolean;
  /** Those of these users that exist, sorted by name. */
  find(users: readonly string[]): Promise<readonly AccountInfo[]>;
  /** The users after this name, sorted by name, at most `limit`. */
  list(after: string, limit: number): Promise<readonly AccountInfo[]>;
  /**
   * Adds users. Durable when it resolves. @throws AccountError `exists` if one of them exists: then none was added.
   * @throws AccountsUnavailable, as do the other changes.
   */
  add(users: readonly string[], role: Role, at: number): Promise<readonly IssuedAccount[]>;
  /** Removes users; for their mailboxes see `removeUsers`. Durable. @throws AccountError `unknown`. */
  remove(users: readonly string[]): Promise<void>;
  /** Replaces all tokens of these users by one new token each, MAIN_TOKEN. Durable. @throws AccountError `unknown`. */
  rotate(users: readonly string[], at: number): Promise<readonly IssuedAccount[]>;
  /** The tokens of a user, in the order in which they were made. @throws AccountError `unknown`. */
  tokens(user: string): Promise<readonly TokenInfo[]>;
  /** Makes a further token, beside the others. Durable. @throws AccountError `unknown`, or `token` when it cannot have this name. */
  addToken(user: string, name: string, at: number): Promise<IssuedToken>;
  /** Invalidates one token; the others stay valid. Durable. @throws AccountError `unknown`, or `token` when there is no such one. */
  revokeToken(user: string, name: string): Promise<void>;
  /** Saves when tokens were last used, at the end of a server. Never rejects: what cannot be saved is logged. */
  saveUses(): Promise<void>;
  /** Who may write to this user. @throws AccountError `unknown`. */
  senders(user: string): Promise<Senders>;
  /**
   * Changes who may write to this user. Durable when it resolves with the result. @throws AccountError `unknown` for the user and
   * for names that do not exist, `own` for the user's own name, `not-blocked`, `too-many`: then nothing was changed.
   */
  changeSenders(user: string, change: SendersChange): Promise<Senders>;
  /** Called after each removal, rotation and revocation: sessions of these users may be no longer current, and are closed (4502). */
  onRevoked(listener: (users: readonly string[]) => void): void;
}

/** Nothing can be written now, for example on a full disk. Nothing was changed; a retry may succeed. */
export class AccountsUnavailable extends Error {
  override readonly name = 'AccountsUnavailable';
}

export class AccountError extends Error {
  override readonly name = 'AccountError';
  constructor(
    readonly reason: keyof typeof REASONS,
    readonly user: string,
    message: string = REASONS[reason](user),
  ) {
    super(message);
  }
}

const REASONS = {
  exists: (user: string) => `user ${user} exists already`,
  unknown: (user: string) => `there is no user ${user}`,
  /** One of the user's tokens is in the way, or missing; a message of its own says which. */
  token: (user: string) => `${user} has this token already, or does not have it`,
  own: (user: string) => `${user} cannot block ${user}`,
  'not-blocked': (user: string) => `${user} is not blocked`,
  'too-many': (user: string) => `more than ${WIRE.maxSendersPerFrame} names for ${user}`,
} as const;
