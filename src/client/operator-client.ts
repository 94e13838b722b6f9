/** An operator's end of the wire: requests and their answers on one connection, in mode `operate`. */
import type { ServerFrame } from '../protocol/frame-catalogue.js';
import type { Account, AccountAction, AccountReply, Role } from '../protocol/frames/account.js';
import type { Audit, AuditReply } from '../protocol/frames/audit.js';
import type { ErrorFrame } from '../protocol/frames/error.js';
import type { Purge, PurgeOutcome } from '../protocol/frames/purge.js';
import type { Queue, QueueReply } from '../protocol/frames/queue.js';
import type { Replay } from '../protocol/frames/replay.js';
import type { Restore, RestoreOutcome } from '../protocol/frames/restore.js';
import { ClientConnection, type ConnectionOwner, type ConnectionPorts } from './connection.js';
import { CLIENT } from './limits.js';
import { type ClientPorts, checkAddress, DEFAULT_PORTS } from './options.js';
import type { ConnectionEnd } from './reconnect.js';

export interface OperatorOptions {
  readonly url: string;
  /** A user with the role `operator`. */
  readonly user: string;
  readonly token: string;
  /** Name and version of the program, for the server's log. */
  readonly agent?: string;
}

export type AccountEntry = AccountReply['users'][number];

export interface AccountRequest {
  readonly action: AccountAction;
  readonly users?: readonly string[];
  /** For `add`. Default `user`. */
  readonly role?: Role;
  /** For `list`: only names after this one. */
  readonly after?: string;
}

type OperatorFrame = Account | Queue | Replay | Restore | Purge | Audit;
type OperatorType = OperatorFrame['type'];
/** What a request asks, without what makes it a frame. */
type Asked<F> = Omit<F, 'type' | 'id'>;
type Answer<T extends OperatorType = OperatorType> = Extract<ServerFrame, { readonly type: T }>;

export interface Operator {
  /**
   * Asks, or changes, who may log in; resolves with what is then so (with tokens after `add` and `rotate`).
   * @throws OperatorRefused when the server refuses. @throws OperatorLost without an answer: whether it was done is unknown.
   */
  accounts(request: AccountRequest): Promise<readonly AccountEntry[]>;
  /** All accounts, by name, however many. @throws as `accounts`. */
  list(): Promise<readonly AccountEntry[]>;
  /** One page of mailboxes, or of the messages in one; an empty one is the end. @throws as `accounts`, and so on. */
  queue(request: Asked<Queue>): Promise<Pick<QueueReply, 'mailboxes' | 'messages'>>;
  /** Has messages pushed again; resolves with whether their user has a session. Refused with `overloaded`: try again soon. */
  replay(request: Asked<Replay>): Promise<boolean>;
  /** Puts exported messages back. What is `stored` or a `duplicate` is on disk. */
  restore(messages: Restore['messages']): Promise<readonly RestoreOutcome[]>;
  /** Deletes undelivered messages; resolves with what became of each, when it is on disk. */
  purge(request: Asked<Purge>): Promise<readonly PurgeOutcome[]>;
  /** What operators did; with an entry, writes it down first and resolves with it, when it is on disk. */
  audit(entry?: Audit['entry']): Promise<AuditReply['entries']>;
  /** Resolves when the connection is closed. What is not answered by then rejects with OperatorLost. */
  close(): Promise<void>;
}

/** The server refused a request: nothing was changed. */
export class OperatorRefused extends Error {
  override readonly name = 'OperatorRefused';
  constructor(readonly refusal: ErrorFrame) {
    super(refusal.message);
  }
}

/** The connection ended (`unauthorized`, `lost` …), or no answer came in time (`timeout`). */
export class OperatorLost extends Error {
  override readonly name = 'OperatorLost';
  constructor(readonly end: ConnectionEnd) {
    super(`no answer from the server: ${end.detail ? `${end.reason} (${end.detail})` : end.reason}`);
  }
}

/** Begins to connect; returns at once. It does not come back when the connection is lost. @throws TypeError for a bad address. */
export function operate(options: OperatorOptions, ports: Partial<ClientPorts> = {}): Operator {
  checkAddress(options);
  const backend = new OperatorConnection(options, { ...DEFAULT_PORTS, ...ports });
  const accounts = async (request: AccountRequest) => (await backend.ask('account', request)).users;
  return {
    accounts,
    async list() {
      const entries: AccountEntry[] = [];
      for (;;) {
        const after = entries.at(-1)?.user;
        const page = await accounts({ action: 'list', ...(after !== undefined && { after }) });
        if (page.length === 0) return entries;
        entries.push(...page);
      }
    },
    queue: (request) => backend.ask('queue', request),
    replay: async (request) => (await backend.ask('replay', request)).online,
    restore: async (messages) => (await backend.ask('restore', { messages })).outcomes,
    purge: async (request) => (await backend.ask('purge', request)).outcomes,
    audit: async (entry) => (await backend.ask('audit', entry ? { entry } : {})).entries,
    close: () => backend.close(),
  };
}

interface Pending {
  readonly frame: OperatorFrame;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: Error) => void;
  /** When it has waited too long, once it was sent. */
  overdueAt: number;
}

class OperatorConnection implements ConnectionOwner {
  readonly #connection: ClientConnection;
  readonly #unsent: Pending[] = [];
  /** Sent and not answered, by id, oldest first. */
  readonly #sent = new Map<string, Pending>();
  #end: ConnectionEnd | undefined;
  #resolveClosed: () => void = () => undefined;
  readonly #closed = new Promise<void>((resolve) => {
    this.#resolveClosed = resolve;
  });

  constructor(
    { url, user, token, agent }: OperatorOptions,
    private readonly ports: ConnectionPorts & Pick<ClientPorts, 'newId'>,
  ) {
    const login = { type: 'login', v: 1, user, token, mode: 'operate', ...(agent !== undefined && { agent }) } as const;
    this.#connection = new ClientConnection({ url, login, reconnect: false }, ports, this);
    this.#connection.start();
  }

  async ask<T extends OperatorType>(
    type: T,
    request: Asked<Extract<OperatorFrame, { readonly type: T }>>,
  ): Promise<Answer<T>> {
    const frame = { type, id: this.ports.newId(), ...request } as unknown as OperatorFrame;
    return (await this.#ask(frame)) as Answer<T>;
  }

  #ask(frame: OperatorFrame): Promise<Answer> {
    return new Promise((resolve, reject) => {
      if (this.#end) return reject(new OperatorLost(this.#end));
      this.#unsent.push({ frame, resolve, reject, overdueAt: Number.POSITIVE_INFINITY });
      this.#connection.wake();
    });
  }

  close(): Promise<void> {
    this.#connection.stop('closed');
    return this.#closed;
  }

  online(): void {
    this.#connection.wake();
  }

  received(frame: ServerFrame): void {
    const id = 'id' in frame ? (frame.id ?? '') : '';
    const request = this.#sent.get(id);
    this.#sent.delete(id);
    if (frame.type === request?.frame.type) request.resolve(frame as Answer);
    else if (frame.type !== 'error') this.ports.log.warn('passed over what was not asked for', { type: frame.type });
    else if (request) request.reject(new OperatorRefused(frame));
    else this.ports.log.warn('refused', { code: frame.code, field: frame.field });
  }

  flush(): readonly OperatorFrame[] {
    const requests = this.#unsent.splice(0);
    for (const request of requests) {
      request.overdueAt = this.ports.clock.monotonic() + CLIENT.requestTimeoutMs;
      this.#sent.set(request.frame.id, request);
    }
    return requests.map(({ frame }) => frame);
  }

  nextDeadline(): number {
    for (const { overdueAt } of this.#sent.values()) return overdueAt;
    return Number.POSITIVE_INFINITY;
  }

  due(now: number): void {
    for (const [id, { overdueAt, reject }] of this.#sent) {
      if (overdueAt > now) return;
      this.#sent.delete(id);
      reject(new OperatorLost({ reason: 'timeout' }));
    }
  }

  ended(end: ConnectionEnd): void {
    this.#end = end;
    for (const { reject } of [...this.#sent.values(), ...this.#unsent.splice(0)]) reject(new OperatorLost(end));
    this.#sent.clear();
    this.#resolveClosed();
  }

  // One connection, nothing to show: the rest of a line's life is of no interest here.
  connecting(): void {}
  offline(): void {}
  turnEnded(): void {}
}
