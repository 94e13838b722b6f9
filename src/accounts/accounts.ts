/** The port to who may log in: users, roles and token hashes. */
import type { Role } from '../protocol/frames/account.js';

/** Who a session is. Stops being current when the user is removed or the token is rotated. */
export interface Identity {
  readonly user: string;
  readonly role: Role;
  /** Changes with every token of this user. */
  readonly generation: number;
}

export interface AccountInfo {
  readonly user: string;
  readonly role: Role;
  /** When it was added, ms since 1970. */
  readonly at: number;
}

/** A new credential: the token is shown once and kept nowhere; only its hash is. */
export interface IssuedAccount extends AccountInfo {
  readonly token: string;
}

export interface Accounts {
  /** R3: the identity, or undefined when the user is unknown or the token is wrong: the caller cannot tell which. */
  verify(user: string, token: string): Promise<Identity | undefined>;
  /** R7: whether a session's identity still stands. Synchronous: it is asked for every message. */
  isCurrent(identity: Identity): boolean;
  /** Whether messages can be stored for this user. Synchronous, as above. */
  exists(user: string): boolean;
  /** All users by name. */
  list(): readonly AccountInfo[];
  /**
   * Durable when it resolves. @throws AccountError `exists` if one of them is there: then nothing was added.
   * This and the changes below: @throws AccountsUnavailable.
   */
  add(users: readonly string[], role: Role, at: number): Promise<readonly IssuedAccount[]>;
  /** The mailbox stays, so that nothing acknowledged is lost. Durable when it resolves. @throws AccountError `unknown`. */
  remove(users: readonly string[]): Promise<void>;
  /** New tokens; the old ones are worth nothing at once. Durable when it resolves. @throws AccountError `unknown`. */
  rotate(users: readonly string[]): Promise<readonly IssuedAccount[]>;
  /** Told after each removal and rotation, so that open sessions of these users can be ended (4502). */
  onRevoked(listener: (users: readonly string[]) => void): void;
}

/** Nothing can be written now, such as on a full disk, and nothing was changed. The same may succeed later. */
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
