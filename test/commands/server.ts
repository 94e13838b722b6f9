/** A real `im serve` in a home of its own, for tests of the commands. */
import { join } from 'node:path';
import { type Finished, im, makeHome, type Running, type RunOptions, type Scope, start } from '../harness/process.js';

export interface Served {
  readonly env: Record<string, string>;
  readonly url: string;
  readonly data: string;
  readonly process: Running;
  /** Runs `im` on the server's own machine and account. */
  im(words: readonly string[], options?: RunOptions): Promise<Finished>;
  /** The same, without waiting for its end. */
  start(words: readonly string[], options?: RunOptions): Running;
}

/** Resolves when it listens. */
export async function serve(t: Scope, ...flags: readonly string[]): Promise<Served> {
  const env = await makeHome(t);
  return serveIn(t, env, ...flags);
}

export async function serveIn(t: Scope, env: Record<string, string>, ...flags: readonly string[]): Promise<Served> {
  const port = flags.includes('--port') ? [] : ['--port', '0'];
  const process = start(t, ['serve', '--json', ...port, ...flags], { env });
  const { url, data } = JSON.parse(await process.line('listening')) as { url: string; data: string };
  const inHome = (options: RunOptions = {}): RunOptions => ({ ...options, env: { ...env, ...options.env } });
  return {
    env,
    url,
    data,
    process,
    im: (words, options) => im(t, words, inHome(options)),
    start: (words, options) => start(t, words, inHome(options)),
  };
}

/** `--as operator`, with its token: a user that every server has. */
export const asOperator = ({ data }: Served): string[] => [
  '--as',
  'operator',
  '--token-file',
  join(data, 'operator.token'),
];

/** A server with bob, and alice who can send. */
export async function withBob(t: Scope): Promise<Served> {
  const server = await serve(t);
  await server.im(['user', 'add', 'bob']);
  await server.im(['user', 'add', 'alice', '--keep']);
  return server;
}

/** What `--json` prints. */
export const jsonLines = (stdout: string): Record<string, unknown>[] =>
  stdout
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Record<string, unknown>);
