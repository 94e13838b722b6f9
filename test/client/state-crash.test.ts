/** A client dies at every change of its state folder, and the next one goes on: nothing is lost, nothing comes twice. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connect, type IncomingMessage, type ShowMark } from '../../src/client/client.js';
import type { Files } from '../../src/io/files.js';
import { createFakeClock } from '../harness/fake-clock.js';
import { MemoryDisk } from '../harness/files-memory.js';
import { MailServer, WINDOW } from './mail-server.js';
import { createMortalFiles, type Death } from './mortal-files.js';

const WAITING = 5;
const BODIES = Array.from({ length: WAITING }, (_, index) => `text ${index + 1}`);
const SENT = ['s1', 's2', 's3'];

/** What becomes of the disk when the first process dies. */
type Aftermath = (disk: MemoryDisk) => MemoryDisk;

interface Run {
  /** Bodies, in the order in which they were shown, by both processes. */
  readonly shown: readonly string[];
  /** Ids whose `queued` resolved. */
  readonly queued: readonly string[];
  readonly server: MailServer;
  /** The first process lived through it all: there is no later moment. */
  readonly survived: boolean;
}

/** One process dies at the nth change; another one goes on with what it left. */
async function runWithDeath(diesAt: number, death: Death, aftermath: Aftermath, showMark: ShowMark): Promise<Run> {
  const clock = createFakeClock();
  const server = new MailServer(clock, WAITING);
  const shown: string[] = [];
  const queued: string[] = [];

  /** Until everything is shown, acked, sent and closed; or dead. */
  const live = async (files: Files, isDead: () => boolean, ids: readonly string[]): Promise<void> => {
    const onMessage = ({ body }: IncomingMessage): undefined | Promise<never> => {
      if (isDead()) return new Promise(() => undefined); // What still runs of a dead process does nothing.
      shown.push(body);
      return undefined;
    };
    const options = { url: 'ws://memory', user: 'alice', token: 't', stateFolder: '/state', showMark, onMessage };
    const client = connect(options, { dial: server.transport.net.dial, clock, files, random: () => 0.5 });
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
    await clock.until(() => isDead() || isDone(), 'all is said and done');
    let isClosed = false;
    const closed = (): void => {
      isClosed = true;
    };
    if (!isDead()) client.close().then(closed);
    await clock.until(() => isDead() || isClosed, 'the client is closed');
  };

  const disk = new MemoryDisk();
  const files = createMortalFiles(lockedAs(disk.files), diesAt, death);
  await live(files, () => files.isDead, SENT);
  if (!files.isDead) return { shown, queued, server, survived: true };
  for (const cable of server.transport.net.cables) cable.cut();
  await clock.settle();
  await live(lockedAs(aftermath(disk).files), () => false, []);
  return { shown, queued, server, survived: false };
}

/** Each process has a lock of its own: one that only plays dead never lets go of it. */
function lockedAs(files: Files): Files {
  const identity = `client-test-${process.pid}-${performance.now()}`;
  return { ...files, identify: async () => identity };
}

/** Dies at every change there is, and looks at what became of it. */
async function sweep(death: Death, aftermath: Aftermath, showMark: ShowMark): Promise<void> {
  let deaths = 0;
  for (let survived = false; !survived; deaths++) {
    const run = await runWithDeath(deaths + 1, death, aftermath, showMark);
    survived = run.survived;
    const where = `died ${death} change ${deaths + 1}: shown ${run.shown}`;
    const once = [...new Set(run.shown)];
    assert.deepEqual(once, [...once].sort(), `${where}: in order (R16)`);
    if (showMark === 'before') {
      assert.deepEqual(run.shown, once, `${where}: never twice (R15)`);
      assert.ok(once.length >= WAITING - WINDOW, `${where}: at most one mark was written for nothing`);
    } else {
      assert.deepEqual(once, BODIES, `${where}: never lost (R14)`);
      assert.ok(run.shown.length <= WAITING + WINDOW, `${where}: at most what was not yet marked comes again`);
    }
    const { stored } = run.server;
    assert.deepEqual(stored, [...stored].sort(), `${where}: sent in order (R16)`);
    for (const id of run.queued) assert.ok(stored.includes(id), `${where}: ${id} was queued, and is lost (R14)`);
  }
  assert.ok(deaths > 25, `there were only ${deaths} moments to die`);
}

for (const showMark of ['before', 'after'] as const) {
  for (const death of ['before', 'after'] as const) {
    test(`killed ${death} every single change, marking ${showMark} showing`, () =>
      sweep(death, (disk) => disk.kill(), showMark));

    test(`the power fails ${death} every single change, marking ${showMark} showing`, async () => {
      // The extremes of what a disk may keep, and something in between.
      for (const fate of [0, 1, 2, 3]) await sweep(death, (disk) => disk.crash((bound) => fate % bound), showMark);
    });
  }
}
