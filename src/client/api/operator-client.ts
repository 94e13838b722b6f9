/** The client of an operator: requests and their answers over one connection. */
import type { ServerFrame } from '../../protocol/frame-catalogue.js';
import type { Account, AccountAction, AccountReply, Role } from '../../protocol/frames/account.js';
import type { Audit, AuditReply } from '../../protocol/frames/audit.js';
import type { Devices, DevicesReply } from '../../protocol/frames/devices.js';
import type { ErrorFrame } from '../../protocol/frames/error.js';
import type { Own, OwnReply } from '../../protocol/frames/own.js';
import type { Purge, PurgeOutcome } from '../../protocol/frames/purge.js';
import type { Queue, QueueReply } from '../../protocol/frames/queue.js';
import type { Replay } from '../../protocol/frames/replay.js';
import type { Restore, RestoreOutcome } from '../../protocol/frames/restore.js';
import type { SendersReply, SendersRequest } from '../../protocol/frames/senders.js';
import type { Unsend, UnsendOutcome } from '../../protocol/frames/unsend.js';
import { ClientConnection, type ConnectionOwner } from '../connection/connection.js';
import type { ConnectionEnd } from '../connection/reconnect.js';
import { CLIENT } from '../limits.js';
import { type ClientPorts, portsFor, type ServerOptions } from '../ports.js';
import { checkAddress } from './options.js';

export interface OperatorOptions extends ServerOptions {
  /** A user with the role `operator`. */
  readonly user: string;
  /** With `send` the user need not be an operator, and may ask only about the own devices, senders, queue and messages. Default `operate`. */
  readonly mode?: 'operate' | 'send';
  readonly token: string;
  /** Name and version of the program, for the server's log. */
  readonly agent?: string;
}

export type AccountEntry = AccountReply['users'][number];

export type DeviceEntry = DevicesReply['devices'][number];

export type SendersEntry = Pick<SendersReply, 'blocked' | 'allowed'>;

export interface AccountRequest {
  readonly action: AccountAction;
  readonly users?: readonly string[];
  /** For `add`. Default `user`. */
  readonly role?: Role;
  /** For `add-token` and `revoke-token`: the name of the token. */
  readonly name?: string;
  /** For `list`: only names after this one. */
  readonly after?: string;
}

type OperatorFrame = Account | Devices | SendersRequest | Own | Queue | Replay | Restore | Purge | Unsend | Audit;
type OperatorType = OperatorFrame['type'];
/** The fields of a request without `type` and `id`. */
type Fields<F> = Omit<F, 'type' | 'id'>;
type Reply<T extends OperatorType = OperatorType> = Extract<ServerFrame, { readonly type: T }>;

/**
 * All methods but `close` reject with OperatorRefused when the server refuses the request, and with OperatorLost when there is no
 * answer: then it is unknown whether the request was carried out.
 */
export interface Operator {
  /** Lists or changes accounts. Resolves with the accounts concerned; after `add`, `rotate` and `add-token` with their new tokens. */
  accounts(request: AccountRequest): Promise<readonly AccountEntry[]>;
  /** All accounts, sorted by name. */
  list(): Promise<readonly AccountEntry[]>;
  /** The devices of a user, by name. With `remove`: when that one is removed. */
  devices(request: Fields<Devices>): Promise<readonly DeviceEntry[]>;
  /** Who may write to a user; after a change, when it is durable. */
  senders(request: Fields<SendersRequest>): Promise<SendersEntry>;
  /** Only in mode `send`: one page of the own queue, or of the traces of a message that the user may see. */
  own(request: Fields<Own>): Promise<Omit<OwnReply, 'type' | 'id'>>;
  /** One page of mailboxes, of the messages in one mailbox, or of the traces of a message in it. An empty page is the end. */
  queue(request: Fields<Queue>): Promise<Pick<QueueReply, 'mailboxes' | 'messages' | 'traces'>>;
  /** Has messages pushed again; resolves with whether their user has a session. Refused with `overloaded`: try again soon. */
  replay(request: Fields<Replay>): Promise<boolean>;
  /** Puts exported messages back into their mailboxes. The ones that are `stored` or a `duplicate` are on disk. */
  restore(messages: Restore['messages']): Promise<readonly RestoreOutcome[]>;
  /** Deletes undelivered messages. Resolves with the outcome of each when it is on disk. */
  purge(request: Fields<Purge>): Promise<readonly PurgeOutcome[]>;
  /** Only in mode `send`: takes own messages back. Resolves with the outcome of each when it is on disk. */
  unsend(request: Fields<Unsend>): Promise<readonly UnsendOutcome[]>;
  /** The audit log of operators. With an entry: adds it, and resolves with it when it is on disk. */
  audit(entry?: Audit['entry']): Promise<AuditReply['entries']>;
  /** Resolves when the connection is closed. Unanswered requests reject with OperatorLost. */
  close(): Promise<void>;
}

/** The server refused a request: nothing was changed. */
export class OperatorRefused extends Error {
  override readonly name = 'OperatorRefused';
  constructor(readonly refusal: ErrorFrame) {
    super(refusal.message);
  }
}

/** The connection ended (`unauthorized`, `lost` …), or there was no answer within CLIENT.requestTimeoutMs (`timeout`). */
export class OperatorLost extends Error {
  override readonly name = 'OperatorLost';
  constructor(readonly end: ConnectionEnd) {
    super(`no answer from the server: ${end.detail ? `${end.reason} (${end.detail})` : end.reason}`);
  }
}

/** Starts to connect, and returns at once. It does not reconnect. @throws TypeError when the URL or the user name is not valid. */
export function operate(options: OperatorOptions, ports: Partial<ClientPorts> = {}): Operator {
  checkAddress(options);
  const connection = new OperatorConnection(options, portsFor(options, ports));
  const accounts = async (request: AccountRequest) => (await connection.request('account', request)).users;
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
    devices: async (request) => (await connection.request('devices', request)).devices,
    senders: (request) => connection.request('senders', request),
    own: (request) => connection.request('own', request),
    queue: (request) => connection.request('queue', request),
    replay: async (request) => (await connection.request('replay', request)).online,
    restore: async (messages) => (await connection.request('restore', { messages })).outcomes,
    purge: async (request) => (await connection.request('purge', request)).outcomes,
    unsend: async (request) => (await connection.request('unsend', request)).outcomes,
    audit: async (entry) => (await connection.request('audit', entry ? { entry } : {})).entries,
    close: () => connection.close(),
  };
}

interface Pending {
  readonly frame: OperatorFrame;
  readonly resolve: (reply: Reply) => void;
  readonly reject: (error: Error) => void;
  /** Set when it is sent. */
  timeoutAt: number;
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
    { url, user, mode = 'operate', token, agent }: OperatorOptions,
    private readonly ports: ClientPorts,
  ) {
    const login = { type: 'login', v: 1, user, token, mode, ...(agent !== undefined && { agent }) } as const;
    this.#connection = new ClientConnection({ url, login: () => login, reconnect: false }, ports, this);
    this.#connection.start();
  }

  request<T extends OperatorType>(
    type: T,
    fields: Fields<Extract<OperatorFrame, { readonly type: T }>>,
  ): Promise<Reply<T>> {
    const frame = { type, id: this.ports.newId(), ...fields } as unknown as OperatorFrame;
    const reply = new Promise<Reply>((resolve, reject) => {
      if (this.#end) return reject(new OperatorLost(this.#end));
      this.#unsent.push({ frame, resolve, reject, timeoutAt: Number.POSITIVE_INFINITY });
      this.#connection.wake();
    });
    return reply as Promise<Reply<T>>;
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
    if (frame.type === request?.frame.type) request.resolve(frame as Reply);
    else if (frame.type !== 'error') this.ports.log.warn('ignored an answer without a request', { type: frame.type });
    else if (request) request.reject(new OperatorRefused(frame));
    else this.ports.log.warn('refused', { code: frame.code, field: frame.field });
  }

  flush(): readonly OperatorFrame[] {
    const requests = this.#unsent.splice(0);
    for (const request of requests) {
      request.timeoutAt = this.ports.clock.monotonic() + CLIENT.requestTimeoutMs;
      this.#sent.set(request.frame.id, request);
    }
    return requests.map(({ frame }) => frame);
  }

  nextDeadline(): number {
    for (const { timeoutAt } of this.#sent.values()) return timeoutAt;
    return Number.POSITIVE_INFINITY;
  }

  tick(now: number): void {
    for (const [id, { timeoutAt, reject }] of this.#sent) {
      if (timeoutAt > now) return;
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

  // There is one connection and no state to keep: nothing to do.
  connecting(): void {}
  offline(): void {}
  turnEnded(): void {}
}
