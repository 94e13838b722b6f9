/** The operations port: is the server alive, is it ready, and its metrics. Plain HTTP, meant for loopback. */

import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Log } from '../io/log.js';
import { OPS } from './limits.js';
import type { Metrics } from './metrics.js';
import { renderMetrics } from './metrics-text.js';

export interface OpsOptions {
  /** Default 127.0.0.1. There is no credential on this port. */
  readonly host?: string;
  /** 0: the system picks one; `Ops.url` says which. */
  readonly port: number;
  readonly metrics: Metrics;
  /** Why the server cannot serve right now, such as `starting` or `the disk failed`; undefined when it can. */
  readonly notReadyBecause: () => string | undefined;
  readonly log: Log;
}

interface Ops {
  /** `http://127.0.0.1:9464` */
  readonly url: string;
  /** Resolves when the port is free. */
  close(): Promise<void>;
}

interface Answer {
  readonly status: number;
  readonly text: string;
}

/** Serves `/livez`, `/readyz` and `/metrics`. Rejects with the system's error when the address cannot be had. */
export async function serveOps(options: OpsOptions): Promise<Ops> {
  const { host = '127.0.0.1', port, metrics, notReadyBecause, log } = options;
  const renderProcessMetrics = await collectProcessMetrics();
  const pages = new Map<string | undefined, () => Answer | Promise<Answer>>([
    ['/livez', () => ({ status: 200, text: 'ok\n' })],
    ['/readyz', () => readiness(notReadyBecause())],
    ['/metrics', async () => ({ status: 200, text: renderMetrics(metrics) + (await renderProcessMetrics()) })],
  ]);

  const server = createServer({ requestTimeout: OPS.requestTimeoutMs }, async ({ method, url }, response) => {
    const page = pages.get(url?.split('?')[0]);
    if (!page) return answer(response, { status: 404, text: `here are ${[...pages.keys()].join(', ')}\n` });
    if (method !== 'GET' && method !== 'HEAD') return answer(response, { status: 405, text: 'GET only\n' });
    try {
      answer(response, await page());
    } catch (error) {
      log.error('ops failed', error, { url });
      answer(response, { status: 500, text: 'failed: see the log\n' });
    }
  });
  server.maxConnections = OPS.maxConnections;

  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port }, () => {
      server.off('error', reject);
      resolve();
    });
  });
  server.on('error', (error) => log.error('ops accept failed', error));
  const { address, family, port: picked } = server.address() as AddressInfo;
  return {
    url: `http://${family === 'IPv6' ? `[${address}]` : address}:${picked}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

const readiness = (because: string | undefined): Answer =>
  because === undefined ? { status: 200, text: 'ok\n' } : { status: 503, text: `not ready: ${because}\n` };

function answer(response: ServerResponse, { status, text }: Answer): void {
  response.writeHead(status, {
    'content-type': 'text/plain; version=0.0.4; charset=utf-8',
    'content-length': Buffer.byteLength(text),
    'cache-control': 'no-store',
  });
  response.end(text);
}

/** Memory, CPU, event loop and garbage collection of this process. Loaded only here: other commands do not pay for it. */
async function collectProcessMetrics(): Promise<() => Promise<string>> {
  const { collectDefaultMetrics, Registry } = await import('prom-client');
  const register = new Registry();
  collectDefaultMetrics({ register });
  return () => register.metrics();
}
