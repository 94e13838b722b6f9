/** `npm run bench`: measures im and the installed peers with the same work in the same run. Prints a table for each part. */
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isInMemory } from '../../src/cli/doctor/append-time.js';
import { measureClients } from './clients.js';
import { measureCommands } from './commands.js';
import { measureDatasync } from './disk.js';
import { measureGrowth } from './growth.js';
import { measureIdle } from './idle.js';
import { type Options, type Part, readOptions, USAGE } from './options.js';
import { findPeer, MOSQUITTO } from './peers.js';
import {
  clientsTable,
  commandsTable,
  growthTable,
  idleTable,
  loadedTable,
  screenTable,
  unloadedTable,
} from './report.js';
import { type Contestant, runRounds, type Server } from './rounds.js';
import { measureScreen } from './screen.js';
import { type ImServer, startIm } from './server-im.js';
import { startMosquitto } from './server-mosquitto.js';
import { BODY_BYTES, PAIRS } from './work.js';

/** What each part of the benchmark gets. */
interface Bench {
  readonly options: Options;
  readonly folder: string;
  readonly im: ImServer;
  /** im in each client style, and the peers. */
  readonly contestants: readonly Contestant[];
}

const PARTS: Readonly<Record<Part, (bench: Bench) => Promise<string>>> = {
  async loaded({ options, contestants }) {
    const results = await runRounds(contestants, { ...options, pairs: PAIRS });
    const peer = [...results].find(([{ target }]) => target.system === 'mosquitto')?.[1];
    return loadedTable(results, peer);
  },
  async unloaded({ options, contestants, folder }) {
    const datasync = measureDatasync(folder);
    const results = await runRounds(contestants, { ...options, pairs: 1, unanswered: 0, rounds: 1 });
    return unloadedTable(results, datasync);
  },
  growth: async ({ im }) => growthTable(await measureGrowth(im)),
  commands: async ({ im, folder }) => commandsTable(await measureCommands(im, folder)),
  clients: async ({ im, folder }) => clientsTable(await measureClients(im, folder)),
  idle: async ({ options, folder }) => idleTable(await measureIdle(folder, options.sessions, options.profileFolder)),
  screen: async ({ im, folder }) => screenTable(await measureScreen(im, folder)),
};

try {
  const options = readOptions(process.argv.slice(2));
  if (options === undefined) console.log(USAGE);
  else await run(options);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}

async function run(options: Options): Promise<void> {
  const folder = await mkdtemp(join(options.folder, 'im-bench-'));
  const servers: Server[] = [];
  // Ctrl+C also interrupts the load process; its exit ends the run, and `finally` stops the servers.
  process.on('SIGINT', () => {});
  try {
    console.log(`Node ${process.version}; ${PAIRS} pairs, bodies of ${BODY_BYTES} bytes`);
    if (await isInMemory(folder)) console.log(`${options.folder} is in memory, so nothing is durable. Use --folder.`);
    const im = await startIm(folder, { profileFolder: options.profileFolder });
    servers.push(im);
    const program = findPeer(MOSQUITTO);
    if (program === undefined) console.log('Mosquitto is not installed: npm run bench:peers -- --list');
    else servers.push(await startMosquitto(folder, program));
    const contestants = servers.flatMap((server) => server.contestants);
    for (const part of options.parts) console.log(`\n${await PARTS[part]({ options, folder, im, contestants })}`);
  } finally {
    await Promise.all(servers.map((server) => server.stop()));
    await rm(folder, { recursive: true });
  }
}
