/**
 * An older version of this project against this one: server, sender and receiver, each from either version, with kills in between;
 * and the older folders in the hands of this version.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PROGRAM, type Running, type Scope, start } from '../harness/process.js';
import { pause, scoped } from './scoped.js';

type Version = 'old' | 'new';

interface Phase {
  readonly server: Version;
  readonly sender: Version;
  readonly receiver: Version;
}

const MESSAGES = 200;
/** A receiver that is killed while it prints may print a line again; here nobody tries that. */
const PRINTED_MS = 200;
const VERSIONS: readonly Version[] = ['old', 'new'];
/** Each mixture, in folders of its own. */
const MIXTURES: readonly Phase[] = VERSIONS.flatMap((server) =>
  VERSIONS.flatMap((sender) => VERSIONS.map((receiver) => ({ server, sender, receiver }))),
);
/** An upgrade of everything, a part at a time: with the same folders. */
const UPGRADE: readonly Phase[] = [
  { server: 'old', sender: 'old', receiver: 'old' },
  { server: 'new', sender: 'old', receiver: 'old' },
  { server: 'new', sender: 'new', receiver: 'old' },
  { server: 'new', sender: 'new', receiver: 'new' },
];

/** @param old the folder of the older version, built. Prints a line for each run. Resolves with whether all was well. */
export async function mixVersions(old: string): Promise<boolean> {
  const programs = { old: join(old, 'bin/run.js'), new: PROGRAM };
  let isGood = true;
  for (const phases of [...MIXTURES.map((phase) => [phase]), UPGRADE]) {
    const { acknowledged, lost, twice } = await tellPhases(phases, programs);
    const name = phases.map(
      ({ server, sender, receiver }) => `server ${server}, sender ${sender}, receiver ${receiver}`,
    );
    console.log(`${name.join('; then ')}: ${acknowledged} acknowledged, ${lost} lost, ${twice} twice`);
    if (lost + twice > 0) isGood = false;
  }
  return isGood;
}

async function tellPhases(phases: readonly Phase[], programs: Readonly<Record<Version, string>>) {
  const home = mkdtempSync(join(tmpdir(), 'im-versions-'));
  try {
    return await scoped((scope) => new Run(scope, home, programs).tell(phases));
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

class Run {
  readonly #data: string;
  readonly #env: Record<string, string>;
  #port = '0';
  #tokens: readonly string[] = [];
  #sent = 0;
  readonly #acknowledged: string[] = [];
  readonly #shown: string[] = [];

  constructor(
    private readonly scope: Scope,
    home: string,
    private readonly programs: Readonly<Record<Version, string>>,
  ) {
    this.#data = join(home, 'data');
    this.#env = { HOME: join(home, 'home') };
    mkdirSync(join(home, 'home'));
  }

  async tell(phases: readonly Phase[]): Promise<{ acknowledged: number; lost: number; twice: number }> {
    for (const phase of phases) await this.#phase(phase);
    const distinct = new Set(this.#shown);
    const lost = this.#acknowledged.filter((id) => !distinct.has(id)).length;
    return { acknowledged: this.#acknowledged.length, lost, twice: this.#shown.length - distinct.size };
  }

  async #phase({ server, sender, receiver }: Phase): Promise<void> {
    let serving = await this.#serve(server);
    if (this.#tokens.length === 0) {
      const adding = this.#run(server, ['user', 'add', 'alice', 'bob', '--data', this.#data]);
      this.#tokens = (await adding.finished).stdout.trim().split('\n');
    }
    const wanted = this.#acknowledged.length + 2 * MESSAGES;
    let receiving = this.#receive(receiver);
    const sending = this.#send(sender);
    await pause(100);
    await kill(serving);
    serving = await this.#serve(server);
    await sending;
    await receiving.line(`"last ${this.#sent}"`);
    await pause(PRINTED_MS);
    await this.#stopReceiving(receiving, 'SIGKILL');
    await this.#send(sender); // while the receiver is away
    receiving = this.#receive(receiver);
    // An ack in flight when the receiver was killed is repeated.
    await receiving.line(`"last ${this.#sent}"`);
    await this.#stopReceiving(receiving, 'SIGTERM');
    if (this.#acknowledged.length !== wanted) throw new Error('not everything was acknowledged');
    serving.child.kill('SIGTERM');
    await serving.finished;
  }

  async #serve(version: Version): Promise<Running> {
    const serving = this.#run(version, ['serve', '--json', '--port', this.#port, '--data', this.#data]);
    const { url } = JSON.parse(await serving.line('listening')) as { url: string };
    this.#port = new URL(url).port;
    return serving;
  }

  #receive(version: Version): Running {
    const words = ['listen', '--as', 'bob', '--json', '--url', `ws://127.0.0.1:${this.#port}`];
    return this.#run(version, words, { IM_TOKEN: this.#tokens[1] as string });
  }

  async #stopReceiving(receiving: Running, signal: NodeJS.Signals): Promise<void> {
    receiving.child.kill(signal);
    const lines = (await receiving.finished).stdout.split('\n').slice(0, -1);
    this.#shown.push(...lines.map((line) => (JSON.parse(line) as { id: string }).id));
  }

  /** The last message says so. */
  async #send(version: Version): Promise<void> {
    const lines = Array.from({ length: MESSAGES }, (_, index) =>
      JSON.stringify({ id: `m${++this.#sent}`, body: `${index === MESSAGES - 1 ? 'last' : 'message'} ${this.#sent}` }),
    );
    const url = `ws://127.0.0.1:${this.#port}`;
    const words = ['send', 'bob', '--stdin', 'jsonl', '--as', 'alice', '--url', url, '--retry-for', '60s'];
    const { stdout, stderr, code } = await this.#run(
      version,
      words,
      { IM_TOKEN: this.#tokens[0] as string },
      `${lines.join('\n')}\n`,
    ).finished;
    if (code !== 0) throw new Error(`im send (${version}) exited with ${code}: ${stderr}`);
    this.#acknowledged.push(...stdout.split('\n').slice(0, -1));
  }

  #run(version: Version, words: readonly string[], env: Record<string, string> = {}, input?: string): Running {
    const options = { env: { ...this.#env, ...env }, program: process.execPath, ...(input !== undefined && { input }) };
    return start(this.scope, [this.programs[version], ...words], options);
  }
}

async function kill({ child, finished }: Running): Promise<void> {
  child.kill('SIGKILL');
  await finished;
}
