/**
 * `npm run bench:peers`: im beside Mosquitto, NATS, ejabberd and Prosody, in alternating rounds, as one table. With --write it
 * also writes the figures of docs/benchmarks.md, and draws them.
 */
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { systemClock } from '../../src/io/clock.js';
import { peerChart } from './peer-chart.js';
import { type PeerFigures, peerTable, systemsOf } from './peer-figures.js';
import { ackedLines, EJABBERD, findPeer, MOSQUITTO, NATS, PEERS, type Peer, PROSODY } from './peers.js';
import { runRounds, type Server } from './rounds.js';
import { startEjabberd } from './server-ejabberd.js';
import { startIm } from './server-im.js';
import { startMosquitto } from './server-mosquitto.js';
import { startNats } from './server-nats.js';
import { startProsody } from './server-prosody.js';
import { PAIRS, UNANSWERED } from './work.js';

const USAGE = `npm run bench:peers -- [flags]

  --list         which peers there are, where they are installed, and how to install them
  --rounds N     rounds for each system (5)
  --seconds N    of a round, after half of it to warm up (3)
  --folder DIR   where the stores are: use a real disk (/var/tmp)
  --write        write docs/peers.json and docs/peers.svg, on a quiet machine; then npm run docs
`;

const DOCS = join(import.meta.dirname, '../../../docs');
const FIGURES = join(DOCS, 'peers.json');
const CHART = join(DOCS, 'peers.svg');

/** More processes than this want a core on average: other things run. */
const QUIET_LOAD = 0.5;

const START: ReadonlyMap<Peer, (folder: string, program: string) => Promise<readonly Server[]>> = new Map([
  [MOSQUITTO, async (folder: string, program: string) => [await startMosquitto(folder, program)]],
  [NATS, startNats],
  [EJABBERD, async (folder: string, program: string) => [await startEjabberd(folder, program)]],
  [PROSODY, async (folder: string, program: string) => [await startProsody(folder, program)]],
]);

try {
  await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      list: { type: 'boolean' },
      rounds: { type: 'string', default: '5' },
      seconds: { type: 'string', default: '3' },
      folder: { type: 'string', default: '/var/tmp' },
      write: { type: 'boolean' },
      help: { type: 'boolean' },
    },
  });
  if (values.help) return console.log(USAGE);
  if (values.list) return list();
  const [rounds, seconds] = [values.rounds, values.seconds].map(Number) as [number, number];
  if (!Number.isInteger(rounds) || rounds < 1 || !(seconds > 0)) throw new Error('--rounds and --seconds take numbers');
  const figures = await measure(values.folder, rounds, seconds);
  if (values.write) {
    await writeFile(FIGURES, `${JSON.stringify(figures, null, 2)}\n`);
    await writeFile(CHART, peerChart(figures));
  }
  console.log(peerTable(figures));
  console.log(['', '"Acked" means:', ...ackedLines()].join('\n'));
}

function list(): void {
  for (const peer of PEERS) {
    console.log(`${peer.name}: ${findPeer(peer) ?? 'not installed'}`);
    console.log(`  "acked" means: ${peer.ackedMeans}`);
    for (const [distribution, command] of Object.entries(peer.install)) console.log(`  ${distribution}: ${command}`);
  }
  console.log(
    '\nOnly the program is needed: the benchmark starts its own instance. Stop the instance that the package may have started.',
  );
}

async function measure(parent: string, rounds: number, seconds: number): Promise<PeerFigures> {
  const loadBefore = loadavg()[0] ?? 0;
  const folder = await mkdtemp(join(parent, 'im-bench-'));
  const servers: Server[] = [];
  // Ctrl+C also interrupts the load process; its exit ends the run, and `finally` stops the servers.
  process.on('SIGINT', () => {});
  try {
    servers.push(await startIm(folder));
    const versions: Record<string, string> = {};
    for (const peer of PEERS) {
      const program = findPeer(peer);
      if (program === undefined) {
        console.error(`${peer.name} is not installed: npm run bench:peers -- --list`);
        continue;
      }
      servers.push(...((await START.get(peer)?.(folder, program)) ?? []));
      versions[peer.name] = versionOf(peer, program);
    }
    const contestants = servers.flatMap((server) => server.contestants);
    const measureMs = seconds * 1_000;
    const plan = { pairs: PAIRS, unanswered: UNANSWERED, rounds, warmupMs: measureMs / 2, measureMs };
    const results = await runRounds(contestants, plan);
    return {
      date: new Date(systemClock.now()).toISOString().slice(0, 10),
      node: process.versions.node,
      versions,
      cpu: `${cpus().length} cores, ${cpus()[0]?.model.trim() ?? 'unknown'}`,
      rounds,
      secondsPerRound: seconds,
      loadBefore: Number(loadBefore.toFixed(1)),
      isBusy: loadBefore > QUIET_LOAD,
      systems: systemsOf(results),
    };
  } finally {
    await Promise.all(servers.map((server) => server.stop()));
    await rm(folder, { recursive: true });
  }
}

/** Some programs print it with an exit code other than 0. */
function versionOf({ version: [args, found], versionProgram }: Peer, program: string): string {
  let text = '';
  try {
    text = execFileSync(versionProgram ?? program, [...args], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
  } catch (error) {
    text = String((error as { readonly stdout?: string }).stdout ?? '');
  }
  return found.exec(text)?.[1] ?? '';
}
