/** The server that is measured: one of the benchmark's own, on a temporary folder, or another one. */
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { OperatorOptions } from '../../client/api/operator-client.js';
import { inline, plural, type SafeText, safe } from '../../text/safe-text.js';
import { DemoServer } from '../demo/demo-server.js';
import { Sandbox } from '../demo/sandbox.js';
import { Failure } from '../errors/failure.js';
import { ownOperatorLogin } from '../errors/operator-failure.js';
import { BenchUsers } from './bench-users.js';

export interface BenchServer {
  readonly login: OperatorOptions;
  readonly users: BenchUsers;
  /** Of the server of the benchmark. */
  readonly own: OwnServer | undefined;
  /** Removes everything that the benchmark has made. */
  close(): Promise<void>;
}

export interface OwnServer {
  /** Where its data is. */
  readonly folder: string;
  readonly pid: number;
  /** How often it was killed. */
  readonly kills: number;
  /** Kills it, as kill -9 does, and starts it again. @throws Failure when it cannot be started. */
  killAndRestart(): Promise<void>;
  /** Rejects when it has ended by itself. Never resolves. */
  readonly broken: Promise<never>;
}

/** @param program the path of `im`. @param flags of `im serve`. @param parent where its temporary folder is made. @throws Failure */
export async function openOwnServer(
  program: string,
  flags: readonly string[],
  parent: string | undefined,
): Promise<BenchServer> {
  const sandbox = await Sandbox.open(program, {
    name: 'bench',
    parent: parent ?? tmpdir(),
    next: 'name a folder that this account may write to: --folder DIR',
  });
  try {
    const own = new Own(sandbox, await DemoServer.start(sandbox, '0', flags));
    const login = await ownOperatorLogin(own.folder, { url: own.url });
    return { login, users: new BenchUsers(login), own, close: () => sandbox.close() };
  } catch (error) {
    await sandbox.close();
    throw error;
  }
}

class Own implements OwnServer {
  readonly folder: string;
  readonly broken: Promise<never>;
  kills = 0;
  #server: DemoServer;
  #break: (cause: Failure) => void = () => undefined;

  constructor(
    private readonly sandbox: Sandbox,
    server: DemoServer,
  ) {
    this.folder = join(sandbox.folder, '.local/share/im');
    this.broken = new Promise<never>((_, reject) => {
      this.#break = reject;
    });
    void Promise.allSettled([this.broken]); // it may come when nobody waits any more
    this.#server = server;
    this.#watch();
  }

  get url(): string {
    return this.#server.url;
  }

  get pid(): number {
    return this.#server.pid;
  }

  async killAndRestart(): Promise<void> {
    const killed = this.#server;
    this.kills++;
    await killed.kill();
    this.#server = await killed.restart();
    this.#watch();
  }

  #watch(): void {
    const server = this.#server;
    const kills = this.kills;
    void server.ended.then((ended) => {
      if (kills === this.kills) this.#break(this.sandbox.failed(server.words, ended));
    });
  }
}

/**
 * A server that runs already. @param isShared whether it may have users of other people.
 * @throws Failure `refused` when it has, and may not.
 */
export async function openForeignServer(
  login: OperatorOptions,
  isShared: boolean,
  note: (text: SafeText) => void,
): Promise<BenchServer> {
  const users = new BenchUsers(login);
  const { others, left } = await users.inhabitants();
  if (others.length > 0 && !isShared) {
    const [first = ''] = others;
    throw new Failure('refused', `${login.url} has users of other people: ${first}${others.length > 1 ? ' …' : ''}`, {
      why: 'a benchmark takes all of its disk and its processor, and nothing was done',
      next: 'without --url it starts a server of its own; or, if they know of it: --shared',
    });
  }
  const [one = ''] = left;
  if (left.length > 0)
    note(
      safe`im: ${plural(left.length, 'user')} of another benchmark; if it was killed: im user remove ${inline(one)} …`,
    );
  return { login, users, own: undefined, close: () => users.remove() };
}
