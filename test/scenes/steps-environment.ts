/** Steps about everything around the clients: connections, time, the server, its disk and its accounts. */
import assert from 'node:assert/strict';
import type { SendersChange } from '../../src/accounts/accounts.js';
import type { Cable } from '../harness/memory-transport.js';
import type { Stage } from '../harness/stage.js';
import { type Step, step } from './language.js';

const act = step<Stage>('act');
const expects = step<Stage>('expect');

const CONNECTIONS: readonly Step<Stage>[] = [
  act('cut the connection of {who}', (stage, who) => onCable(stage, who, (cable) => cable.cut())),
  act('hold all frames from {who}', (stage, who) => onCable(stage, who, (cable) => cable.hold('client'))),
  act('hold all frames to {who}', (stage, who) => onCable(stage, who, (cable) => cable.hold('server'))),
  act('release all frames from {who}', (stage, who) => onCable(stage, who, (cable) => cable.release('client'))),
  act('release all frames to {who}', (stage, who) => onCable(stage, who, (cable) => cable.release('server'))),
  act('the connection of {who} goes dead', (stage, who) => onCable(stage, who, (cable) => cable.lose())),
  act('the connection of {who} has a latency of {time}', (stage, who, ms) =>
    onCable(stage, who, (cable) => {
      cable.delayMs = ms;
    }),
  ),
  act('the network drops every connection attempt', (stage) => {
    stage.net.isBlackHole = true;
  }),
  act('the network works again', (stage) => {
    stage.net.isBlackHole = false;
  }),
  expects('connections opened so far: {count}', (stage, count) => {
    assert.equal(stage.net.cables.length, count);
  }),
];

const TIME: readonly Step<Stage>[] = [
  act('{time} passes', (stage, ms) => stage.pass(ms)),
  act('{time} pass', (stage, ms) => stage.pass(ms)),
  act('the clock jumps {time} ahead', (stage, ms) => stage.clock.jump(ms)),
  act('the clock jumps {time} back', (stage, ms) => stage.clock.jump(-ms)),
];

const SERVER: readonly Step<Stage>[] = [
  act('a mailbox has room for {count} messages', (stage, count) => stage.limitMailboxes({ maxUndelivered: count })),
  act('a mailbox keeps {count} delivered messages', (stage, count) => stage.limitMailboxes({ keptDelivered: count })),
  act('a user may have {count} devices', (stage, count) => stage.limitMailboxes({ maxDevices: count })),
  act('the server stops', (stage) => stage.stopServer()),
  act('the server crashes', (stage) => stage.crashServer()),
  act('the server of {who} crashes', (stage, who) => stage.crashServerOf(cableOf(stage, who))),
  expects('{who} and {who} are at different servers', (stage, one, other) => {
    assert.notEqual(stage.serverOf(cableOf(stage, one)), stage.serverOf(cableOf(stage, other)));
  }),
  act('the server starts', (stage) => stage.startServer()),
  act('a copy of the store is made', (stage) => stage.saveStore()),
  act('the copy of the store is restored', (stage) => stage.restoreStore()),
  act('the server loses its store', (stage) => stage.loseStore()),
  expects('open connections on the server: {count}', (stage, count) => {
    assert.equal(stage.count('connections'), count);
  }),
  expects('inputs ignored by the server: {count}', (stage, count) => {
    assert.equal(stage.count('passedOver'), count);
  }),
  expects('the server has {ids} from {user} to {user} as {word}', async (stage, ids, from, to, state) => {
    const found = await stage.done(stage.store.find(to, from, ids), 'asking the store');
    assert.deepEqual(
      found,
      ids.map((id) => ({ id, state })),
    );
  }),
];

const DISK: readonly Step<Stage>[] = [
  act('the disk is full', (stage) => stage.setDisk('full')),
  act('the disk hangs', (stage) => stage.setDisk('hanging')),
  act('the disk breaks', (stage) => stage.setDisk('broken')),
  act('the disk works again', async (stage) => {
    stage.setDisk('sound');
    await stage.rest();
  }),
];

const ACCOUNTS: readonly Step<Stage>[] = [
  act('the token of {user} is rotated', async (stage, user) => {
    const [issued] = await stage.accounts.rotate([user], 0);
    if (issued) stage.tokens.set(user, issued.token);
    await stage.rest();
  }),
  act('{user} uses a wrong token', (stage, user) => {
    stage.tokens.set(user, 'a guess');
  }),
  act('{user} uses the right token', (stage, user) => {
    stage.tokens.delete(user);
  }),
  act('{user} blocks {user}', (stage, user, name) => changeSenders(stage, user, { action: 'block', names: [name] })),
  act('{user} unblocks {user}', (stage, user, name) =>
    changeSenders(stage, user, { action: 'unblock', names: [name] }),
  ),
  act('only {user} may write to {user}', (stage, name, user) =>
    changeSenders(stage, user, { action: 'allow', names: [name] }),
  ),
  act('all may write to {user}', (stage, user) => changeSenders(stage, user, { action: 'lift' })),
  act('{user} is removed', async (stage, user) => {
    await stage.accounts.remove([user]);
    await stage.rest();
  }),
];

export const ENVIRONMENT_STEPS: readonly Step<Stage>[] = [...CONNECTIONS, ...TIME, ...SERVER, ...DISK, ...ACCOUNTS];

async function changeSenders(stage: Stage, user: string, change: SendersChange): Promise<void> {
  await stage.accounts.changeSenders(user, change);
  await stage.rest();
}

/** Acts on the connection of a client, or on the raw connection with this name. */
const cableOf = (stage: Stage, who: string): Cable => stage.rawConnections.get(who)?.cable ?? stage.device(who).cable;

async function onCable(stage: Stage, who: string, act: (cable: Cable) => void): Promise<void> {
  act(cableOf(stage, who));
  await stage.rest();
}
