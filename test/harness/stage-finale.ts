/**
 * The end of every run: faults go away, everyone logs in on every device they had, mailboxes are drained, and then the
 * oracles are asked.
 */
import type { Stage } from './stage.js';
import type { Device } from './stage-device.js';
import { factsOf } from './stage-facts.js';
import { acknowledged, arrived, violations } from './stage-oracles.js';

/** How long everything may take to calm down: longer than the longest back-off. */
const PATIENCE_S = 120;

/** The longest that anything takes on a wire, its closing included. */
const TRAVEL_MS = 10_000;

/** Everything that was wrong with the run. The stage is over afterwards. */
export async function finish(stage: Stage): Promise<string[]> {
  await mend(stage);
  for (const { user, role } of stage.accounts.list()) {
    if (role !== 'operator') for (const device of devicesOf(stage, user)) await bringOnline(stage, device);
  }
  await calm(stage);
  const wrong = [...violations(stage.ledger.entries), ...(await unsettled(stage))];
  await stage.end();
  await stage.pass(TRAVEL_MS);
  if (stage.clock.timers > 0) wrong.push(`${stage.clock.timers} timers were left when everything was over`);
  return wrong;
}

/** No fault lasts. */
async function mend(stage: Stage): Promise<void> {
  stage.net.isBlackHole = false;
  for (const { transport } of stage.hands.values()) transport.cut();
  for (const cable of stage.net.cables) if (!cable.isOver) cable.cut();
  stage.setDisk('sound');
  await stage.rest();
  if (!stage.isServing) await stage.startServer();
}

/** The devices of a user, and one more that chats if there is none; those that run come last. */
function devicesOf(stage: Stage, user: string): Device[] {
  const own = [...stage.devices.values()].filter((device) => device.user === user);
  if (own.every(({ mode }) => mode !== 'chat')) own.push(stage.device(`${user}'s finale`));
  return own.sort((a, b) => Number(a.isRunning) - Number(b.isRunning));
}

/** It comes back, and gets rid of what it had queued. Of several devices that chat the last one stays. */
async function bringOnline(stage: Stage, device: Device): Promise<void> {
  device.showing = () => {};
  if (!device.isRunning) device.start(device.mode);
  await waitUntil(stage, () => device.isOnline && device.queued === 0);
}

async function calm(stage: Stage): Promise<void> {
  await waitUntil(stage, () => {
    const facts = factsOf(stage.ledger.entries);
    const there = arrived(facts);
    return [...acknowledged(facts)].every((key) => there.has(key));
  });
}

/** Not being in time is not an error here: the oracles say what is missing. */
async function waitUntil(stage: Stage, holds: () => boolean): Promise<void> {
  await stage.rest();
  for (let seconds = 0; seconds < PATIENCE_S && !holds(); seconds++) await stage.pass(1_000);
}

/** R17: what a device sent ends as delivered, or as failed with a reason; one that was away hears of it when it asks. */
async function unsettled(stage: Stage): Promise<string[]> {
  const wrong: string[] = [];
  for (const device of stage.devices.values()) {
    const open = () =>
      [...device.states.values()].filter(
        ({ state, refusal }) => state !== 'delivered' && !(state === 'failed' && refusal !== undefined),
      );
    if (open().length > 0 && !device.isRunning) await bringOnline(stage, device);
    await waitUntil(stage, () => open().length === 0); // One whose connection is dead has to notice first.
    wrong.push(...open().map(({ id, to, state }) => `R17: ${id} from ${device.name} to ${to} is still ${state}`));
  }
  return wrong;
}
