/** What our own clients cost: `im send --stdin lines` to somebody offline, then `im listen` and the library draining that backlog. */
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { median } from './median.js';
import { endedCpuSeconds, processCpuSeconds } from './process.js';
import type { ImServer } from './server-im.js';
import { drainWithLibrary } from './task.js';
import { BODY_BYTES } from './work.js';

const RUNS = 3;
const MESSAGES = 100_000;
/** All receivers are this device: it gets what none of them has had. */
const DEVICE = 'bench';
/** Its own user; the first `im send` adds it and keeps its token. */
const SENDER = 'script';

/** From process start to exit; CPU includes the start. `micros`: user + system time per message of the client, and of the server. */
export interface ClientFigures {
  readonly perSecond: number;
  readonly micros: number;
  readonly serverMicros: number;
}

export interface ClientsFigures {
  readonly messages: number;
  readonly lines: ClientFigures;
  readonly listen: ClientFigures;
  /** `onMessages` with a state folder: from login to the last message shown, without the start of the process. */
  readonly library: ClientFigures;
  /** The same without a state folder. */
  readonly inMemory: ClientFigures;
}

export async function measureClients(server: ImServer, parent: string): Promise<ClientsFigures> {
  const runs: Omit<ClientsFigures, 'messages'>[] = [];
  for (let run = 0; run < RUNS; run++) {
    const lines = await sendLines(server, parent);
    const listen = await drainWithListen(server, parent);
    await sendLines(server, parent);
    const library = await drainLibrary(server, join(parent, `library-${run}`));
    await sendLines(server, parent);
    runs.push({ lines, listen, library, inMemory: await drainLibrary(server, undefined) });
  }
  const medianOf = (name: keyof (typeof runs)[number]): ClientFigures => ({
    perSecond: median(runs.map((run) => run[name].perSecond)),
    micros: median(runs.map((run) => run[name].micros)),
    serverMicros: median(runs.map((run) => run[name].serverMicros)),
  });
  return {
    messages: MESSAGES,
    lines: medianOf('lines'),
    listen: medianOf('listen'),
    library: medianOf('library'),
    inMemory: medianOf('inMemory'),
  };
}

async function sendLines(server: ImServer, parent: string): Promise<ClientFigures> {
  const file = join(parent, 'backlog.txt');
  writeFileSync(file, `${'x'.repeat(BODY_BYTES)}\n`.repeat(MESSAGES));
  const stdin = openSync(file, 'r');
  const figures = await measureCommand(server, ['send', receiverOf(server).user, '--stdin', 'lines', '--as', SENDER], {
    stdin,
  });
  closeSync(stdin);
  return figures;
}

/** `im listen > file`. Rejects when it did not print all messages once. */
async function drainWithListen(server: ImServer, parent: string): Promise<ClientFigures> {
  const { user, token } = receiverOf(server);
  const [file, tokenFile] = [join(parent, 'printed.txt'), join(parent, 'token.txt')];
  writeFileSync(tokenFile, token, { mode: 0o600 });
  const stdout = openSync(file, 'w');
  const words = ['listen', '--as', user, '--token-file', tokenFile, '--device', DEVICE, '--count', String(MESSAGES)];
  const figures = await measureCommand(server, words, { stdout });
  closeSync(stdout);
  const printed = readFileSync(file, 'utf8').split('\n').length - 1;
  if (printed !== MESSAGES) throw new Error(`im listen printed ${printed} of ${MESSAGES} messages`);
  return figures;
}

async function measureCommand(
  server: ImServer,
  words: readonly string[],
  files: { readonly stdin?: number; readonly stdout?: number },
): Promise<ClientFigures> {
  const [own, others, start] = [endedCpuSeconds(), processCpuSeconds(server.pid), performance.now()];
  await server.im(words, files.stdin, files.stdout);
  const ms = performance.now() - start;
  return {
    perSecond: (MESSAGES / ms) * 1_000,
    micros: ((endedCpuSeconds() - own) / MESSAGES) * 1e6,
    serverMicros: ((processCpuSeconds(server.pid) - others) / MESSAGES) * 1e6,
  };
}

async function drainLibrary(server: ImServer, stateFolder: string | undefined): Promise<ClientFigures> {
  const before = processCpuSeconds(server.pid);
  const { messages, seconds, cpuSeconds } = await drainWithLibrary({
    url: server.target.url,
    credential: receiverOf(server),
    device: DEVICE,
    messages: MESSAGES,
    stateFolder,
  });
  const serverMicros = ((processCpuSeconds(server.pid) - before) / messages) * 1e6;
  return { perSecond: messages / seconds, micros: (cpuSeconds / messages) * 1e6, serverMicros };
}

function receiverOf({ target }: ImServer) {
  const receiver = target.receivers.at(-1);
  if (receiver === undefined) throw new Error('there is no receiver');
  return receiver;
}
