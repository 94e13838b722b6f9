/** The operations port: liveness, readiness and metrics. Plain HTTP without credentials, meant for loopback. */
import { createServer, type ServerResponse } from 'node:http';
import { bracketed, listenHttp } from '../io/http-listen.js';
import type { Log } from '../io/log.js';
import { OPS } from './limits.js';
import type { Metrics } from './metrics.js';
import { renderMetrics } from './metrics-text.js';

export interface OpsOptions {
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** 0: the system chooses one; see `Ops.url`. */
  readonly port: number;
  readonly metrics: Metrics;
  /** Called before the metrics are rendered: sets those that are measured, not counted. */
  readonly onScrape?: () => void | Promise<void>;
  /** Why the server is not ready, such as `stopping` or `the disk failed`; undefined when it is ready. */
  readonly notReadyBecause: () => string | undefined | Promise<string | undefined>;
  readonly log: Log;
}

interface Ops {
  /** `http://127.0.0.1:9464` */
  readonly url: string;
  /** Closes all connections; resolves when the port is free. */
  close(): Promise<void>;
}

interface Page {
  readonly status: number;
  readonly text: string;
}

/** Serves `/livez`, `/readyz` and `/metrics`. Rejects with the system's error when it cannot listen on the address. */
export async function serveOps(options: OpsOptions): Promise<Ops> {
  const { host = '127.0.0.1', port, metrics, onScrape, notReadyBecause, log } = options;
  const renderProcessMetrics = await collectProcessMetrics();
  const renderAll = async (): Promise<Page> => {
    await onScrape?.();
    metrics.ready = (await notReadyBecause()) === undefined ? 1 : 0;
    return { status: 200, text: renderMetrics(metrics) + (await renderProcessMetrics()) };
  };
  const pages = new Map<string | undefined, () => Page | Promise<Page>>([
    ['/livez', () => ({ status: 200, text: 'ok\n' })],
    ['/readyz', async () => readiness(await notReadyBecause())],
    ['/metrics', renderAll],
  ]);

  const server = createServer({ requestTimeout: OPS.requestTimeoutMs }, async ({ method, url, headers }, response) => {
    if (!isLocal(headers.host, host)) return send(response, { status: 403, text: 'for http://localhost only\n' });
    const page = pages.get(url?.split('?')[0]);
    if (!page) return send(response, { status: 404, text: `not found; try ${[...pages.keys()].join(', ')}\n` });
    if (method !== 'GET' && method !== 'HEAD') return send(response, { status: 405, text: 'GET only\n' });
    try {
      send(response, await page());
    } catch (error) {
      log.error('ops failed', error, { url });
      send(response, { status: 500, text: 'failed: see the log\n' });
    }
  });
  server.maxConnections = OPS.maxConnections;

  const address = await listenHttp(server, { host, port }, (error) => log.error('ops accept failed', error));
  return {
    url: `http://${address}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/**
 * Whether a request was meant for this port, by its header `Host`: a loopback name or address, or the one listened on. A page of
 * a browser whose name was made to resolve to this machine (DNS rebinding) sends its own name. A tool without the header may ask.
 */
function isLocal(header: string | undefined, listenedOn: string): boolean {
  if (header === undefined) return true;
  const name = header.replace(/:\d*$/, '').replace(/\.$/, '').toLowerCase();
  return name === 'localhost' || name === '[::1]' || /^127(\.\d{1,3}){3}$/.test(name) || name === bracketed(listenedOn);
}

const readiness = (reason: string | undefined): Page =>
  reason === undefined ? { status: 200, text: 'ok\n' } : { status: 503, text: `not ready: ${reason}\n` };

function send(response: ServerResponse, { status, text }: Page): void {
  response.writeHead(status, {
    'content-type': 'text/plain; version=0.0.4; charset=utf-8',
    'content-length': Buffer.byteLength(text),
    'cache-control': 'no-store',
  });
  response.end(text);
}

/** Memory, CPU, event loop and garbage collection of this process. Loads prom-client only when it is needed. */
async function collectProcessMetrics(): Promise<() => Promise<string>> {
  const { collectDefaultMetrics, Registry } = await import('prom-client');
  const register = new Registry();
  collectDefaultMetrics({ register });
  return () => register.metrics();
}
