/** A client dies at every change of its state folder, and the next one continues: no message is lost or shown twice. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connect, type IncomingMessage, type MarkShown } from '../../../src/client/api/client.js';
import type { Files } from '../../../src/io/files.js';
import { createFakeClock } from '../../harness/fake-clock.js';
import { MemoryDisk } from '../../harness/files-memory.js';
import { memoryLock } from '../../harness/memory-lock.js';
import { MailServer, WINDOW } from '../mail-server.js';
import { createMortalFiles, type Death } from '../mortal-files.js';

const WAITING = 5;
const BODIES = Array.from({ length: WAITING }, (_, index) => `text ${index + 1}`);
const SENT = ['s1', 's2', 's3'];

/** The disk that the second process finds. */
type Aftermath = (disk: MemoryDisk) => MemoryDisk;

interface Run {
  /** The bodies shown by both processes, in order. */
  readonly shown: readonly string[];
  /** Ids whose `queued` resolved. */
  readonly queued: readonly string[];
  readonly server: MailServer;
  /** The first process did not die: it makes fewer changes. */
  readonly survived: boolean;
}

/** One process dies at the nth change; another one continues with its state folder. */
async function runWithDeath(diesAt: number, death: Death, aftermath: Aftermath, markShown: MarkShown): Promise<Run> {
  const clock = createFakeClock();
  const server = new MailServer(clock, WAITING);
  const shown: string[] = [];
  const queued: string[] = [];

  /** Runs a process until everything is shown, acked, sent and closed, or until it dies. */
  const runProcess = async (files: Files, isDead: () => boolean, ids: readonly string[]): Promise<void> => {
    const onMessage = ({ body }: IncomingMessage): undefined | Promise<never> => {
      if (isDead()) return new Promise(() => undefined); // code of a dead process that still runs here has no effect
      shown.push(body);
      return undefined;
    };
    const options = { url: 'ws://memory', user: 'alice', token: 't', stateFolder: '/state', markShown, onMessage };
    const client = connect(options, { dial: server.scripted.net.dial, clock, files, random: () => 0.5 });
    let isOnline = false;
    client.subscribe(({ type }) => {
      isOnline ||= type === 'online';
    });
    let unqueued = ids.length;
    for (const id of ids) {
      client.send('bob', `body of ${id}`, { id }).queued.then(() => {
        unqueued -= 1;
        if (!isDead()) queued.push(id);
      });
    }
    const isDone = (): boolean => isOnline && unqueued === 0 && server.delivered === WAITING && client.queued === 0;
    await clock.until(() => isDead() || isDone(), 'everything is shown, acked and sent');
    let isClosed = false;
    const closed = (): void => {
      isClosed = true;
    };
    if (!isDead()) client.close().then(closed);
    await clock.until(() => isDead() || isClosed, 'the client is closed');
  };

  const disk = new MemoryDisk();
  const files = createMortalFiles(lockedAs(disk.files), diesAt, death);
  await runProcess(files, () => files.isDead, SENT);
  if (!files.isDead) return { shown, queued, server, survived: true };
  for (const cable of server.scripted.net.cables) cable.cut();
  await clock.settle();
  await runProcess(lockedAs(aftermath(disk).files), () => false, []);
  return { shown, queued, server, survived: false };
}

/** Each process has its own locks: the dead one still runs here and never releases its lock. */
const lockedAs = (files: Files): Files => ({ ...files, ...memoryLock() });

/** Dies at every change in turn, and checks the invariants. */
async function sweep(death: Death, aftermath: Aftermath, markShown: MarkShown): Promise<void> {
  let deaths = 0;
  for (let survived = false; !survived; deaths++) {
    const run = await runWithDeath(deaths + 1, death, aftermath, markShown);
    survived = run.survived;
    const where = `died ${death} change ${deaths + 1}: shown ${run.shown}`;
    const once = [...new Set(run.shown)];
    assert.deepEqual(once, [...once].sort(), `${where}: in order (R16)`);
    if (markShown === 'before') {
      assert.deepEqual(run.shown, once, `${where}: never twice (R15)`);
      assert.ok(once.length >= WAITING - WINDOW, `${where}: at most one window was recorded as shown and was not`);
    } else {
      assert.deepEqual(once, BODIES, `${where}: never lost (R14)`);
      assert.ok(run.shown.length <= WAITING + WINDOW, `${where}: at most one window is shown again`);
    }
    const { stored } = run.server;
    assert.deepEqual(stored, [...stored].sort(), `${where}: sent in order (R16)`);
    for (const id of run.queued) assert.ok(stored.includes(id), `${where}: ${id} was queued and is lost (R14)`);
  }
  assert.ok(deaths > 25, `there were only ${deaths} changes`);
}

for (const markShown of ['before', 'after', 'only'] as const) {
  for (const death of ['before', 'after'] as const) {
    test(`killed ${death} each change, markShown: ${markShown}`, () => sweep(death, (disk) => disk.kill(), markShown));

    test(`power loss ${death} each change, markShown: ${markShown}`, async () => {
      // Different outcomes for unsynced writes: both extremes, and some in between.
      for (const fate of [0, 1, 2, 3]) await sweep(death, (disk) => disk.crash((bound) => fate % bound), markShown);
    });
  }
}
