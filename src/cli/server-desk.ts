/** Accounts behind a running server, which is asked as one of its operators. It knows of every change at once. */
import { AccountError, type AccountInfo, type Issued } from '../accounts/accounts.js';
import { OPERATOR, readOperatorToken } from '../accounts/operator-token.js';
import { Line, type LineOwner } from '../client/line.js';
import type { LinkEnd, Loss } from '../client/link.js';
import { REAL_PORTS } from '../client/options.js';
import type { ServerFrame } from '../protocol/catalogue.js';
import type { Account, Accounts } from '../protocol/frames/account.js';
import type { ErrorFrame } from '../protocol/frames/error.js';
import { CLIENT } from '../protocol/limits.js';
import type { AccountDesk } from './account-desk.js';
import { failureOf } from './client-end.js';
import { dataFailure } from './data-failure.js';
import { LATE, within } from './deadline.js';
import { Failure } from './failure.js';

export interface OperatorLogin {
  readonly url: string;
  readonly user: string;
  readonly token: string;
}

/** Logs in as an operator. @throws Failure when that is refused, or the server cannot be reached; so does every call. */
export function openServerDesk(login: OperatorLogin): AccountDesk {
  const session = new OperatorSession(login);
  const ask = async (request: Omit<Account, 'type' | 'id'>): Promise<Accounts['users']> =>
    (await session.ask(request)).users;
  return {
    async list() {
      const users: AccountInfo[] = [];
      for (;;) {
        const after = users.at(-1)?.user;
        const page = await ask({ action: 'list', ...(after !== undefined && { after }) });
        if (page.length === 0) return users;
        users.push(...page);
      }
    },
    add: async (users, role) => (await ask({ action: 'add', users, role })) as readonly Issued[],
    remove: async (users) => {
      await ask({ action: 'remove', users });
    },
    rotate: async (users) => (await ask({ action: 'rotate', users })) as readonly Issued[],
    close: () => session.close(),
  };
}

/** Asks the server that runs on this folder. @throws Failure `data-unusable` when the operator's token cannot be read. */
export async function openOwnDesk(folder: string, url: string): Promise<AccountDesk> {
  try {
    return openServerDesk({ url, user: OPERATOR, token: await readOperatorToken(folder) });
  } catch (error) {
    throw dataFailure(error, folder);
  }
}

interface Waiting {
  readonly resolve: (answer: Accounts) => void;
  readonly reject: (error: Error) => void;
}

/** Requests and their answers, matched by id. One connection; a lost one fails what is not answered. */
class OperatorSession implements LineOwner {
  readonly #line: Line;
  readonly #waiting = new Map<string, Waiting>();
  #requests: Account[] = [];
  #end: LinkEnd | undefined;
  #ended: () => void = () => {};
  readonly #isOver = new Promise<void>((resolve) => {
    this.#ended = resolve;
  });

  constructor(private readonly login: OperatorLogin) {
    const { url, user, token } = login;
    const frame = { type: 'login', v: 1, user, token, mode: 'operate' } as const;
    this.#line = new Line({ url, login: frame, reconnect: false }, REAL_PORTS, this);
    this.#line.start();
  }

  async ask(request: Omit<Account, 'type' | 'id'>): Promise<Accounts> {
    const id = REAL_PORTS.newId();
    const answer = new Promise<Accounts>((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
    });
    if (this.#end) throw this.#whyEnded(this.#end);
    this.#requests.push({ type: 'account', id, ...request });
    this.#line.wake();
    const { requestTimeoutMs } = CLIENT;
    const answered = await within(REAL_PORTS.clock, requestTimeoutMs, answer);
    if (answered !== LATE) return answered;
    throw new Failure('not-stored', `${this.login.url} has not answered`, {
      next: 'look with im user list what was done',
    });
  }

  close(): Promise<void> {
    this.#line.stop('closed');
    return this.#isOver;
  }

  // For the line.

  online(): void {
    this.#line.wake();
  }

  received(frame: ServerFrame): void {
    if ((frame.type !== 'account' && frame.type !== 'error') || frame.id === undefined) return;
    const waiting = this.#waiting.get(frame.id);
    this.#waiting.delete(frame.id);
    if (frame.type === 'account') waiting?.resolve(frame);
    else waiting?.reject(refused(frame));
  }

  flush(): readonly Account[] {
    return this.#requests.splice(0);
  }

  ended(end: LinkEnd): void {
    this.#end = end;
    this.#ended();
    for (const { reject } of this.#waiting.values()) reject(this.#whyEnded(end));
  }

  nextDeadline = (): number => Number.POSITIVE_INFINITY;
  connecting(): void {}
  offline(_loss: Loss): void {}
  turnEnded(): void {}
  due(): void {}

  #whyEnded(end: LinkEnd): Failure {
    const { url, user } = this.login;
    if (end.reason !== 'lost' && end.reason !== 'timeout') return failureOf(end, user);
    return new Failure('not-stored', `${url} cannot be reached`, {
      why: end.detail,
      next: 'is the server running? im serve',
    });
  }
}

function refused({ code, to, message }: ErrorFrame): Error {
  if (code === 'unknown-user' && to !== undefined) return new AccountError('unknown', to);
  if (code === 'invalid' && to !== undefined) return new AccountError('exists', to);
  return new Failure('refused', 'the server refused', { why: message });
}
