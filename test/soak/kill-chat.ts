/**
 * kill -9 of the chat client's screen at random moments, in the middle of a conversation (R15: nothing is shown twice; R16: order).
 * The screen is read through a terminal emulator. Meanwhile another device of the same user sends, too: each shows what the other sent.
 * `node build/test/soak/kill-chat.js [--kills 100] [--seed N]`. Prints a report; exits with 1 if a message is missing, duplicated
 * or out of order on either side or device, or if a draft is lost.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { connect, type IncomingMessage } from '../../src/client/api/client.js';
import { History, isOwn } from '../../src/history/history.js';
import { systemClock } from '../../src/io/clock.js';
import { realFiles } from '../../src/io/files.js';
import { serve } from '../commands/server.js';
import type { Scope } from '../harness/process.js';
import { seededRandom } from '../harness/seeded-random.js';
import { Pty } from '../tui/pty.js';

export interface ChatKillReport {
  readonly kills: number;
  /** Messages that alice typed and sent, and messages that bob sent. */
  readonly sentByAlice: number;
  readonly sentByBob: number;
  /** Messages that the other device of alice sent. */
  readonly sentElsewhere: number;
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
    const tokenOf = async (user: string): Promise<string> => (await server.im(['user', 'add', user])).stdout.trim();
    const aliceToken = await tokenOf('alice');
    const token = await tokenOf('bob');
    const receivedByBob: string[] = [];
    const bob = connect({
      url: server.url,
      user: 'bob',
      token,
      stateFolder: join(state, 'bob'),
      onMessage: ({ body }: IncomingMessage) => void receivedByBob.push(body),
    });
    const elsewhere = { copies: [] as string[], received: [] as string[], sent: [] as string[] };
    const desktop = connect({
      url: server.url,
      user: 'alice',
      token: aliceToken,
      device: 'desktop',
      copies: true,
      stateFolder: join(state, 'desktop'),
      onMessage: ({ body, to }) => void (to === undefined ? elsewhere.received : elsewhere.copies).push(body),
    });
    await new Promise<void>((resolve) => desktop.subscribe(({ type }) => type === 'online' && resolve()));
    const sentByBob: string[] = [];
    const typed: string[] = [];
    let lostDrafts = 0;
    let draft = '';
    /** Enter was pressed on the draft just before the kill: it may have been sent or not. */
    let mayBeSent = false;
    for (let run = 0; run <= kills; run++) {
      const alice = new Pty(scope, ['connect', 'alice', '--to', 'bob'], {
        env: { ...server.env, IM_TOKEN: aliceToken },
        columns: 100,
        rows: 40,
      });
      await alice.sees(/Write to bob|› /);
      const isDraft = draft !== '' && alice.emulator.text().includes(`› ${draft}`);
      if (draft !== '' && !isDraft && !mayBeSent) lostDrafts += 1;
      await alice.sees('online');
      // A draft that is still there was not sent: send it now. A draft that is gone was sent.
      if (draft !== '') typed.push(draft);
      if (isDraft) {
        alice.type('\r');
        await alice.sees((text) => !text.includes(`› ${draft}`));
      }
      const until = systemClock.monotonic() + 100 + random() * 600;
      for (let count = 0; systemClock.monotonic() < until; count++) {
        const body = `b${run}.${count}`;
        sentByBob.push(body);
        bob.send('alice', body);
        if (random() < 0.3) {
          elsewhere.sent.push(`d${run}.${count}`);
          desktop.send('bob', `d${run}.${count}`);
        }
        if (random() < 0.5) {
          const text = `a${run}.${count}`;
          alice.type(`${text}\r`);
          typed.push(text);
          // Once it is on the screen it is in the history; before that it may still be a draft.
          await alice.sees(`▎ ${text} `);
        }
        await pause(random() * 20);
      }
      draft = `draft ${run}`;
      alice.type(draft);
      await alice.sees(`› ${draft}`);
      mayBeSent = run < kills && random() < 0.5;
      if (run < kills) {
        for (let count = 0; count < 3; count++) {
          const body = `b${run}.last.${count}`;
          sentByBob.push(body);
          bob.send('alice', body);
        }
        if (mayBeSent) alice.type('\r');
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
    await Promise.all([bob.close(), desktop.close()]);
    const history = await readHistory(server.env.HOME ?? '');
    const isElsewhere = (body: string): boolean => elsewhere.sent.includes(body);
    const isTyped = (body: string): boolean => !isElsewhere(body);
    const report = [
      compare(typed, receivedByBob.filter(isTyped)),
      compare(elsewhere.sent, receivedByBob.filter(isElsewhere)),
      compare(sentByBob, history.fromBob),
      compare(sentByBob, elsewhere.received),
      compare(typed, history.own.filter(isTyped)),
      compare(elsewhere.sent, history.own.filter(isElsewhere)),
      compare(typed, elsewhere.copies),
    ];
    const sum = (pick: (one: Comparison) => number): number => report.reduce((total, one) => total + pick(one), 0);
    return {
      kills,
      sentByAlice: typed.length,
      sentByBob: sentByBob.length,
      sentElsewhere: elsewhere.sent.length,
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

function compare(expected: readonly string[], found: readonly string[]): Comparison {
  const once = [...new Set(found)];
  return {
    missing: expected.filter((body) => !once.includes(body)).length,
    twice: found.length - once.length,
    outOfOrder: once.filter((body, index) => expected.indexOf(body) < expected.indexOf(once[index - 1] ?? '')).length,
  };
}

/** The messages in alice's history: what her screen has shown. */
async function readHistory(home: string): Promise<{ fromBob: string[]; own: string[] }> {
  const root = join(home, '.local/state/im');
  const [server = '', ...others] = await realFiles.list(root);
  if (others.length > 0) throw new Error(`expected the state of one server: ${[server, ...others].join(', ')}`);
  const history = new History({ files: realFiles, folder: join(root, server, 'alice', 'chat', 'history') });
  const fromBob: string[] = [];
  const own: string[] = [];
  for await (const message of history.messages('bob')) (isOwn(message) ? own : fromBob).push(message.body);
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
