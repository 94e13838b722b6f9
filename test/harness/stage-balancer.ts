/** Several servers on the net of a stage: connections go to them in turn, as through a load balancer. */
import type { Accept } from '../../src/io/transport.js';
import type { MemoryNet } from './memory-transport.js';

/** Where one server listens. */
export type StagePort = Pick<MemoryNet, 'listen' | 'cables'>;

interface Listening {
  readonly port: StagePort;
  readonly accept: Accept;
}

export class StageBalancer {
  /** Those that listen, in the order of their turns. */
  readonly #listening: Listening[] = [];
  /** By the number of their connection. */
  readonly #ports: StagePort[] = [];

  constructor(private readonly net: MemoryNet) {}

  open(): StagePort {
    const port: StagePort = {
      cables: this.net.cables,
      listen: (accept) => {
        const index = this.#listening.findIndex((other) => other.port === port);
        if (index >= 0) this.#listening.splice(index, 1);
        if (accept) this.#listening.push({ port, accept });
        this.net.listen(this.#listening.length > 0 ? this.#accept : undefined);
      },
    };
    return port;
  }

  /** Whether the server at this port has, or had, the connection of this number. */
  isAt(port: StagePort, connection: number): boolean {
    return this.#ports[connection] === port;
  }

  readonly #accept: Accept = (transport, peer) => {
    const next = this.#listening.shift() as Listening;
    this.#listening.push(next);
    this.#ports[this.net.cables.length - 1] = next.port;
    return next.accept(transport, peer);
  };
}
