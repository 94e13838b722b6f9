/** Faults of the database: its primary dies, freezes, is cut off, or shows what no standby has. Each ends with three nodes that work. */
import type { PostgresNode } from '../../harness/postgres/postgres-node.js';
import { pause } from '../scoped.js';
import type { Fault } from './faults.js';
import type { Rig } from './rig.js';

const SECOND = 1_000;
/** How long commits are waited for that wait. */
const WAITING_MS = 3 * SECOND;

export const DATABASE_FAULTS: readonly Fault[] = [
  {
    name: 'primary killed',
    lane: 'database',
    weight: 3,
    run: async (rig) => failOver(rig, async (old) => old.kill()),
  },
  {
    name: 'primary killed while the standbys lag',
    lane: 'database',
    weight: 3,
    run: async (rig, dice) => {
      const ms = dice.between(100, 500);
      for (const standby of rig.cluster.standbys) rig.cluster.link(standby).delay(ms);
      await pause(dice.between(ms, 2 * SECOND));
      await failOver(rig, async (old) => {
        await old.kill();
        await loseWhatIsHeld(rig);
      });
    },
  },
  {
    name: 'primary frozen, later thawed beside the new one',
    lane: 'database',
    weight: 2,
    run: async (rig, dice) => {
      const old = rig.cluster.primary;
      old.freeze();
      await pause(dice.between(200, 3 * SECOND));
      await promote(rig, 'leave');
      await pause(dice.between(500, 4 * SECOND));
      old.thaw();
      await pause(dice.between(1, 5) * SECOND);
      await rig.cluster.rejoin(old);
    },
  },
  {
    name: 'split: the old primary goes on alone',
    lane: 'database',
    weight: 2,
    run: async (rig, dice) => {
      const old = rig.cluster.primary;
      await promote(rig, 'leave');
      await pause(dice.between(2, 12) * SECOND);
      await rig.cluster.rejoin(old);
    },
  },
  {
    name: 'waiting commits terminated, then another primary',
    lane: 'database',
    weight: 3,
    run: async (rig, dice) => {
      await cutOffStandbys(rig);
      await terminateWaiting(rig);
      await pause(dice.between(100, 10 * SECOND));
      await failOver(rig, async (old) => {
        await old.kill();
        await loseWhatIsHeld(rig);
      });
    },
  },
  {
    name: 'split: waiting commits of the old primary terminated',
    lane: 'database',
    weight: 2,
    run: async (rig, dice) => {
      const old = rig.cluster.primary;
      await promote(rig, 'leave');
      await pause(dice.between(0, 2 * SECOND));
      for (let times = dice.between(1, 3); times > 0; times--) {
        await old.query(`SELECT pg_terminate_backend(pid) ${WAITING}`);
        await pause(dice.between(100, 2 * SECOND));
      }
      await rig.cluster.rejoin(old);
    },
  },
  {
    name: 'waiting commits terminated while standbys are frozen',
    lane: 'database',
    weight: 2,
    run: async (rig, dice) => {
      for (const standby of rig.cluster.standbys) standby.freeze();
      await terminateWaiting(rig);
      await pause(dice.between(100, 3 * SECOND));
      for (const standby of rig.cluster.standbys) standby.thaw();
    },
  },
  {
    name: 'primary restarted without standbys, then another one',
    lane: 'database',
    weight: 2,
    run: async (rig, dice) => {
      const old = rig.cluster.primary;
      await cutOffStandbys(rig);
      await isWaiting(rig);
      await old.kill();
      await old.start();
      await pause(dice.between(100, 6 * SECOND));
      await failOver(rig, async () => {
        await old.kill();
        await loseWhatIsHeld(rig);
      });
    },
  },
  {
    name: 'primary restarted',
    lane: 'database',
    weight: 1,
    run: async (rig, dice) => {
      const { primary } = rig.cluster;
      if (dice.chance(0.5)) await primary.restart('immediate');
      else {
        await primary.kill();
        await primary.start();
      }
    },
  },
  {
    name: 'a standby killed and started',
    lane: 'database',
    weight: 1,
    run: async (rig, dice) => {
      const standby = dice.pick(rig.cluster.standbys);
      await standby.kill();
      await pause(dice.between(0, 2 * SECOND));
      await standby.start();
    },
  },
  {
    name: 'both standbys frozen',
    lane: 'database',
    weight: 1,
    run: async (rig, dice) => {
      for (const standby of rig.cluster.standbys) standby.freeze();
      await pause(dice.between(500, 5 * SECOND));
      for (const standby of rig.cluster.standbys) standby.thaw();
    },
  },
];

/** `fail` ends the primary; a standby takes its place, and the old one comes back as a standby. */
async function failOver(rig: Rig, fail: (old: PostgresNode) => Promise<void>): Promise<void> {
  const old = rig.cluster.primary;
  await fail(old);
  await promote(rig, 'kill');
  await rig.cluster.rejoin(old);
}

async function promote(rig: Rig, old: 'kill' | 'leave'): Promise<void> {
  await rig.cluster.promote({ old });
  rig.notePromotion();
}

/** Nothing reaches the standbys any more, and what is on its way to them can still be lost. */
async function cutOffStandbys(rig: Rig): Promise<void> {
  for (const standby of rig.cluster.standbys) rig.cluster.link(standby).blackHole();
}

async function loseWhatIsHeld(rig: Rig): Promise<void> {
  for (const node of rig.cluster.nodes) {
    const link = rig.cluster.link(node);
    link.reset();
    await link.heal();
  }
}

const WAITING = "FROM pg_stat_activity WHERE wait_event = 'SyncRep' AND backend_type = 'client backend'";

/** Resolves when several commits wait for the standbys; or after some time, if nothing is sent. */
async function isWaiting(rig: Rig): Promise<void> {
  const deadline = performance.now() + WAITING_MS;
  while (performance.now() < deadline) {
    const rows = await rig.cluster.primary.query(`SELECT ${WAITING}`);
    if (rows.length >= 3) return;
    await pause(20);
  }
}

/** Their commits become visible, though no standby has them. */
async function terminateWaiting(rig: Rig): Promise<void> {
  await isWaiting(rig);
  await rig.cluster.primary.query(`SELECT pg_terminate_backend(pid) ${WAITING}`);
}
