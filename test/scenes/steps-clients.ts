/** Steps about clients: the real client library, one client per device of a user. */
import assert from 'node:assert/strict';
import { type IncomingMessage, Unsendable } from '../../src/client/api/client.js';
import type { Stage } from '../harness/stage.js';
import type { Device, DeviceMode } from '../harness/stage-device.js';
import { type Step, step } from './language.js';

const act = step<Stage>('act');
const expects = step<Stage>('expect');

export const CLIENT_STEPS: readonly Step<Stage>[] = [
  act('{who} is online', (stage, who) => comeOnline(stage, who)),
  act('{who} comes online', (stage, who) => comeOnline(stage, who)),
  act('{who} comes online in mode send', (stage, who) => comeOnline(stage, who, 'send')),
  act('{who} is a device of its own', (stage, who) => {
    const device = stage.device(who);
    assert.equal(device.isRunning, false, `${who} is running`);
    device.device = who.slice(who.indexOf(' ') + 1);
  }),
  act('{who} wants copies', (stage, who) => {
    stage.device(who).wantsCopies = true;
  }),
  act('{who} wants no copies', (stage, who) => {
    stage.device(who).wantsCopies = false;
  }),
  act('{who} wants history', (stage, who) => {
    stage.device(who).wantsHistory = true;
  }),
  act('{who} starts', async (stage, who) => {
    stage.device(who).start();
    await stage.rest();
  }),
  act('{who} starts in mode send', async (stage, who) => {
    stage.device(who).start('send');
    await stage.rest();
  }),
  act('{who} is offline', (stage, who) => {
    assert.equal(stage.device(who).isRunning, false, `${who} is running`);
  }),
  act('{who} goes offline', async (stage, who) => {
    await stage.done(stage.device(who).close(), `${who} goes offline`);
  }),
  act('{who} is killed', async (stage, who) => {
    stage.device(who).kill();
    await stage.rest();
  }),
  act('{who} marks messages before showing them', (stage, who) => {
    stage.device(who).markShown = 'before';
  }),
  act('{who} will be killed while the next message is shown', (stage, who) => {
    const device = stage.device(who);
    device.showing = () => {
      device.showing = () => {};
      device.kill();
      return new Promise(() => {});
    };
  }),

  act('{who} sends {ids} to {user}', (stage, who, ids, to) => send(stage, who, ids, to)),
  act('{who} sends {ids} {text} to {user}', (stage, who, ids, text, to) => send(stage, who, ids, to, text)),
  act('{who} sends {ids} of {count} bytes to {user}', (stage, who, ids, count, to) =>
    send(stage, who, ids, to, 'x'.repeat(count)),
  ),
  act('{who} sends {ids} of {count} control characters to {user}', (stage, who, ids, count, to) =>
    send(stage, who, ids, to, '\u0001'.repeat(count)),
  ),
  expects('{who} cannot send {ids} of {count} bytes to {user}', (stage, who, [id = ''], count, to) => {
    assert.throws(() => stage.device(who).send(to, 'x'.repeat(count), id), Unsendable);
  }),

  expects('{who} receives {ids} from {user}', (stage, who, ids, from) => receive(stage.device(who), ids, from)),
  expects('{who} receives {ids} {text} from {user}', (stage, who, ids, text, from) =>
    receive(stage.device(who), ids, from, text),
  ),
  expects('{who} receives {ids} of {count} bytes from {user}', (stage, who, ids, count, from) =>
    receive(stage.device(who), ids, from, 'x'.repeat(count)),
  ),
  expects('{who} receives {ids} of {count} control characters from {user}', (stage, who, ids, count, from) =>
    receive(stage.device(who), ids, from, '\u0001'.repeat(count)),
  ),
  expects('{who} receives {ids} from {user} as replay {word}', (stage, who, ids, from, name) => {
    const device = stage.device(who);
    const next = device.shown.slice(device.looked, device.looked + ids.length);
    assert.ok(
      next.every(({ replay }) => replay === name),
      `${who}: not marked as replay ${name}`,
    );
    receive(device, ids, from);
  }),
  expects('{who} receives {ids} from {user} as history', (stage, who, ids, from) =>
    receive(stage.device(who), ids, from, undefined, { isHistory: true }),
  ),
  expects('{who} receives copies of {ids} to {user}', (stage, who, ids, to) =>
    receiveCopies(stage.device(who), ids, to),
  ),
  expects('{who} receives copies of {ids} to {user} as history', (stage, who, ids, to) =>
    receiveCopies(stage.device(who), ids, to, { isHistory: true }),
  ),
  expects('{who} has received nothing else', (stage, who) => {
    const { shown, looked } = stage.device(who);
    assert.deepEqual(
      shown.slice(looked).map(({ id }) => id),
      [],
      `${who} has received something else`,
    );
  }),

  expects('{who} has missed {count} messages', (stage, who, count) => {
    assert.equal(stage.device(who).missed, count);
  }),

  expects('{who} sees {ids} as {word}', (stage, who, ids, state) => {
    for (const id of ids) {
      assert.equal(stage.device(who).states.get(id)?.state ?? 'unknown', state, `${who}: state of ${id}`);
    }
  }),
  expects('{who} sees {ids} refused as {word}', (stage, who, ids, code) => {
    for (const id of ids) {
      const { state, refusal } = stage.device(who).states.get(id) ?? {};
      assert.deepEqual([state, refusal?.code], ['failed', code], `${who}: state of ${id}`);
    }
  }),
  expects('{who} sees {ids} waiting because of {word}', (stage, who, ids, code) => {
    for (const id of ids) {
      const { state, refusal } = stage.device(who).states.get(id) ?? {};
      assert.deepEqual([state, refusal?.code], ['queued', code], `${who}: state of ${id}`);
    }
  }),

  expects('{who} is still online', (stage, who) => {
    assert.equal(stage.device(who).isOnline, true, `${who} is offline: ${JSON.stringify(stage.device(who).end)}`);
  }),
  expects('{who} has lost the connection: {word}', (stage, who, reason) => {
    const { isOnline, isRunning, lastLoss } = stage.device(who);
    assert.deepEqual([isRunning, isOnline, lastLoss?.reason], [true, false, reason]);
  }),
  expects('{who} has ended: {word}', (stage, who, reason) => {
    assert.equal(stage.device(who).end?.reason, reason, `${who}: why the client ended`);
  }),
];

async function comeOnline(stage: Stage, who: string, mode: DeviceMode = 'chat'): Promise<void> {
  const device = stage.device(who);
  if (!device.isRunning) device.start(mode);
  await stage.rest();
  assert.equal(device.isOnline, true, `${who} did not get online: ${JSON.stringify(device.end ?? device.lastLoss)}`);
}

/** Sends all of them in one turn of the event loop. The default body is the id. */
async function send(stage: Stage, who: string, ids: readonly string[], to: string, body?: string): Promise<void> {
  for (const id of ids) stage.device(who).send(to, body ?? id, id);
  await stage.rest();
}

/** What a message can be besides one that was sent to the user since the device was added. */
type Marks = Pick<IncomingMessage, 'to' | 'isHistory'>;

/** Asserts that the next messages shown on the device are exactly these, in this order. */
function receive(device: Device, ids: readonly string[], from: string, body?: string, marks: Marks = {}): void {
  const next = device.shown.slice(device.looked, device.looked + ids.length);
  assert.deepEqual(
    next.map((message) => [message.id, message.from, message.body, message.to, message.isHistory]),
    ids.map((id) => [id, from, body ?? id, marks.to, marks.isHistory]),
    `${device.name}: the next of ${device.shown.length - device.looked} messages shown`,
  );
  device.looked += ids.length;
}

/** The same, for copies of what the user sent from elsewhere. */
const receiveCopies = (device: Device, ids: readonly string[], to: string, marks: Marks = {}): void =>
  receive(device, ids, device.user, undefined, { ...marks, to });
