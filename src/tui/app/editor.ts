/** Runs the user's own editor for a long message, in the terminal that the screen has left. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '../../io/clock.js';
import { inline, type SafeText } from '../../text/safe-text.js';
import { TUI } from '../limits.js';
import type { Texts } from '../texts/en.js';

export interface EditorResult {
  /** The text as it was saved; undefined when it is not to be used. */
  readonly text?: string;
  /** Why not. */
  readonly problem?: SafeText;
  /** A signal ended the editor: it may have left the terminal as it was. */
  readonly wasKilled: boolean;
}

export interface Editor {
  /** Resolves when the editor has ended. Never rejects. */
  edit(text: string): Promise<EditorResult>;
  /** Ends a running editor. Resolves when it has ended, and its file is deleted. */
  stop(): Promise<void>;
}

/** Started by the shell: VISUAL and EDITOR may have arguments. */
const NOT_FOUND = 127;

interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export class ExternalEditor implements Editor {
  #child: ChildProcess | undefined;
  #running: Promise<unknown> = Promise.resolve();
  readonly #command: string;

  constructor(
    { VISUAL, EDITOR }: NodeJS.ProcessEnv,
    private readonly clock: Clock,
    private readonly texts: Texts['editor'],
  ) {
    this.#command = VISUAL || EDITOR || 'vi';
  }

  edit(text: string): Promise<EditorResult> {
    const running = this.#edit(text).catch(
      (error: Error): EditorResult => ({ problem: this.texts.noneBecause(inline(error.message)), wasKilled: false }),
    );
    this.#running = running;
    return running;
  }

  async stop(): Promise<void> {
    const child = this.#child;
    if (child) {
      child.kill('SIGTERM');
      const killing = this.clock.after(TUI.editorStopMs, () => child.kill('SIGKILL'));
      await this.#running;
      killing.cancel();
    }
    await this.#running;
  }

  /** In a folder that only this account can read. It is deleted with all that the editor has left in it. */
  async #edit(text: string): Promise<EditorResult> {
    const folder = await mkdtemp(join(tmpdir(), 'im-edit-'));
    const path = join(folder, 'message.txt');
    let isKept = false;
    try {
      await writeFile(path, text === '' ? '' : `${text}\n`, { mode: 0o600, flag: 'wx' });
      const settings = terminalSettings();
      const { code, signal } = await this.#run(path);
      if (settings !== undefined) stty(settings);
      const wasKilled = signal !== null;
      if (code !== 0) return { problem: this.#failure(code, signal), wasKilled };
      const edited = decode(await readFile(path));
      if (edited !== undefined && edited.length <= TUI.maxComposerLength) return { text: edited, wasKilled };
      isKept = true;
      const { notText, tooLong } = this.texts;
      return { problem: (edited === undefined ? notText : tooLong)(inline(path)), wasKilled };
    } finally {
      this.#child = undefined;
      if (!isKept) await rm(folder, { recursive: true, force: true });
    }
  }

  #run(path: string): Promise<Ended> {
    return new Promise((resolve, reject) => {
      // `exec`, so that a signal reaches the editor itself.
      const child = spawn('/bin/sh', ['-c', `exec ${this.#command} "$1"`, 'im', path], { stdio: 'inherit' });
      this.#child = child;
      child.on('error', reject);
      child.on('exit', (code, signal) => resolve({ code, signal }));
    });
  }

  #failure(code: number | null, signal: string | null): SafeText {
    if (signal !== null) return this.texts.killed(inline(signal));
    if (code === NOT_FOUND) return this.texts.missing(inline(this.#command));
    return this.texts.ended(code ?? 1);
  }
}

/** Without the newline that editors put at the end. Undefined when it is not UTF-8. */
function decode(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes).replace(/\r?\n$/, '');
  } catch {
    return undefined;
  }
}

/** The settings of the terminal, for `stty`: a killed editor does not restore them. Undefined without `stty`. */
const terminalSettings = (): string | undefined => stty('-g') || undefined;

const stty = (argument: string): string =>
  spawnSync('stty', [argument], { stdio: ['inherit', 'pipe', 'ignore'], encoding: 'utf8' }).stdout?.trim() ?? '';
