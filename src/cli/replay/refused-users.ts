/** Users to whom exported messages cannot be restored, with a count for each: there is no such user, or no room. */
import { inline, plural, type SafeText, safe } from '../../text/safe-text.js';
import type { FileMessage } from './export-reader.js';

interface Refused {
  count: number;
  readonly firstLine: number;
}

export class RefusedUsers {
  readonly #missing = new Map<string, Refused>();
  readonly #full = new Map<string, Refused>();

  /** There is no user with the name of the target. */
  addMissing(message: FileMessage): void {
    add(this.#missing, message);
  }

  /** The mailbox of the target is full. */
  addFull(message: FileMessage): void {
    add(this.#full, message);
  }

  /** The command that adds the missing users; undefined if none is missing. */
  get command(): string | undefined {
    return this.#missing.size === 0 ? undefined : `im user add ${[...this.#missing.keys()].join(' ')}`;
  }

  /** One line for each user. */
  lines(verb: { readonly one: string; readonly many: string }): SafeText[] {
    const lineOf = ([user, { count, firstLine }]: [string, Refused], why: string): SafeText => {
      const first = count === 1 ? safe`line ${firstLine}` : safe`the first is line ${firstLine}`;
      return safe`im: ${plural(count, 'message')} to ${inline(user)} ${inline(count === 1 ? verb.one : verb.many)} refused (${first}): ${inline(why)}`;
    };
    return [
      ...[...this.#missing].map((entry) => lineOf(entry, `there is no user ${entry[0]}: im user add ${entry[0]}`)),
      ...[...this.#full].map((entry) => lineOf(entry, `the mailbox of ${entry[0]} is full`)),
    ];
  }
}

function add(users: Map<string, Refused>, { to, line }: FileMessage): void {
  const known = users.get(to);
  if (known) known.count++;
  else users.set(to, { count: 1, firstLine: line });
}
