/** Sentences about what lies between and behind people: wires, time, the server, its disk and its accounts. */
import assert from 'node:assert/strict';
import type { Cable } from '../harness/memory-transport.js';
import type { Stage } from '../harness/stage.js';
import { type Sentence, sentence } from './language.js';

const does = sentence<Stage>('does');
const expects = sentence<Stage>('expects');

const WIRES: readonly Sentence<Stage>[] = [
  does('cut the wire of {who}', (stage, who) => onCable(stage, who, (cable) => cable.cut())),
  does('hold what {who} says', (stage, who) => onCable(stage, who, (cable) => cable.hold('client'))),
  does('hold what {who} is told', (stage, who) => onCable(stage, who, (cable) => cable.hold('server'))),
  does('let go what {who} says', (stage, who) => onCable(stage, who, (cable) => cable.release('client'))),
  does('let go what {who} is told', (stage, who) => onCable(stage, who, (cable) => cable.release('server'))),
  does('the wire of {who} goes dead', (stage, who) => onCable(stage, who, (cable) => cable.lose())),
  does('the wire of {who} takes {time}', (stage, who, ms) =>
    onCable(stage, who, (cable) => {
      cable.delayMs = ms;
    }),
  ),
  does('the net swallows every new connection', (stage) => {
    stage.net.isBlackHole = true;
  }),
  does('the net is itself again', (stage) => {
    stage.net.isBlackHole = false;
  }),
  expects('there were {count} connections', (stage, count) => {
    assert.equal(stage.net.cables.length, count);
  }),
];

const TIME: readonly Sentence<Stage>[] = [
  does('{time} passes', (stage, ms) => stage.pass(ms)),
  does('{time} pass', (stage, ms) => stage.pass(ms)),
  does('the clock jumps {time} ahead', (stage, ms) => stage.clock.jump(ms)),
  does('the clock jumps {time} back', (stage, ms) => stage.clock.jump(-ms)),
];

const SERVER: readonly Sentence<Stage>[] = [
  does('a mailbox has room for {count} messages', (stage, count) => stage.limitMailboxes({ maxUndelivered: count })),
  does('the server stops', (stage) => stage.stopServer()),
  does('the server crashes', (stage) => stage.crashServer()),
  does('the server starts', (stage) => stage.startServer()),
  does('the server has lost its store', (stage) => stage.loseStore()),
  expects('the server has {count} connections', (stage, count) => {
    assert.equal(stage.metrics.connections, count);
  }),
  expects('the server has passed over {count}', (stage, count) => {
    assert.equal(stage.metrics.passedOver, count);
  }),
  expects('the server has {ids} from {user} to {user} as {word}', async (stage, ids, from, to, state) => {
    const found = await stage.done(stage.store.find(to, from, ids), 'asking the store');
    assert.deepEqual(
      found,
      ids.map((id) => ({ id, state })),
    );
  }),
  expects('the server has pushed {count}', (stage, count) => {
    assert.equal(stage.metrics.messagesPushed, count);
  }),
];

const DISK: readonly Sentence<Stage>[] = [
  does('the disk is full', (stage) => stage.setDisk('full')),
  does('the disk hangs', (stage) => stage.setDisk('hanging')),
  does('the disk breaks', (stage) => stage.setDisk('broken')),
  does('the disk is itself again', async (stage) => {
    stage.setDisk('sound');
    await stage.rest();
  }),
];

const ACCOUNTS: readonly Sentence<Stage>[] = [
  does('{user} is given another token', async (stage, user) => {
    const [issued] = await stage.accounts.rotate([user]);
    if (issued) stage.tokens.set(user, issued.token);
    await stage.rest();
  }),
  does('{user} has lost the token', (stage, user) => {
    stage.tokens.set(user, 'a guess');
  }),
  does('{user} has found the token', (stage, user) => {
    stage.tokens.delete(user);
  }),
  does('{user} is removed', async (stage, user) => {
    await stage.accounts.remove([user]);
    await stage.rest();
  }),
];

export const WORLD_SENTENCES: readonly Sentence<Stage>[] = [...WIRES, ...TIME, ...SERVER, ...DISK, ...ACCOUNTS];

/** The connection of a device, or one held by hand. */
async function onCable(stage: Stage, who: string, act: (cable: Cable) => void): Promise<void> {
  const cable = stage.rawConnections.get(who)?.cable ?? stage.device(who).cable;
  act(cable);
  await stage.rest();
}
