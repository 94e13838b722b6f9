/** A client of a soak: a chat session, which sends as well, or a sender. It notes everything in the ledger. */
import { type Client, type ClientEnd, ClientEnded, type ClientEvent } from '../../../src/client/api/client.js';
import { connect } from '../../../src/index.js';
import { systemClock } from '../../../src/io/clock.js';
import type { Balancer, Line } from './balancer.js';
import type { Ledger } from './ledger.js';

export interface MemberOptions {
  readonly name: string;
  readonly user: string;
  readonly token: string;
  readonly mode: 'chat' | 'send';
  /** Undefined: in memory; then it never moves. */
  readonly stateFolder: string | undefined;
  /** The users that it sends to. */
  readonly peers: readonly string[];
  readonly ledger: Ledger;
  readonly balancer: Balancer;
  readonly random: () => number;
}

/** It sends nothing to a peer while so many messages to it are unanswered. */
const MAX_UNANSWERED = 200;
const MAX_HISTORY = 12;
/** For so long after a move, an older client may log in once more, as it does not know of the newer one. */
const CONTEST_MS = 12_000;

interface Running {
  readonly client: Client;
  readonly line: Line;
  readonly ended: Promise<ClientEnd>;
  /** The server knows a newer session of it, and may say so at any time. */
  isSuperseded: boolean;
  /** It has ended. */
  isOver: boolean;
  /** Counts from 1. */
  readonly number: number;
}

export class Member {
  readonly options: MemberOptions;
  #running: Running | undefined;
  #online: Running | undefined;
  #isClosing = false;
  /** Those that have not ended: two during a move. */
  readonly #open = new Set<Running>();
  #clients = 0;
  #movedAt = Number.NEGATIVE_INFINITY;
  /** How often both clients ended that wanted the session: the older one had logged in again meanwhile. */
  contests = 0;
  /** What happened last, for those who look for a fault. */
  readonly #history: string[] = [];
  isMoving = false;
  /** By the monotonic clock; 0: never. */
  onlineSince = 0;
  storedAt = 0;

  constructor(options: MemberOptions) {
    this.options = options;
    const { ledger, user, peers } = options;
    for (const to of peers) ledger.open({ name: this.#streamTo(to), from: user, to });
  }

  get isOnline(): boolean {
    return this.#online !== undefined && this.#online === this.#running;
  }

  /** Whether it may be moved to another server. */
  get isMovable(): boolean {
    return this.options.stateFolder !== undefined;
  }

  /** The server to which it is connected, or connects. */
  get server(): number | undefined {
    return this.#running?.line.server;
  }

  start(): void {
    this.#running = this.#connect(undefined);
  }

  /** Sends so many messages, to peers by chance, as far as they keep up. */
  send(count: number): void {
    const { ledger, random, peers, stateFolder } = this.options;
    const client = this.#running?.client;
    if (client === undefined || this.isMoving) return;
    for (let left = count; left > 0; left--) {
      const to = peers[Math.floor(random() * peers.length)] as string;
      const stream = this.#streamTo(to);
      if (ledger.unanswered(stream) >= MAX_UNANSWERED) continue;
      const { id, body } = ledger.send(stream, systemClock.monotonic());
      try {
        const message = client.send(to, body, { id });
        if (stateFolder !== undefined) message.queued.catch(() => ledger.voided(id));
      } catch (error) {
        if (!(error instanceof ClientEnded)) throw error;
        ledger.takeBack(stream); // Another one is about to take its place.
        return;
      }
    }
  }

  get isWaiting(): boolean {
    return (this.#running?.client.queued ?? 0) > 0;
  }

  /**
   * A second client, through another server, takes over the session and the state folder. Returns ms until the first one was told;
   * undefined: it was not, because one of them is cut off, and the first one goes on or a new one was started.
   */
  async move(): Promise<number | undefined> {
    const before = this.#running;
    if (before === undefined) return undefined;
    if (this.options.mode === 'send') return this.#restart(before);
    const begun = systemClock.monotonic();
    this.isMoving = true;
    const next = this.#connect(before.line.server);
    try {
      const winner = await Promise.race([before.ended.then(() => next), next.ended.then(() => before)]);
      this.#running = winner;
      winner.line.avoid = undefined;
      if (winner === next) return systemClock.monotonic() - begun;
      before.isSuperseded = true;
      return undefined;
    } finally {
      this.isMoving = false;
      this.#movedAt = systemClock.monotonic();
      if (this.#running?.isOver && !this.#isClosing) this.start();
    }
  }

  /** A sender has no session that another could take over: it ends, and goes on elsewhere with what is in its outbox. */
  async #restart(before: Running): Promise<undefined> {
    this.isMoving = true;
    await before.client.close();
    if (this.#isClosing) return;
    this.#running = this.#connect(before.line.server);
    this.#running.line.avoid = undefined;
    this.isMoving = false;
  }

  async close(): Promise<void> {
    this.#isClosing = true;
    await Promise.all([...this.#open].map(({ client }) => client.close()));
  }

  readonly #streamTo = (to: string): string => `${this.options.name}-${to}`;

  #connect(avoid: number | undefined): Running {
    const { user, token, mode, stateFolder, ledger, balancer } = this.options;
    const line = balancer.line();
    line.avoid = avoid;
    const client = connect(
      {
        url: 'ws://127.0.0.1:1', // The line chooses the server.
        user,
        token,
        mode,
        ...(stateFolder !== undefined && { stateFolder }),
        onMessage: (message) => ledger.shown(user, message, systemClock.monotonic()),
      },
      { dial: line.dial },
    );
    const running: Running = {
      client,
      line,
      ended: client.ended,
      isSuperseded: false,
      isOver: false,
      number: ++this.#clients,
    };
    this.#open.add(running);
    client.subscribe((event) => this.#note(event, running));
    void client.ended.then((end) => this.#ended(end, running));
    return running;
  }

  /** A promise was broken: also tells what happened before. */
  #broke(what: string): void {
    const { ledger, name } = this.options;
    ledger.broke('epoch', [`${name}: ${what}`, ...this.#history].join('\n        '));
  }

  #remember(what: string, { number, line }: Running): void {
    this.#history.push(
      `${new Date(systemClock.now()).toISOString().slice(11)} client ${number} at ${line.server}: ${what}`,
    );
    if (this.#history.length > MAX_HISTORY) this.#history.shift();
  }

  #note(event: ClientEvent, running: Running): void {
    const { ledger } = this.options;
    const now = systemClock.monotonic();
    if (event.type === 'connecting' || event.type === 'online') this.#remember(event.type, running);
    if (event.type === 'offline') this.#remember(`offline, ${event.reason} ${event.detail}`, running);
    switch (event.type) {
      case 'online':
        this.onlineSince = now;
        this.#online = running;
        break;
      case 'offline':
        if (this.#online === running) this.#online = undefined;
        if (event.reason === 'fault') this.#broke(event.detail);
        break;
      case 'state':
        if (event.state === 'stored') {
          this.storedAt = now;
          ledger.stored(event.id, now);
        } else if (event.state === 'delivered') {
          ledger.stored(event.id, now);
          ledger.delivered(event.id);
        }
        if (event.state === 'failed' && event.refusal?.code === 'unknown-id') ledger.unknown(event.id);
        else if (event.state === 'failed') ledger.broke('refused', `${event.id}: ${event.refusal?.code}`);
        break;
      case 'new-epoch':
        this.#broke('a new epoch');
        break;
      case 'missed':
        this.#broke(`missed ${event.count}`);
        break;
    }
  }

  #ended({ reason, detail, cause }: ClientEnd, running: Running): void {
    running.isOver = true;
    this.#open.delete(running);
    if (this.#isClosing) return;
    this.#remember(`ended, ${reason}`, running);
    if (this.isMoving && ['closed', 'replaced', 'locked'].includes(reason)) return;
    const isContested = running.isSuperseded || systemClock.monotonic() - this.#movedAt < CONTEST_MS;
    if (reason === 'replaced' && isContested) this.contests++;
    else this.#broke(`ended: ${reason} ${detail ?? ''} ${cause ?? ''}`);
    if (this.#running === running) this.start();
  }
}
