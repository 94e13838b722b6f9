/**
 * The end of every run: removes all faults, brings all devices online, waits until all mailboxes are empty, and checks the
 * oracles.
 */
import type { Stage } from './stage.js';
import type { Device } from './stage-device.js';
import { factsOf } from './stage-facts.js';
import { acknowledged, arrived, uncopied, violations, withheld } from './stage-oracles.js';

/** How long to wait for a condition: longer than the longest backoff. */
const MAX_WAIT_S = 120;

/** The longest time until a connection is closed. */
const CLOSE_MS = 10_000;

/** Ends the stage, and returns everything that was wrong with the run. */
export async function finish(stage: Stage): Promise<string[]> {
  await removeFaults(stage);
  for (const { user, role } of await stage.accounts.list('', 1_000)) {
    if (role !== 'operator') for (const device of devicesOf(stage, user)) await bringOnline(stage, device);
  }
  await waitForDelivery(stage);
  const wrong = [...violations(stage.ledger.entries), ...(await unsettledMessages(stage))];
  await stage.end();
  await stage.pass(CLOSE_MS);
  if (stage.clock.timers > 0) wrong.push(`${stage.clock.timers} timers were left at the end`);
  return wrong;
}

async function removeFaults(stage: Stage): Promise<void> {
  stage.net.isBlackHole = false;
  for (const { transport } of stage.rawConnections.values()) transport.cut();
  for (const cable of stage.net.cables) if (!cable.isOver) cable.cut();
  stage.setDisk('sound');
  await stage.rest();
  if (!stage.isServing) await stage.startServer();
}

/** The devices of a user, and a new one if none is in mode chat; running devices come last. */
function devicesOf(stage: Stage, user: string): Device[] {
  const own = [...stage.devices.values()].filter((device) => device.user === user);
  if (own.every(({ mode }) => mode !== 'chat')) own.push(stage.device(`${user}'s finale`));
  return own.sort((a, b) => Number(a.isRunning) - Number(b.isRunning));
}

/** Waits until the device is online and has nothing queued. Of several devices in mode chat the last one stays online. */
async function bringOnline(stage: Stage, device: Device): Promise<void> {
  device.showing = () => {};
  if (!device.isRunning) device.start(device.mode);
  await waitUntil(stage, () => device.isOnline && device.queued === 0);
}

async function waitForDelivery(stage: Stage): Promise<void> {
  await waitUntil(stage, () => {
    const facts = factsOf(stage.ledger.entries);
    const done = arrived(facts);
    return (
      [...acknowledged(facts)].every((key) => done.has(key)) && [...withheld(facts), ...uncopied(facts)].length === 0
    );
  });
}

/** A timeout is no error here: the oracles report what is missing. */
async function waitUntil(stage: Stage, holds: () => boolean): Promise<void> {
  await stage.rest();
  for (let seconds = 0; seconds < MAX_WAIT_S && !holds(); seconds++) await stage.pass(1_000);
}

/** R17: every message of a device ends as delivered, or as failed with a reason. */
async function unsettledMessages(stage: Stage): Promise<string[]> {
  const wrong: string[] = [];
  for (const device of stage.devices.values()) {
    const open = () =>
      [...device.states.values()].filter(
        ({ state, refusal }) => state !== 'delivered' && !(state === 'failed' && refusal !== undefined),
      );
    if (open().length > 0 && !device.isRunning) await bringOnline(stage, device);
    await waitUntil(stage, () => open().length === 0); // a device on a dead connection has to detect that first
    wrong.push(...open().map(({ id, to, state }) => `R17: ${id} from ${device.name} to ${to} is still ${state}`));
  }
  return wrong;
}
