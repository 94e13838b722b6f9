/** A client is killed at every change of its state folder, and the next one goes on: nothing is lost, nothing comes twice. */
import assert from 'node:assert/strict';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { connect, type IncomingMessage, type ShowMark } from '../../src/client/client.js';
import type { Files } from '../../src/io/files.js';
import { createFakeClock } from '../harness/fake-clock.js';
import { MailServer, WINDOW } from './mail-server.js';
import { createMortalFiles, lockedByPath } from './mortal-files.js';

const WAITING = 5;
const SENT = ['s1', 's2', 's3'];

interface Run {
  /** Bodies, in the order in which they were shown, by both processes. */
  readonly shown: readonly string[];
  /** Ids whose `queued` resolved. */
  readonly queued: readonly string[];
  readonly server: MailServer;
  /** The first process lived through it all: there is no later moment. */
  readonly survived: boolean;
}

type Death = 'before' | 'after';

/** One process dies at the nth change; another one goes on with what it left. */
async function runWithDeath(folder: string, diesAt: number, when: Death, showMark: ShowMark): Promise<Run> {
  const clock = createFakeClock();
  const server = new MailServer(clock, WAITING);
  const shown: string[] = [];
  const queued: string[] = [];

  /** Until everything is shown, acked, sent and closed; or dead. */
  const live = async (stateFolder: string, files: Files, isDead: () => boolean, ids: readonly string[]) => {
    const onMessage = ({ body }: IncomingMessage): undefined | Promise<never> => {
      if (isDead()) return new Promise(() => undefined); // What still runs of a dead process does nothing.
      shown.push(body);
      return undefined;
    };
    const options = { url: 'ws://memory', user: 'alice', token: 't', stateFolder, showMark, onMessage };
    const client = connect(options, { dial: server.wire.net.dial, clock, files, random: () => 0.5 });
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
    const isDone = () => isOnline && unqueued === 0 && server.delivered === WAITING && client.queued === 0;
    await clock.until(() => isDead() || isDone(), 'all is said and done');
    let isClosed = false;
    if (!isDead()) client.close().then(() => (isClosed = true));
    await clock.until(() => isDead() || isClosed, 'the client is closed');
  };

  const files = createMortalFiles(diesAt, when);
  await live(join(folder, 'first'), files, () => files.isDead, SENT);
  if (!files.isDead) return { shown, queued, server, survived: true };

  for (const cable of server.wire.net.cables) cable.cut();
  await clock.settle();
  await cp(join(folder, 'first'), join(folder, 'second'), { recursive: true }).catch(noFolder);
  await live(join(folder, 'second'), lockedByPath, () => false, []);
  return { shown, queued, server, survived: false };
}

/** The first process died before it had made its folder. */
function noFolder(error: NodeJS.ErrnoException): void {
  assert.equal(error.code, 'ENOENT');
}

const BODIES = Array.from({ length: WAITING }, (_, index) => `text ${index + 1}`);

for (const showMark of ['before', 'after'] as const) {
  for (const when of ['before', 'after'] as const) {
    test(`killed ${when} every single change of the folder, marking ${showMark} showing (R14, R15, R16)`, async () => {
      const root = await mkdtemp(join(tmpdir(), 'im-client-'));
      let deaths = 0;
      for (let survived = false; !survived; deaths++) {
        const run = await runWithDeath(join(root, `${deaths + 1}`), deaths + 1, when, showMark);
        survived = run.survived;
        const where = `killed ${when} change ${deaths + 1}: shown ${run.shown}`;
        const once = [...new Set(run.shown)];
        assert.deepEqual(once, [...once].sort(), `${where}: in order`);
        if (showMark === 'before') {
          assert.deepEqual(run.shown, once, `${where}: never twice`);
          assert.ok(once.length >= WAITING - WINDOW, `${where}: at most one mark was written for nothing`);
        } else {
          assert.deepEqual(once, BODIES, `${where}: never lost`);
          assert.ok(run.shown.length <= WAITING + WINDOW, `${where}: at most what was not yet marked comes again`);
        }

        const stored = run.server.stored;
        assert.deepEqual(stored, [...stored].sort(), 'sent in order');
        for (const id of run.queued) assert.ok(stored.includes(id), `${where}: ${id} was queued, and is lost`);
      }
      await rm(root, { recursive: true });
      assert.ok(deaths > 25, `there were only ${deaths} moments to die`);
    });
  }
}
