/** Who may write to whom: changes of a user's rules, and the question that is asked for every message. Pure. */
import { isUserName } from '../protocol/fields.js';
import { WIRE } from '../protocol/limits.js';
import { AccountError, type Senders, type SendersChange } from './accounts.js';

/** Of a user without rules: everybody may write. */
export const EVERYBODY: Senders = { blocked: [] };

/** @param exists whether there is a user of this name. @throws AccountError as Accounts.changeSenders. */
export function changeSenders(
  user: string,
  { blocked, allowed }: Senders,
  change: SendersChange,
  exists: (name: string) => boolean,
): Senders {
  const optional = allowed && { allowed };
  switch (change.action) {
    case 'block':
      check(change.names, exists);
      if (change.names.includes(user)) throw new AccountError('own', user);
      return { blocked: sorted(user, [...blocked, ...change.names]), ...optional };
    case 'unblock': {
      const [stranger] = change.names.filter((name) => !blocked.includes(name));
      if (stranger !== undefined) throw new AccountError('not-blocked', stranger);
      return { blocked: blocked.filter((name) => !change.names.includes(name)), ...optional };
    }
    case 'allow':
      check(change.names, exists);
      return { blocked, allowed: sorted(user, change.names) };
    case 'lift':
      return { blocked };
  }
}

/**
 * The rules after a user was removed: the name is no longer allowed, because it may be given to somebody else. It stays blocked.
 * The same object if nothing changes.
 */
export const withoutSender = (senders: Senders, isRemoved: (name: string) => boolean): Senders =>
  senders.allowed?.some(isRemoved)
    ? { ...senders, allowed: senders.allowed.filter((name) => !isRemoved(name)) }
    : senders;

/** Whether these are the rules of EVERYBODY. */
export const admitEverybody = ({ blocked, allowed }: Senders): boolean => blocked.length === 0 && allowed === undefined;

/** Whether a file's value has the shape of rules. */
export const areSenders = (value: unknown): value is Senders => {
  const { blocked, allowed } = (value ?? {}) as Partial<Record<keyof Senders, unknown>>;
  return areNames(blocked) && (allowed === undefined || areNames(allowed));
};

const areNames = (value: unknown): boolean =>
  Array.isArray(value) &&
  value.length <= WIRE.maxSendersPerFrame &&
  value.every((name) => typeof name === 'string' && isUserName(name));

/** The rules of all users who have some, for one look-up per message. */
export class SenderRules {
  readonly #rules = new Map<
    string,
    { readonly blocked: ReadonlySet<string>; readonly allowed?: ReadonlySet<string> }
  >();

  constructor(users: Iterable<{ readonly user: string; readonly senders?: Senders }>) {
    for (const { user, senders } of users) {
      if (senders === undefined) continue;
      const { blocked, allowed } = senders;
      this.#rules.set(user, { blocked: new Set(blocked), ...(allowed && { allowed: new Set(allowed) }) });
    }
  }

  /** Users may always write to themselves. */
  maySend(from: string, to: string): boolean {
    const rules = this.#rules.get(to);
    if (rules === undefined || from === to) return true;
    return !rules.blocked.has(from) && (rules.allowed?.has(from) ?? true);
  }
}

function check(names: readonly string[], exists: (name: string) => boolean): void {
  const stranger = names.find((name) => !exists(name));
  if (stranger !== undefined) throw new AccountError('unknown', stranger);
}

function sorted(user: string, names: readonly string[]): readonly string[] {
  const unique = [...new Set(names)].sort();
  if (unique.length > WIRE.maxSendersPerFrame) throw new AccountError('too-many', user);
  return unique;
}
