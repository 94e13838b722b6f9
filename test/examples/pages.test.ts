/**
 * Every example in README.md, docs/scripting.md and docs/queue.md, run as it stands, in order, in one home for each page.
 *
 * - `console`: each `$ command` is run by `sh` and must end with 0; what it prints must be what is shown (likeness.ts says what is
 *   taken for the same). With `# terminal N` it stays until the page ends, or another command takes that terminal; the lines
 *   shown must come in their order, the first of them before the page goes on.
 * - `sh`: run as a script, or kept as a file for later blocks when it begins with `#!`.
 * - `crontab`: each command is run as cron does, with cron's environment.
 * - `text`: what a person sees elsewhere; nothing to run.
 *
 * A page ends at its first failure. A block that cannot be run says why: `<!-- not run: why -->`.
 */
import assert from 'node:assert/strict';
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { areLike, isLike, likeness } from './likeness.js';
import { type Block, blocksOf, cronOf, fileOf, type Step, stepsOf } from './markdown.js';
import { makeSandbox, type Sandbox } from './sandbox.js';
import { begin, type Job } from './shell.js';

const root = join(import.meta.dirname, '../../..');

for (const path of ['README.md', 'docs/scripting.md', 'docs/queue.md']) {
  test(`every example of ${path} does what it shows`, { timeout: 150_000 }, async (t) => {
    const page = new Page(t, await makeSandbox(t));
    let place: string | undefined = path;
    t.signal.addEventListener('abort', () => place !== undefined && console.error(`${place} takes too long`));
    for (const block of blocksOf(await readFile(join(root, path), 'utf8'))) {
      place = `${path}:${block.line}`;
      if (block.notRun !== undefined) {
        t.diagnostic(`${place} is not run: ${block.notRun}`);
        continue;
      }
      await page.run(block).catch((cause) => {
        throw new Error(place, { cause });
      });
    }
    place = undefined;
    page.assertAllWasRun();
  });
}

class Page {
  readonly #terminals = new Map<string, Job>();
  /** Names of files that were kept, and no command has used. */
  readonly #unused = new Set<string>();

  constructor(
    private readonly t: TestContext,
    private readonly sandbox: Sandbox,
  ) {}

  async run({ language, text, typed, played }: Block): Promise<void> {
    if (language === 'console') return this.#runSteps(stepsOf(text, played), typed);
    if (language === 'crontab') return this.#runAsCron(text);
    if (language === 'text') return assert.doesNotMatch(text, /^\$ /m, 'a command is no picture');
    assert.equal(language, 'sh', 'a block says what it is: console, sh, crontab or text');
    const file = fileOf(text);
    if (file === undefined) return this.#succeed(`set -e\n${text}`, this.sandbox.env).then(() => undefined);
    const path = join(this.sandbox.home, file.name);
    await writeFile(path, `${text}\n`);
    await chmod(path, 0o755);
    this.#unused.add(file.name);
  }

  assertAllWasRun(): void {
    assert.deepEqual([...this.#unused], [], 'these files are used by nothing');
  }

  async #runSteps(steps: readonly Step[], typed: readonly string[]): Promise<void> {
    const followed: Promise<void>[] = [];
    for (const { command, shown, terminal } of steps) {
      if (terminal === undefined) {
        const printed = await this.#succeed(command, this.sandbox.env);
        if (!areLike(shown, printed)) assert.equal(likeness(printed.join('\n')), likeness(shown.join('\n')), command);
      } else {
        await this.#terminals.get(terminal)?.end();
        const job = this.#begin(command, this.sandbox.env, true);
        this.#terminals.set(terminal, job);
        const [first, ...rest] = shown.map((line) => line.replaceAll('/home/you', this.sandbox.home));
        if (first === undefined) continue;
        await job.line((printed) => isLike(first, printed));
        followed.push(follow(job, rest, typed));
      }
    }
    await Promise.all(followed);
  }

  async #runAsCron(text: string): Promise<void> {
    const { home, bin } = this.sandbox;
    const { environment, commands } = cronOf(text);
    const { PATH = '/usr/bin:/bin', ...rest } = environment;
    for (const command of commands) {
      await this.#succeed(command, {
        HOME: home,
        LOGNAME: 'you',
        SHELL: '/bin/sh',
        ...rest,
        PATH: `${bin}:${PATH}`,
      });
    }
  }

  /** Runs it to its end, which must be 0. Returns what it printed, as it is printed in the home of the pages. */
  async #succeed(command: string, env: Readonly<Record<string, string>>): Promise<string[]> {
    const { code, lines } = await this.#begin(command, env, false).ended;
    assert.equal(code, 0, `${command}\n${lines.join('\n')}`);
    return lines.map((line) => line.replaceAll(this.sandbox.home, '/home/you'));
  }

  #begin(command: string, env: Readonly<Record<string, string>>, isTyped: boolean): Job {
    for (const name of this.#unused) if (command.includes(name)) this.#unused.delete(name);
    return begin(this.t, command, { folder: this.sandbox.home, env, isTyped });
  }
}

/** What a person types is typed when all that is shown before it was printed. */
async function follow(job: Job, shown: readonly string[], typed: readonly string[]): Promise<void> {
  for (const line of shown) {
    if (typed.includes(line)) job.type(line);
    else await job.line((printed) => isLike(line, printed));
  }
}
