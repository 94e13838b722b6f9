/**
 * Finds the primary among several hosts. A connection to it is used only after it has committed a write that waited for the standbys:
 * what an earlier primary showed before it was replicated is then either on them or gone.
 */
import type { Clock } from '../../io/clock.js';
import { type Connected, type Connection, type ConnectOptions, connectTo } from './database-connection.js';
import { DatabaseAway, DatabaseRefused } from './database-errors.js';
import type { DatabaseHost } from './database-hosts.js';
import { within } from './within.js';

interface PrimaryOptions extends Omit<ConnectOptions, 'onBegin' | 'clock'> {
  readonly clock: Clock;
}

interface PrimaryOwner {
  /** It has confirmed a write. */
  found(connected: Connected): void;
  /** One that took too long for whoever asked for it. */
  spare(connection: Connection): void;
}

export class Primary {
  /** By host. */
  readonly #connecting = new Map<DatabaseHost, Promise<unknown>>();
  readonly #begun = new Set<Connection>();
  /** Which host answered last. */
  #preferred = 0;

  constructor(
    private readonly hosts: readonly DatabaseHost[],
    private readonly options: PrimaryOptions,
    private readonly owner: PrimaryOwner,
  ) {}

  /** The hosts, for people. */
  get where(): string {
    return this.hosts.map(({ where }) => where).join(', ');
  }

  /** Drops the connections that are being opened. */
  giveUp(): void {
    for (const connection of this.#begun) connection.drop();
  }

  /** A connection to the primary, on which a write has waited for the standbys. @throws DatabaseAway, DatabaseRefused. */
  async connect(): Promise<Connection> {
    const faults: { readonly where: string; readonly fault: Error }[] = [];
    for (let offset = 0; offset < this.hosts.length; offset++) {
      const index = (this.#preferred + offset) % this.hosts.length;
      const host = this.hosts[index] as DatabaseHost;
      try {
        const connection = await this.#connectTo(host);
        this.#preferred = index;
        return connection;
      } catch (error) {
        faults.push({ where: host.where, fault: error as Error });
      }
    }
    const refusal = faults.find(({ fault }) => fault instanceof DatabaseRefused);
    if (refusal) throw refusal.fault;
    const reasons = faults.map(({ where, fault }) => `${where}: ${fault.message}`);
    throw new DatabaseAway(`no database answers: ${reasons.join('; ')}`, { cause: faults[0]?.fault });
  }

  /**
   * One at a time for each host: a session of the database that waits for standbys ends with nothing but them, so that while
   * there are none, further attempts would fill it with sessions that wait.
   */
  async #connectTo(host: DatabaseHost): Promise<Connection> {
    const { clock, limits } = this.options;
    const { firstWriteMs, stuckMs } = limits;
    const isLate = (): DatabaseAway =>
      new DatabaseAway(`no standby has confirmed a write for ${firstWriteMs / 1_000} s`);
    const deadline = clock.monotonic() + firstWriteMs;
    for (let before = this.#connecting.get(host); before; before = this.#connecting.get(host))
      await within(clock, Promise.allSettled([before]), deadline, isLate);
    let begun: Connection | undefined;
    const connecting = connectTo(host, {
      ...this.options,
      limits: { ...limits, firstWriteMs: stuckMs },
      onBegin: (connection) => {
        begun = connection;
        this.#begun.add(connection);
      },
    });
    this.#connecting.set(host, connecting);
    const connected = connecting.finally(() => {
      this.#connecting.delete(host);
      if (begun) this.#begun.delete(begun);
    });
    let isGivenUp = false;
    const used = connected.then((found) => {
      const { connection } = found;
      this.owner.found(found);
      if (isGivenUp) this.owner.spare(connection); // For whoever comes next.
      return connection;
    });
    used.catch(ignored);
    return within(clock, used, deadline, () => {
      isGivenUp = true;
      return isLate();
    });
  }
}

/** It is thrown by the wait, or comes too late for anybody. */
const ignored = (): void => undefined;
