/** The users of a benchmark: added at its start, removed at its end. */
import { type Operator, type OperatorOptions, operate } from '../../client/api/operator-client.js';
import { WIRE } from '../../protocol/limits.js';
import { Failure, translateErrors } from '../errors/failure.js';
import { operatorFailure } from '../errors/operator-failure.js';
import type { Credential } from './sessions.js';

/** Users with such a name are those of a benchmark, also of one that was killed. */
const PREFIX = 'im-bench-';

/** The names of `count` users of a run. @param letter tells groups apart. */
export const benchUsers = (run: string, letter: string, count: number): readonly string[] =>
  Array.from({ length: count }, (_, index) => `${PREFIX}${run}-${letter}${index}`);

/** The users of a server, with or without an account. */
interface Inhabitants {
  /** Names of users that are not of a benchmark. */
  readonly others: readonly string[];
  /** Names that an earlier benchmark has left. */
  readonly left: readonly string[];
}

export class BenchUsers {
  readonly #added: string[] = [];
  /** The requests that may still add users. */
  #adding: Promise<unknown> = Promise.resolve();

  /** @param login of an operator. */
  constructor(private readonly login: OperatorOptions) {}

  /** Users, and mailboxes of users. @throws Failure */
  inhabitants(): Promise<Inhabitants> {
    return this.#asOperator(async (operator) => {
      const accounts = (await operator.list()).filter(({ role }) => role === 'user').map(({ user }) => user);
      const { mailboxes = [] } = await operator.queue({ what: 'mailboxes' });
      const used = mailboxes.filter(({ last }) => last > 0).map(({ user }) => user);
      const names = [...new Set([...accounts, ...used])];
      return {
        others: names.filter((name) => !name.startsWith(PREFIX)),
        left: names.filter((name) => name.startsWith(PREFIX)),
      };
    });
  }

  /** Resolves with their tokens. @throws Failure */
  add(names: readonly string[]): Promise<readonly Credential[]> {
    const adding = this.#asOperator(async (operator) => {
      const credentials: Credential[] = [];
      for (const users of inFrames(names)) {
        const added = await operator.accounts({ action: 'add', users });
        this.#added.push(...users);
        credentials.push(...added.map(({ user, token = '' }) => ({ user, token })));
      }
      return credentials;
    });
    this.#adding = adding;
    return adding;
  }

  /** How many messages these users have not acked, as the server says. @throws Failure */
  undelivered(names: readonly string[]): Promise<number> {
    return this.#asOperator(async (operator) => {
      let count = 0;
      for (const user of names) {
        const { mailboxes = [] } = await operator.queue({ what: 'mailboxes', user });
        for (const { last, delivered } of mailboxes) count += last - delivered;
      }
      return count;
    });
  }

  /** Removes all that were added, also by a request that was not awaited. @throws Failure that names those that are left. */
  async remove(): Promise<void> {
    await Promise.allSettled([this.#adding]);
    if (this.#added.length === 0) return;
    try {
      await this.#asOperator(async (operator) => {
        for (const users of inFrames([...this.#added])) {
          await operator.accounts({ action: 'remove', users });
          this.#added.splice(0, users.length);
        }
      });
    } catch (cause) {
      const [first = ''] = this.#added;
      const { url } = this.login;
      throw new Failure('unexpected', `${this.#added.length} users of the benchmark are left at ${url}`, {
        why: (cause as Error).message,
        next: `remove them: im user remove ${first} …`,
        cause,
      });
    }
  }

  #asOperator<T>(work: (operator: Operator) => Promise<T>): Promise<T> {
    return translateErrors(
      (error) => operatorFailure(error, this.login, 'see which users are there: im user list'),
      async () => {
        const operator = operate(this.login);
        try {
          return await work(operator);
        } finally {
          await operator.close();
        }
      },
    );
  }
}

function* inFrames(names: readonly string[]): Generator<readonly string[]> {
  for (let first = 0; first < names.length; first += WIRE.maxUsersPerFrame)
    yield names.slice(first, first + WIRE.maxUsersPerFrame);
}
