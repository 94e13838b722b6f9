/** Faults of the servers and of the links between clients, servers and database. Each ends with everything healed. */
import type { TcpProxy } from '../../harness/tcp-proxy.js';
import { pause } from '../scoped.js';
import type { Dice } from './dice.js';
import type { Fault } from './faults.js';
import type { Rig } from './rig.js';
import type { Served } from './served.js';

const SECOND = 1_000;
/** Longer than a lease. */
const FROZEN_MS = 15 * SECOND;

export const SERVER_FAULTS: readonly Fault[] = [
  {
    name: 'server killed',
    lane: 'servers',
    weight: 4,
    run: async (rig, dice) => {
      const server = dice.pick(rig.servers);
      const clients = rig.clientsOf(server);
      await server.kill();
      const what = 'a killed server’s clients are back';
      const back = rig.backAgain(rig.isDatabaseFailing ? `${what}, while the database fails` : what, clients);
      await pause(dice.between(0, 3 * SECOND));
      await server.start();
      await back;
    },
  },
  {
    name: 'server stopped with SIGTERM',
    lane: 'servers',
    weight: 1,
    run: async (rig, dice) => {
      const server = dice.pick(rig.servers);
      await server.stop();
      await server.start();
    },
  },
  {
    name: 'server frozen for 15 s',
    lane: 'servers',
    weight: 2,
    run: async (rig, dice) => {
      const server = dice.pick(rig.servers);
      server.freeze();
      await pause(FROZEN_MS);
      server.thaw();
    },
  },
  {
    name: 'server frozen for 15 s, its clients go elsewhere',
    lane: 'servers',
    weight: 2,
    run: async (rig, dice) => {
      const server = dice.pick(rig.servers);
      server.freeze();
      await pause(dice.between(0, 2 * SECOND));
      await leave(rig, server, FROZEN_MS);
      server.thaw();
      await pause(dice.between(0, 2 * SECOND));
      await server.clients.heal();
    },
  },
  {
    name: 'frames of clients arrive after they went elsewhere',
    lane: 'servers',
    weight: 3,
    run: async (rig, dice) => {
      const server = dice.pick(rig.servers);
      server.clients.blackHole('toServer');
      await pause(dice.between(50, SECOND));
      await leave(rig, server, dice.between(500, 5 * SECOND));
      await server.clients.heal();
    },
  },
  {
    name: 'clients reset again and again',
    lane: 'servers',
    weight: 2,
    run: async (rig, dice) => {
      for (let times = dice.between(5, 15); times > 0; times--) {
        dice.pick(rig.servers).clients.reset();
        await pause(dice.between(50, 600));
      }
    },
  },
  linkFault('link of clients', 1, (server) => [server.clients]),
  linkFault('link to the database', 2, (server) => server.database),
  {
    name: 'LISTEN connections terminated',
    lane: 'servers',
    weight: 2,
    run: async (rig) => {
      await rig.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE ${LISTENS}`);
    },
  },
  {
    name: 'notices lost for some seconds',
    lane: 'servers',
    weight: 1,
    run: async (rig, dice) => {
      await rig.loseNotices(true);
      await pause(dice.between(500, 4 * SECOND));
      await rig.loseNotices(false);
    },
  },
  {
    name: 'notices lost for 31 s',
    lane: 'servers',
    weight: 0.3,
    run: async (rig, dice) => {
      await rig.loseNotices(true);
      await rig.move(dice, () => 'takeover while notices are lost');
      await pause(31 * SECOND);
      await rig.loseNotices(false);
    },
  },
];

/** Only the connections of the bus run these. */
const LISTENS = "usename = 'im' AND (query LIKE '%pg_notify%' OR query LIKE '%lease_until%' OR query LIKE 'LISTEN%')";

/** The clients of a server connect to others, while what they sent to it is still on its way. */
async function leave(rig: Rig, server: Served, ms: number): Promise<void> {
  const index = rig.servers.indexOf(server);
  server.clients.blackHole();
  rig.balancer.drained.add(index);
  rig.balancer.cut(index);
  await pause(ms);
  rig.balancer.drained.delete(index);
}

function linkFault(what: string, weight: number, linksOf: (server: Served) => readonly TcpProxy[]): Fault {
  return {
    name: `${what}: delayed, black hole, reset or refused`,
    lane: 'servers',
    weight,
    run: async (rig: Rig, dice: Dice) => {
      const links = linksOf(dice.pick(rig.servers));
      const ms = dice.between(200, 6 * SECOND);
      const fault = dice.pick<(link: TcpProxy) => void>([
        (link) => link.delay(50 + (ms % 300)),
        (link) => link.blackHole(),
        (link) => link.blackHole('toClient'),
        (link) => link.reset(),
        (link) => {
          link.refuse();
          link.reset();
        },
      ]);
      const isReset = dice.chance(0.5);
      for (const link of links) fault(link);
      await pause(ms);
      for (const link of links) {
        if (isReset) link.reset();
        await link.heal();
      }
    },
  };
}
