/** The real `im` in a pseudo-terminal, and an emulator that shows what a person would see. Waits for what is seen, never for time. */

import { type IPty, spawn } from '@lydell/node-pty';
import { PROGRAM, type Scope } from '../harness/process.js';
import { Emulator } from './emulator.js';

export interface PtyOptions {
  readonly columns?: number;
  readonly rows?: number;
  readonly env: Readonly<Record<string, string>>;
  /** Another program than `im`, such as a shell. */
  readonly program?: string;
}

/** A barrier that never opens is a failure. */
const GIVE_UP_MS = 60_000;

export class Pty {
  readonly emulator: Emulator;
  /** Everything that the program wrote. */
  raw = '';
  /** Resolves with how it ended. */
  readonly ended: Promise<{ readonly exitCode: number; readonly signal?: number | undefined }>;
  /** When it wrote last; ms of performance.now(). */
  #wroteAt = 0;
  readonly #pty: IPty;
  readonly #looking = new Set<() => void>();
  #isOver = false;

  constructor(t: Scope, words: readonly string[], { columns = 80, rows = 24, env, program }: PtyOptions) {
    this.emulator = new Emulator({ columns, rows });
    const file = program ?? process.execPath;
    this.#pty = spawn(file, program === undefined ? [PROGRAM, ...words] : [...words], {
      cols: columns,
      rows,
      name: env.TERM ?? 'xterm-256color',
      env: { PATH: process.env.PATH ?? '', COLORTERM: 'truecolor', LANG: 'C.UTF-8', ...env },
    });
    this.#pty.onData((data) => {
      this.#wroteAt = performance.now();
      this.raw += data;
      void this.emulator.write(data).then(() => this.#look());
    });
    this.ended = new Promise((resolve) => {
      this.#pty.onExit((end) => {
        this.#isOver = true;
        void this.emulator.write('').then(() => this.#look());
        resolve(end);
      });
    });
    t.after(async () => {
      if (!this.#isOver) this.#pty.kill('SIGKILL');
      await this.ended;
    });
  }

  get pid(): number {
    return this.#pty.pid;
  }

  type(text: string): void {
    this.#pty.write(text);
  }

  kill(signal: NodeJS.Signals): void {
    process.kill(this.pid, signal);
  }

  resize(columns: number, rows: number): void {
    this.emulator.resize({ columns, rows });
    this.#pty.resize(columns, rows);
  }

  /** Resolves when the screen shows this. Fails, with the screen, when the program ends before, or when it takes too long. */
  sees(wanted: string | RegExp | ((text: string) => boolean)): Promise<void> {
    const isThere = (text: string): boolean => {
      if (typeof wanted === 'function') return wanted(text);
      return typeof wanted === 'string' ? text.includes(wanted) : wanted.test(text);
    };
    return new Promise((resolve, reject) => {
      const end = (why?: string): void => {
        clearTimeout(timer);
        this.#looking.delete(look);
        if (why === undefined) resolve();
        else reject(new Error(`${why} ${wanted}:\n${this.emulator.text()}`));
      };
      const look = (): void => {
        if (isThere(this.emulator.text())) end();
        else if (this.#isOver) end('ended without');
      };
      const timer = setTimeout(() => end('waited in vain for'), GIVE_UP_MS);
      this.#looking.add(look);
      look();
    });
  }

  /** The same; resolves with how long it took from now until the program had written it, in ms. */
  async seesWithin(wanted: Parameters<Pty['sees']>[0]): Promise<number> {
    const begun = performance.now();
    await this.sees(wanted);
    return this.#wroteAt - begun;
  }

  #look(): void {
    for (const look of this.#looking) look();
  }
}
