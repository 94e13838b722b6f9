/**
 * Copies of a data folder in use: a copy that starts has everything that was acknowledged before the copy began, or is refused: as a
 * whole, or mailboxes by name (R14).
 * `node build/test/soak/copies.js [--stories 1000] [--real 60] [--seed N]`. Most stories run in memory (test/harness/copy-story.ts);
 * `--real` of them copy a folder with cp, tar, rsync and im backup beside a real server that has traffic, writes
 * checkpoints and is killed. Prints a line for each copier; exits with 1 if a message was lost.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { parseArgs } from 'node:util';
import { type Client, connect } from '../../src/client/api/client.js';
import { systemClock } from '../../src/io/clock.js';
import { COPIERS, tellCopyStory } from '../harness/copy-story.js';
import { im, PROGRAM, type Running, type Scope, start } from '../harness/process.js';
import { seededRandom } from '../harness/seeded-random.js';
import { pause, scoped, shuffle, within } from './scoped.js';
import { SMALL_SERVE } from './small-serve.js';

/** How a real folder is copied. */
const REAL_COPIERS = ['cp', 'tar', 'rsync', 'im backup'] as const;
type RealCopier = (typeof REAL_COPIERS)[number];

const USERS = ['bob', 'carol', 'dave', 'erin'];
/** How long the messages of a copy may take to arrive. */
const DRAIN_MS = 60_000;

interface CopyTotals {
  stories: number;
  started: number;
  /** Copies that were refused as a whole. */
  refused: number;
  /** Mailboxes of started copies that were refused by name. */
  refusedMailboxes: number;
  /** Messages that started copies had to have. */
  checked: number;
  readonly lost: string[];
}

interface RealCopy {
  readonly isStarted: boolean;
  readonly refused: readonly string[];
  readonly checked: number;
  readonly lost: readonly string[];
  /** Of the server beside the copy. */
  readonly kills: number;
  readonly segments: number;
}

async function tellRealStory(seed: number, copier: RealCopier): Promise<RealCopy> {
  const home = mkdtempSync(join(tmpdir(), 'im-copies-'));
  try {
    return await scoped((scope) => new RealStory(scope, home, seededRandom(seed)).tell(copier));
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

class RealStory {
  readonly #data: string;
  readonly #copied: string;
  readonly #env: Record<string, string>;
  /** 0: the limits of `im serve`. */
  readonly #checkpointBytes: number;
  readonly #acknowledged = new Map<string, string>();
  /** Ids that a receiver of the server was shown; and one of the copy. */
  readonly #shown = new Set<string>();
  #server: Running | undefined;
  #url = '';
  #sent = 0;
  #kills = 0;
  #isOver = false;

  constructor(
    private readonly scope: Scope,
    home: string,
    private readonly random: () => number,
  ) {
    this.#data = join(home, 'data');
    this.#copied = join(home, 'copy');
    this.#env = { HOME: home };
    this.#checkpointBytes = this.#below(5) === 0 ? 0 : 50_000 * 2 ** this.#below(5);
  }

  async tell(copier: RealCopier): Promise<RealCopy> {
    await this.#serve(this.#data);
    const added = await im(this.scope, ['user', 'add', 'alice', ...USERS, '--json', '--data', this.#data], {
      env: this.#env,
    });
    const lines = added.stdout.trim().split('\n');
    const tokens = new Map(
      lines.map((line) => JSON.parse(line) as { user: string; token: string }).map(({ user, token }) => [user, token]),
    );
    const tokenOf = (user: string): string => tokens.get(user) as string;
    const alice = connect({ url: this.#url, user: 'alice', token: tokenOf('alice'), mode: 'send' });
    const receivers = this.#receive(USERS.slice(0, this.#below(USERS.length)), tokenOf);
    const traffic = this.#traffic(alice);
    await pause(200 + this.random() * 1_000);
    if (this.#below(2) === 0) await this.#restart();
    const acknowledged = new Map(this.#acknowledged); // before the copy begins
    let isCopied = false;
    const restarts = this.#restartUntil(() => isCopied);
    try {
      await this.#copy(copier);
    } finally {
      isCopied = true;
    }
    await restarts;
    this.#isOver = true;
    await traffic;
    const segments = Math.max(...readdirSync(join(this.#data, 'journal')).map((name) => Number.parseInt(name, 10)));
    await this.#end('SIGKILL');
    await Promise.all([alice, ...receivers].map((client) => client.close()));
    return { ...(await this.#check(acknowledged, tokenOf)), kills: this.#kills, segments };
  }

  readonly #below = (bound: number): number => Math.floor(this.random() * bound);

  /** @throws Error when it ends before it listens. */
  async #serve(folder: string): Promise<void> {
    const port = this.#url === '' ? '0' : new URL(this.#url).port;
    const flags = ['--json', '--port', port, '--data', folder, '--log-level', 'warn'];
    const program = this.#checkpointBytes === 0 ? [PROGRAM, 'serve'] : [SMALL_SERVE, String(this.#checkpointBytes)];
    const words = [...program, ...flags];
    this.#server = start(this.scope, words, { env: this.#env, program: process.execPath });
    const { url } = JSON.parse(await this.#server.line('listening')) as { url: string };
    this.#url = url;
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    this.#server?.child.kill(signal);
    await this.#server?.finished;
  }

  async #restart(): Promise<void> {
    await this.#end(this.#below(4) === 0 ? 'SIGTERM' : 'SIGKILL'); // SIGTERM ends with a checkpoint
    this.#kills++;
    await this.#serve(this.#data);
  }

  async #restartUntil(isDone: () => boolean): Promise<void> {
    while (this.#below(2) === 0) {
      for (let left = this.random() * 800; left > 0 && !isDone(); left -= 20) await pause(20);
      if (isDone()) return;
      await this.#restart();
    }
  }

  /** Clients that ack what they get, so that cursors move. */
  #receive(users: readonly string[], tokenOf: (user: string) => string): Client[] {
    const onMessage = ({ id }: { readonly id: string }): void => void this.#shown.add(id);
    return users.map((user) => connect({ url: this.#url, user, token: tokenOf(user), onMessage }));
  }

  async #traffic(alice: Client): Promise<void> {
    while (!this.#isOver) {
      for (let count = this.#below(60); count > 0 && alice.queued < 2_000; count--) {
        const to = USERS[this.#below(USERS.length)] as string;
        const id = `m${++this.#sent}`;
        const { stored, delivered } = alice.send(to, `${id} `.repeat(1 + this.#below(300)), { id });
        stored.then(
          () => this.#acknowledged.set(id, to),
          () => {}, // the client was closed before
        );
        delivered.catch(() => {});
      }
      await pause(5);
    }
  }

  async #copy(copier: RealCopier): Promise<void> {
    const { scope } = this;
    const run = (program: string, ...args: string[]) => start(scope, args, { program, input: '' }).finished;
    switch (copier) {
      case 'cp': {
        if (this.#below(3) === 0) await run('cp', '-r', this.#data, this.#copied);
        else {
          await run('mkdir', this.#copied);
          // A part at a time, in any order, as scripts do.
          for (const name of shuffle(readdirSync(this.#data), this.#below)) {
            await run('cp', '-r', join(this.#data, name), this.#copied);
            await pause(this.random() * 150);
          }
        }
        return;
      }
      case 'tar':
        await run('mkdir', this.#copied);
        return this.#tar((1 + this.random() * 49) * 1e6);
      case 'rsync':
        for (let pass = 0; pass < 2; pass++) {
          await run('rsync', '-a', '--delete', `${this.#data}/`, this.#copied);
          await pause(this.random() * 200);
        }
        return;
      case 'im backup': {
        const backup = await im(scope, ['backup', this.#copied, '--data', this.#data], { env: this.#env });
        if (backup.code !== 0) throw new Error(`im backup exited with ${backup.code}: ${backup.stderr}`);
        return;
      }
    }
  }

  /** Files that vanish while they are packed are reported by tar, which goes on. */
  async #tar(bytesPerSecond: number): Promise<void> {
    const packing = spawn('tar', ['cf', '-', '-C', this.#data, '.'], { stdio: ['ignore', 'pipe', 'ignore'] });
    const unpacking = spawn('tar', ['xf', '-', '-C', this.#copied], { stdio: ['pipe', 'ignore', 'ignore'] });
    const ended = [once(packing, 'close'), once(unpacking, 'close')];
    const throttle = new Transform({
      transform(chunk: Buffer, _, done) {
        systemClock.after((chunk.length / bytesPerSecond) * 1_000, () => done(undefined, chunk));
      },
    });
    await pipeline(packing.stdout, throttle, unpacking.stdin);
    await Promise.all(ended);
  }

  /** Starts a server with the copy, and receives everything in it. */
  async #check(
    acknowledged: ReadonlyMap<string, string>,
    tokenOf: (user: string) => string,
  ): Promise<Pick<RealCopy, 'isStarted' | 'refused' | 'checked' | 'lost'>> {
    try {
      await this.#serve(this.#copied);
    } catch (error) {
      const { code, stderr } = (await this.#server?.finished) ?? {};
      if (code !== 8) throw error;
      if (stderr === '') throw new Error('a refusal without a reason');
      return { isStarted: false, refused: [], checked: 0, lost: [] };
    }
    const listed = await im(this.scope, ['inspect-queue', '--summary', '--json', '--data', this.#copied], {
      env: this.#env,
    });
    const refused = USERS.filter((user) => listed.stderr.includes(`the mailbox of ${user} cannot be read`));
    const expected = [...acknowledged].filter(([, to]) => !refused.includes(to));
    const open = new Set(expected.map(([id]) => id));
    const lost: string[] = [];
    const alice = connect({ url: this.#url, user: 'alice', token: tokenOf('alice'), mode: 'send' });
    let allKnown = (): void => {};
    const complete = new Promise<void>((resolve) => {
      allKnown = resolve;
    });
    alice.subscribe((event) => {
      if (event.type !== 'state') return;
      if (event.state === 'failed') lost.push(`${event.id} to ${event.to}: ${event.refusal?.code}`);
      if (event.state === 'failed' || event.state === 'delivered') open.delete(event.id);
      if (open.size === 0) allKnown();
    });
    if (open.size === 0) allKnown();
    alice.track(expected.map(([id, to]) => ({ id, to })));
    const receivers = this.#receive(
      USERS.filter((user) => !refused.includes(user)),
      tokenOf,
    );
    await within(DRAIN_MS, complete);
    for (const id of open) lost.push(`${id}: neither delivered nor failed`);
    await Promise.all([alice, ...receivers].map((client) => client.close()));
    for (const [id] of expected) if (!this.#shown.has(id)) lost.push(`${id}: shown to nobody`);
    await this.#end('SIGTERM');
    return { isStarted: true, refused, checked: expected.length, lost };
  }
}

async function tellAll(stories: number, real: number, seed: number): Promise<boolean> {
  const totals = new Map<string, CopyTotals>();
  const totalsOf = (copier: string): CopyTotals => {
    const found = totals.get(copier) ?? {
      stories: 0,
      started: 0,
      refused: 0,
      refusedMailboxes: 0,
      checked: 0,
      lost: [],
    };
    totals.set(copier, found);
    return found;
  };
  let checkpoints = 0;
  let kills = 0;
  for (let story = 0; story < stories - real; story++) {
    const copier = COPIERS[story % COPIERS.length] as (typeof COPIERS)[number];
    const total = totalsOf(`in memory: ${copier}`);
    total.stories++;
    try {
      const told = await tellCopyStory(seed + story, copier);
      total[told.isStarted ? 'started' : 'refused']++;
      total.refusedMailboxes += told.refused;
      if (told.isStarted) total.checked += told.acknowledged;
      checkpoints += told.checkpoints;
    } catch (error) {
      total.lost.push(`seed ${seed + story}: ${error instanceof Error ? error.message : error}`);
    }
  }
  console.log(`${stories - real} stories in memory, with ${checkpoints} checkpoints`);
  let segments = 0;
  const tools = REAL_COPIERS.filter((copier) => {
    const isThere = copier === 'im backup' || spawnSync(copier, ['--version']).status === 0;
    if (!isThere) console.log(`${copier} is not installed here: its stories are left out`);
    return isThere;
  });
  for (let story = 0; story < real; story++) {
    const copier = tools[story % tools.length] as RealCopier;
    const total = totalsOf(copier);
    total.stories++;
    const told = await tellRealStory(seed + story, copier);
    total[told.isStarted ? 'started' : 'refused']++;
    total.refusedMailboxes += told.refused.length;
    total.checked += told.checked;
    const isRefused = copier === 'im backup' && (!told.isStarted || told.refused.length > 0);
    if (isRefused) total.lost.push(`seed ${seed + story}: a backup was refused`);
    total.lost.push(...told.lost.map((what) => `seed ${seed + story}: ${what}`));
    kills += told.kills;
    segments += told.segments;
    if ((story + 1) % 20 === 0) console.log(`real story ${story + 1}: ${kills} kills, ${segments} journal segments`);
  }
  for (const [copier, { started, refused, refusedMailboxes, checked, lost, ...total }] of totals) {
    console.log(
      `${copier}: ${total.stories} stories, ${started} started, ${refused} refused, ${refusedMailboxes} mailboxes refused by name, ` +
        `${checked} acknowledged messages checked, lost ${lost.length}`,
    );
    for (const what of lost.slice(0, 10)) console.log(`  ${what}`);
  }
  return [...totals.values()].every(({ lost }) => lost.length === 0);
}

if (process.argv[1] === import.meta.filename) {
  const { values } = parseArgs({
    options: {
      stories: { type: 'string', default: '1000' },
      real: { type: 'string', default: '60' },
      seed: { type: 'string' },
    },
  });
  const seed = Number(values.seed ?? systemClock.now() % 1_000_000);
  console.log(`seed ${seed}`);
  const isGood = await tellAll(Number(values.stories), Math.min(Number(values.real), Number(values.stories)), seed);
  if (!isGood) process.exitCode = 1;
}
