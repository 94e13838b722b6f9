/**
 * Runs every example of README.md, docs/scripting.md, docs/queue.md and docs/operations.md in order, in one home per page, and
 * unchanged but for two names: `chat.example:4690` and `http://127.0.0.1:4690` are the server that the page has started last, on
 * this machine.
 *
 * - `console`: `sh` runs each `$ command`, which must exit with 0 and print the lines shown (likeness.ts ignores ids, times
 *   and the like). With `# terminal N` it runs until the end of the page, or until another command uses that terminal; the
 *   lines shown must appear in this order, the first of them before the next command starts.
 * - `sh`: run as a script; or saved as a file for later blocks, if it begins with `#!`.
 * - `crontab`: each command is run in the environment of cron.
 * - `text`: an illustration; not run.
 *
 * A page ends at its first failure. A block that cannot be run has a comment with the reason: `<!-- not run: why -->`.
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

for (const path of ['README.md', 'docs/scripting.md', 'docs/queue.md', 'docs/operations.md']) {
  test(`every example of ${path} prints what the page shows`, { timeout: 150_000 }, async (t) => {
    const page = new Page(t, await makeSandbox(t));
    let location: string | undefined = path;
    t.signal.addEventListener('abort', () => location !== undefined && console.error(`${location} takes too long`));
    const text = await readFile(join(root, path), 'utf8');
    const readable = text.match(/^(\$ )?im user (add|rotate) .*> (?!\/dev\/null).*/gm);
    assert.equal(readable, null, 'others can read a token in a file that is made without umask');
    for (const block of blocksOf(text)) {
      location = `${path}:${block.line}`;
      if (block.notRun !== undefined) {
        t.diagnostic(`${location} is not run: ${block.notRun}`);
        continue;
      }
      await page.run(block).catch((cause) => {
        throw new Error(location, { cause });
      });
    }
    location = undefined;
    page.assertFilesUsed();
  });
}

class Page {
  /** Of the server that was started last. */
  #port = '4690';
  readonly #terminals = new Map<string, Job>();
  /** Names of saved files that no command has used yet. */
  readonly #unused = new Set<string>();

  constructor(
    private readonly t: TestContext,
    private readonly sandbox: Sandbox,
  ) {}

  async run({ language, text, typed, played }: Block): Promise<void> {
    if (language === 'console') return this.#runSteps(stepsOf(text, played), typed);
    if (language === 'crontab') return this.#runAsCron(text);
    if (language === 'text') return assert.doesNotMatch(text, /^\$ /m, 'a text block has no commands');
    assert.equal(language, 'sh', 'the language of a block is console, sh, crontab or text');
    const file = fileOf(text);
    if (file === undefined) return this.#succeed(`set -e\n${text}`, this.sandbox.env).then(() => undefined);
    const path = join(this.sandbox.home, file.name);
    await writeFile(path, `${text}\n`);
    await chmod(path, 0o755);
    this.#unused.add(file.name);
  }

  assertFilesUsed(): void {
    assert.deepEqual([...this.#unused], [], 'files that no command uses');
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
        await job.line((printed) => {
          this.#port = /^listening on wss?:.*:(\d+),/.exec(printed)?.[1] ?? this.#port;
          return isLike(first, printed);
        });
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

  /** Runs a command, which must exit with 0. Resolves with its output, with paths as in the pages. */
  async #succeed(command: string, env: Readonly<Record<string, string>>): Promise<string[]> {
    const { code, lines } = await this.#begin(command, env, false).ended;
    assert.equal(code, 0, `${command}\n${lines.join('\n')}`);
    return lines.map((line) => line.replaceAll(this.sandbox.home, '/home/you'));
  }

  #begin(command: string, env: Readonly<Record<string, string>>, isTyped: boolean): Job {
    for (const name of this.#unused) if (command.includes(name)) this.#unused.delete(name);
    const here = command
      .replaceAll('chat.example:4690', `localhost:${this.#port}`)
      .replaceAll('chat.example', 'localhost')
      .replaceAll('http://127.0.0.1:4690', `http://127.0.0.1:${this.#port}`);
    return begin(this.t, here, { folder: this.sandbox.home, env, isTyped });
  }
}

/** Waits for the shown lines in order. A line in `typed` is input: it is typed when the lines before it were printed. */
async function follow(job: Job, shown: readonly string[], typed: readonly string[]): Promise<void> {
  for (const line of shown) {
    if (typed.includes(line)) job.type(line);
    else await job.line((printed) => isLike(line, printed));
  }
}
