/** Starts to listen with an HTTP server, plain or TLS. */
import type { Server } from 'node:http';
import type { AddressInfo, ListenOptions } from 'node:net';

/**
 * Resolves with the address, such as `127.0.0.1:4690`, with the port that the system chose; rejects with the system's error.
 * @param onError called for errors when it listens, such as EMFILE: open connections stay open.
 */
export async function listenHttp(
  server: Server,
  options: ListenOptions,
  onError: (error: Error) => void,
): Promise<string> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options, () => {
      server.off('error', reject);
      resolve();
    });
  });
  server.on('error', onError);
  const { address, port } = server.address() as AddressInfo;
  return hostAndPort(address, port);
}

export const hostAndPort = (host: string, port: number): string => `${bracketed(host)}:${port}`;

/** An IPv6 address is written in brackets in a URL, and before a port. */
export const bracketed = (host: string): string => (host.includes(':') ? `[${host}]` : host);
