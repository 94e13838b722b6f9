/** `npm run bench`: im beside the peers that are installed, on the same work, in the same run. Prints two tables. */
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isInMemory, measureDatasync } from './disk.js';
import { readOptions, USAGE } from './options.js';
import { findPeer, MOSQUITTO } from './peers.js';
import { loadedTable, unloadedTable } from './report.js';
import { runRounds, type Server } from './rounds.js';
import { startIm } from './server-im.js';
import { startMosquitto } from './server-mosquitto.js';
import { BODY_BYTES, PAIRS } from './work.js';

const options = readOptions(process.argv.slice(2));
if (options === undefined) {
  console.log(USAGE);
  process.exit(0);
}
const { rounds, warmupMs, measureMs, unanswered } = options;
const folder = await mkdtemp(join(options.folder, 'im-bench-'));
const servers: Server[] = [];
// The process that makes load is interrupted too: its end ends the run, and what was started is stopped below.
process.on('SIGINT', () => {});
try {
  const datasync = measureDatasync(folder);
  console.log(
    `Node ${process.version}; ${PAIRS} pairs, bodies of ${BODY_BYTES} bytes, ${unanswered} unanswered for each sender; ` +
      `median of ${rounds} rounds of ${measureMs / 1_000} s`,
  );
  if (await isInMemory(folder)) console.log(`${options.folder} is in memory: nothing here is durable. Try --folder.`);
  servers.push(await startIm(folder, options.profileFolder));
  const program = findPeer(MOSQUITTO);
  if (program === undefined) console.log('Mosquitto is not installed: npm run bench:peers');
  else servers.push(await startMosquitto(folder, program));

  const contestants = servers.flatMap((server) => server.contestants);
  const loaded = await runRounds(contestants, { pairs: PAIRS, unanswered, rounds, warmupMs, measureMs });
  const peer = [...loaded].find(([{ target }]) => target.system === 'mosquitto')?.[1];
  console.log(`\n${loadedTable(loaded, peer)}`);
  const unloaded = await runRounds(contestants, { pairs: 1, unanswered: 0, rounds: 1, warmupMs, measureMs });
  console.log(`\n${unloadedTable(unloaded, datasync)}`);
} finally {
  await Promise.all(servers.map((server) => server.stop()));
  await rm(folder, { recursive: true });
}
