/**
 * kill -9 of the chat client's screen at random moments, in the middle of a conversation (R15, R16). What people see is read
 * from a terminal emulator.
 * `node build/test/soak/kill-chat.js [--kills 100] [--seed N]`. Prints what it saw; ends with 1 if a message is missing, there
 * twice or out of order on either side, or if a draft is gone.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { connect, type IncomingMessage } from '../../src/client/client.js';
import { History, isOwn } from '../../src/history/history.js';
import { systemClock } from '../../src/io/clock.js';
import { realFiles } from '../../src/io/files.js';
import { serve } from '../commands/server.js';
import type { Scope } from '../harness/process.js';
import { seededRandom } from '../harness/seeded-random.js';
import { Pty } from '../tui/pty.js';

export interface ChatKillReport {
  readonly kills: number;
  /** What alice typed and sent, and what bob sent. */
  readonly sentByAlice: number;
  readonly sentByBob: number;
  readonly missing: number;
  readonly twice: number;
  readonly outOfOrder: number;
  readonly lostDrafts: number;
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => void systemClock.after(ms, resolve));

export async function killChat(kills: number, random: () => number): Promise<ChatKillReport> {
  const ends: (() => Promise<unknown>)[] = [];
  const scope: Scope = { after: (end) => ends.push(end) };
  const state = mkdtempSync(join(tmpdir(), 'im-kill-chat-'));
  try {
    const server = await serve(scope);
    await server.im(['user', 'add', 'alice', '--keep']);
    const token = (await server.im(['user', 'add', 'bob'])).stdout.trim();
    const got: string[] = [];
    const bob = connect({
      url: server.url,
      user: 'bob',
      token,
      stateFolder: join(state, 'bob'),
      onMessage: ({ body }: IncomingMessage) => void got.push(body),
    });
    const sentByBob: string[] = [];
    const typed: string[] = [];
    let lostDrafts = 0;
    let draft = '';
    /** Enter was pressed on the draft, and nobody saw what came of it. */
    let isLeaving = false;
    for (let life = 0; life <= kills; life++) {
      const alice = new Pty(scope, ['connect', 'alice', '--to', 'bob'], { env: server.env, columns: 100, rows: 40 });
      await alice.sees(/Write to bob|› /);
      const isDraft = draft !== '' && alice.emulator.text().includes(`› ${draft}`);
      if (draft !== '' && !isDraft && !isLeaving) lostDrafts += 1;
      await alice.sees('online');
      // What is still a draft was never sent, and is sent first. What was leaving and is no draft has been kept.
      if (draft !== '') typed.push(draft);
      if (isDraft) {
        alice.type('\r');
        await alice.sees((text) => !text.includes(`› ${draft}`));
      }
      const until = systemClock.monotonic() + 100 + random() * 600;
      for (let count = 0; systemClock.monotonic() < until; count++) {
        const body = `b${life}.${count}`;
        sentByBob.push(body);
        bob.send('alice', body);
        if (random() < 0.5) {
          const text = `a${life}.${count}`;
          alice.type(`${text}\r`);
          typed.push(text);
          // Seen: it is kept. What was not seen yet when the process died may still have been a draft.
          await alice.sees(`▎ ${text} `);
        }
        await pause(random() * 20);
      }
      draft = `draft ${life}`;
      alice.type(draft);
      await alice.sees(`› ${draft}`);
      isLeaving = life < kills && random() < 0.5;
      if (life < kills) {
        for (let count = 0; count < 3; count++) {
          const body = `b${life}.last.${count}`;
          sentByBob.push(body);
          bob.send('alice', body);
        }
        if (isLeaving) alice.type('\r');
        await pause(random() * 30);
        alice.kill('SIGKILL');
      } else {
        await alice.sees((text) => !/\d queued/.test(text));
        await pause(2_000);
        alice.type('\u0003\u0003');
      }
      await alice.ended;
    }
    await pause(1_000);
    await bob.close();
    const shown = await kept(server.env.HOME ?? '');
    const report = [compare(typed, got), compare(sentByBob, shown.fromBob), compare(typed, shown.own)];
    const sum = (pick: (one: Comparison) => number): number => report.reduce((total, one) => total + pick(one), 0);
    return {
      kills,
      sentByAlice: typed.length,
      sentByBob: sentByBob.length,
      missing: sum(({ missing }) => missing),
      twice: sum(({ twice }) => twice),
      outOfOrder: sum(({ outOfOrder }) => outOfOrder),
      lostDrafts,
    };
  } finally {
    for (const end of ends.reverse()) await end();
    rmSync(state, { recursive: true, force: true });
  }
}

interface Comparison {
  readonly missing: number;
  readonly twice: number;
  readonly outOfOrder: number;
}

function compare(wanted: readonly string[], found: readonly string[]): Comparison {
  const once = [...new Set(found)];
  return {
    missing: wanted.filter((body) => !once.includes(body)).length,
    twice: found.length - once.length,
    outOfOrder: once.filter((body, index) => wanted.indexOf(body) < wanted.indexOf(once[index - 1] ?? '')).length,
  };
}

/** What stands in alice's history: what her screen has shown. */
async function kept(home: string): Promise<{ fromBob: string[]; own: string[] }> {
  const root = join(home, '.local/state/im');
  const [server = '', ...others] = await realFiles.list(root);
  if (others.length > 0) throw new Error(`the state of one server: ${[server, ...others].join(', ')}`);
  const history = new History({ files: realFiles, folder: join(root, server, 'alice', 'chat', 'history') });
  const fromBob: string[] = [];
  const own: string[] = [];
  for await (const said of history.messages('bob')) (isOwn(said) ? own : fromBob).push(said.body);
  return { fromBob, own };
}

if (process.argv[1] === import.meta.filename) {
  const { values } = parseArgs({ options: { kills: { type: 'string', default: '100' }, seed: { type: 'string' } } });
  const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31));
  console.log(`seed ${seed}`);
  const report = await killChat(Number(values.kills), seededRandom(seed));
  console.table(report);
  const { missing, twice, outOfOrder, lostDrafts } = report;
  if (missing + twice + outOfOrder + lostDrafts > 0) process.exitCode = 1;
}
