/** The real `im` in a pseudo-terminal, with an emulator of its screen. Tests wait for text on the screen, never for time. */
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

/** Waiting longer for a text fails the test. */
const TIMEOUT_MS = 60_000;

export class Pty {
  readonly emulator: Emulator;
  /** All output of the program. */
  raw = '';
  /** Resolves when the program has ended. */
  readonly ended: Promise<{ readonly exitCode: number; readonly signal?: number | undefined }>;
  /** Time of the last output; ms of performance.now(). */
  #wroteAt = 0;
  readonly #pty: IPty;
  readonly #waiters = new Set<() => void>();
  #hasEnded = false;

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
      void this.emulator.write(data).then(() => this.#checkAll());
    });
    this.ended = new Promise((resolve) => {
      this.#pty.onExit((end) => {
        this.#hasEnded = true;
        void this.emulator.write('').then(() => this.#checkAll());
        resolve(end);
      });
    });
    t.after(async () => {
      if (!this.#hasEnded) this.#pty.kill('SIGKILL');
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

  /** Closes the terminal, as a terminal emulator does that is closed. */
  hangUp(): void {
    (this.#pty as IPty & { destroy(): void }).destroy();
  }

  resize(columns: number, rows: number): void {
    this.emulator.resize({ columns, rows });
    this.#pty.resize(columns, rows);
  }

  /** Resolves when the screen shows this. Rejects, with the screen, if the program ends before, or after the timeout. */
  sees(wanted: string | RegExp | ((text: string) => boolean)): Promise<void> {
    const matches = (text: string): boolean => {
      if (typeof wanted === 'function') return wanted(text);
      return typeof wanted === 'string' ? text.includes(wanted) : wanted.test(text);
    };
    return new Promise((resolve, reject) => {
      const settle = (problem?: string): void => {
        clearTimeout(timer);
        this.#waiters.delete(check);
        if (problem === undefined) resolve();
        else reject(new Error(`${problem} ${wanted}:\n${this.emulator.text()}`));
      };
      const check = (): void => {
        if (matches(this.emulator.text())) settle();
        else if (this.#hasEnded) settle('ended without');
      };
      const timer = setTimeout(() => settle('timed out waiting for'), TIMEOUT_MS);
      this.#waiters.add(check);
      check();
    });
  }

  /** The chat ends because another one of its user has taken over: closes its screen, if it needs that. */
  async isReplaced(): Promise<{ readonly exitCode: number }> {
    this.sees('was logged out here').then(
      () => this.type('\u0003'),
      () => undefined, // it has ended by itself, or it is the other one that does
    );
    return this.ended;
  }

  /** Like `sees`; resolves with the time from now until the program wrote it, in ms. */
  async timeUntil(wanted: Parameters<Pty['sees']>[0]): Promise<number> {
    const start = performance.now();
    await this.sees(wanted);
    return this.#wroteAt - start;
  }

  #checkAll(): void {
    for (const check of this.#waiters) check();
  }
}
