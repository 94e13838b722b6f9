/** skeleton */
import { seededRandom } from '../../harness/seeded-random.js';
import { Rig } from './rig.js';

const pause = (ms: number) => new Promise((r) => setTimeout(r, ms));
const random = seededRandom(1);
const rig = new Rig({ servers: 3, users: 8, random, rate: Number(process.argv[2] ?? 300) });
try {
  const t0 = performance.now();
  const log = (...a: unknown[]) => console.log(((performance.now() - t0) / 1000).toFixed(1), ...a);
  await rig.start();
  log('started');
  rig.startTraffic();
  const t = setInterval(() => log(rig.ledger.totals, rig.members.filter((m) => m.isOnline).length), 2000);
  await pause(5000);
  log('kill server');
  await rig.servers[1]!.kill();
  await pause(1000);
  await rig.servers[1]!.start();
  log('back');
  await pause(2000);
  log('kill primary');
  const old = rig.cluster.primary;
  await rig.cluster.promote();
  log('promoted');
  await rig.cluster.rejoin(old);
  log('rejoined');
  await pause(5000);
  for (const m of rig.members.filter((m) => m.isMovable)) log('move', m.options.name, await m.move());
  rig.stopTraffic();
  for (let i = 0; i < 100 && !rig.ledger.isDrained; i++) await pause(100);
  rig.ledger.close();
  clearInterval(t);
  log(rig.ledger.totals, rig.ledger.broken);
} finally {
  await rig.close();
}
