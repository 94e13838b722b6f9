/** The least that a load balancer is: each connection goes to the next server in its turn, past those that refuse it. */
import { connect, createServer, type Socket } from 'node:net';

export interface LoadBalancer {
  /** For clients. */
  readonly url: string;
  /** Breaks the open connections, and listens no more. */
  close(): void;
}

/** @param servers their URLs, on this machine. */
export async function startLoadBalancer(servers: readonly string[]): Promise<LoadBalancer> {
  const ports = servers.map((url) => Number(new URL(url).port));
  const sockets = new Set<Socket>();
  let turn = 0;

  function follow(socket: Socket): void {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  }

  function pass(client: Socket, tries: number): void {
    const server = connect({ port: ports[turn++ % ports.length] as number, host: '127.0.0.1', noDelay: true });
    follow(server);
    server.once('connect', () => {
      client.pipe(server).pipe(client);
      client.once('close', () => server.destroy());
      server.once('close', () => client.destroy());
    });
    server.on('error', () => {
      if (server.connecting && tries > 1) pass(client, tries - 1);
      else client.destroy();
    });
  }

  const balancer = createServer({ noDelay: true }, (client) => {
    follow(client);
    client.on('error', () => client.destroy());
    pass(client, ports.length);
  });
  await new Promise<void>((resolve) => balancer.listen(0, '127.0.0.1', resolve));
  return {
    url: `ws://127.0.0.1:${(balancer.address() as { port: number }).port}`,
    close: () => {
      balancer.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
