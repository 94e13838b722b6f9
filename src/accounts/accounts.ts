/** The Accounts port: who may log in, with which role. */
import type { Role } from '../protocol/frames/account.js';

/** The identity of a session. No longer current when the user is removed or the token is rotated. */
export interface Identity {
  readonly user: string;
  readonly role: Role;
  /** Changes with every token of this user. */
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

export interface Accounts {
  /** R3: checks a login. Undefined for an unknown user and for a wrong token: the caller cannot tell which. */
  verify(user: string, token: string): Promise<Identity | undefined>;
  /** R7: whether a session's identity is still valid. Synchronous, because it is called for every message. */
  isCurrent(identity: Identity): boolean;
  /** Whether the user exists. Synchronous, because it is called for every message. */
  exists(user: string): boolean;
  /** All users, sorted by name. */
  list(): readonly AccountInfo[];
  /**
   * Adds users. Durable when it resolves. @throws AccountError `exists` if one of them exists: then none was added.
   * @throws AccountsUnavailable, as do the other changes.
   */
  add(users: readonly string[], role: Role, at: number): Promise<readonly IssuedAccount[]>;
  /** Removes users; for their mailboxes see `removeUsers`. Durable. @throws AccountError `unknown`. */
  remove(users: readonly string[]): Promise<void>;
  /** Issues new tokens and invalidates the old ones. Durable. @throws AccountError `unknown`. */
  rotate(users: readonly string[]): Promise<readonly IssuedAccount[]>;
  /** Called after each removal and rotation, so that open sessions of these users can be closed (4502). */
  onRevoked(listener: (users: readonly string[]) => void): void;
}

/** Nothing can be written now, for example on a full disk. Nothing was changed; a retry may succeed. */
export class AccountsUnavailable extends Error {
  override readonly name = 'AccountsUnavailable';
}

export class AccountError extends Error {
  override readonly name = 'AccountError';
  constructor(
    readonly reason: 'exists' | 'unknown',
    readonly user: string,
  ) {
    super(reason === 'exists' ? `user ${user} exists already` : `there is no user ${user}`);
  }
}
