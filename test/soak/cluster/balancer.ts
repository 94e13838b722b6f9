/** Connects the clients of a soak to its servers, as a load balancer does: to any that does not refuse connections. */
import { systemClock } from '../../../src/io/clock.js';
import type { Dial, Transport } from '../../../src/io/transport.js';
import { dialWs } from '../../../src/io/ws-client.js';

/** A server that refused a connection gets no other one for so long. */
const REFUSED_MS = 1_000;

/** What a client connects through. */
export interface Line {
  readonly dial: Dial;
  /** The server of the newest connection; undefined before the first one. */
  readonly server: number | undefined;
  /** Never connects to this one. */
  avoid: number | undefined;
}

export class Balancer {
  readonly #refusedAt: number[];
  readonly #open: readonly Set<Transport>[];
  /** Servers that get no connections. */
  readonly drained = new Set<number>();

  /** @param ports on 127.0.0.1. @param random 0 ≤ random < 1 */
  constructor(
    private readonly ports: readonly number[],
    private readonly random: () => number,
  ) {
    this.#refusedAt = ports.map(() => Number.NEGATIVE_INFINITY);
    this.#open = ports.map(() => new Set());
  }

  line(): Line {
    let server: number | undefined;
    const line = {
      avoid: undefined as number | undefined,
      get server() {
        return server;
      },
      dial: ((_, events) => {
        const chosen = this.#choose(line.avoid);
        server = chosen;
        let isOpen = false;
        const transport = dialWs(`ws://127.0.0.1:${this.ports[chosen]}`, {
          opened: () => {
            isOpen = true;
            events.opened();
          },
          received: (text, bytes) => events.received(text, bytes),
          closed: (code, reason) => {
            this.#open[chosen]?.delete(transport);
            if (!isOpen) this.#refusedAt[chosen] = systemClock.monotonic();
            events.closed(code, reason);
          },
        });
        this.#open[chosen]?.add(transport);
        return transport;
      }) satisfies Dial,
    };
    return line;
  }

  /** Breaks the connections to a server at the side of the clients. */
  cut(server: number): void {
    for (const transport of [...(this.#open[server] ?? [])]) transport.cut();
  }

  #choose(avoid: number | undefined): number {
    const all = this.ports.map((_, index) => index).filter((index) => index !== avoid);
    const now = systemClock.monotonic();
    const up = all.filter(
      (index) => !this.drained.has(index) && now - (this.#refusedAt[index] as number) >= REFUSED_MS,
    );
    const from = up.length > 0 ? up : all;
    return from[Math.floor(this.random() * from.length)] as number;
  }
}
