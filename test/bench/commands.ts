/** `im send` as scripts use it: one process per message, compared with a bare oclif command; and a stream of lines. */
import { closeSync, mkdirSync, openSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { median } from './median.js';
import { endedCpuSeconds, LOAD_CORE, output, processCpuSeconds } from './process.js';
import { openReceiver } from './receiver.js';
import type { ImServer } from './server-im.js';
import { BODY_BYTES } from './work.js';

const RUNS = 15;
const STREAMS = 3;
const LINES = 200_000;
/** Its own user; the first `im send` adds it and keeps its token. */
const SENDER = 'script';

export interface CommandFigures {
  /** From process start to exit, ms. */
  readonly sendMs: number;
  readonly bareMs: number;
  /** Median of the ratios of consecutive runs. */
  readonly ratio: number;
  /** `im send --stdin lines`, from process start to exit, while the receiver reads. */
  readonly lines: LineFigures;
}

export interface LineFigures {
  readonly perSecond: number;
  /** User + system time per line, µs: of `im send`, including its start, and of the server. */
  readonly sendMicros: number;
  readonly serverMicros: number;
}

export async function measureCommands(server: ImServer, parent: string): Promise<CommandFigures> {
  const bare = makeBareCommand(parent);
  const [target] = server.target.receivers;
  if (target === undefined) throw new Error('there is no receiver');
  const send = () => server.im(['send', target.user, 'the build is green', '--as', SENDER]);
  await send(); // adds the user
  const runs: { readonly send: number; readonly bare: number }[] = [];
  for (let run = 0; run < RUNS; run++) {
    runs.push({
      send: await duration(send),
      bare: await duration(() => output(LOAD_CORE, process.execPath, [bare, 'hello'])),
    });
  }
  return {
    sendMs: median(runs.map((run) => run.send)),
    bareMs: median(runs.map((run) => run.bare)),
    ratio: median(runs.map((run) => run.send / run.bare)),
    lines: await measureLines(server, parent),
  };
}

/** Writes an oclif command that prints one word. Returns the path of its program. */
function makeBareCommand(parent: string): string {
  const folder = join(parent, 'bare');
  const write = (path: string, text: string) => writeFileSync(join(folder, path), text);
  mkdirSync(join(folder, 'commands'), { recursive: true });
  symlinkSync(join(import.meta.dirname, '../../../node_modules'), join(folder, 'node_modules'));
  write(
    'package.json',
    JSON.stringify({ name: 'bare', version: '1.0.0', type: 'module', oclif: { bin: 'bare', commands: './commands' } }),
  );
  write(
    'commands/hello.js',
    `import { Command } from '@oclif/core';
export default class Hello extends Command {
  async run() {
    this.log('hello');
  }
}
`,
  );
  write(
    'run.js',
    `import { execute } from '@oclif/core';
await execute({ dir: import.meta.url });
`,
  );
  return join(folder, 'run.js');
}

async function measureLines(server: ImServer, parent: string): Promise<LineFigures> {
  const streams: LineFigures[] = [];
  for (let stream = 0; stream < STREAMS; stream++) streams.push(await sendLines(server, parent));
  const medianOf = (measure: (figures: LineFigures) => number) => median(streams.map(measure));
  return {
    perSecond: medianOf(({ perSecond }) => perSecond),
    sendMicros: medianOf(({ sendMicros }) => sendMicros),
    serverMicros: medianOf(({ serverMicros }) => serverMicros),
  };
}

/** Sends LINES lines to a connected receiver. Rejects when not all of them arrive. */
async function sendLines(server: ImServer, parent: string): Promise<LineFigures> {
  const [, receiver] = server.target.receivers;
  if (receiver === undefined) throw new Error('there is no receiver');
  const file = join(parent, 'lines.txt');
  writeFileSync(file, `${'x'.repeat(BODY_BYTES)}\n`.repeat(LINES));
  const stdin = openSync(file, 'r');
  const { session, received } = await openReceiver(server.target.url, receiver);
  const [sendBefore, serverBefore] = [endedCpuSeconds(), processCpuSeconds(server.pid)];
  const ms = await duration(() => server.im(['send', receiver.user, '--stdin', 'lines', '--as', SENDER], stdin));
  const sendMicros = ((endedCpuSeconds() - sendBefore) / LINES) * 1e6;
  await received(LINES);
  const serverMicros = ((processCpuSeconds(server.pid) - serverBefore) / LINES) * 1e6;
  await session.close();
  closeSync(stdin);
  return { perSecond: (LINES / ms) * 1_000, sendMicros, serverMicros };
}

async function duration(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}
