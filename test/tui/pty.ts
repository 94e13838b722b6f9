/** The real `im` in a pseudo-terminal, and an emulator that shows what a person would see. Waits for what is seen, never for time. */

import { type IPty, spawn } from '@lydell/node-pty';
import { PROGRAM, type Scope } from '../harness/process.js';
import { Emulator } from './emulator.js';

export interface PtyOptions {
  readonly columns?: number;
  readonly rows?: number;
  readonly env: Readonly<Record<string, string>>;
  /** Another program than `im`. */
  readonly program?: string;
}

export class Pty {
  readonly emulator: Emulator;
  /** Everything that the program wrote. */
  raw = '';
  /** Resolves with how it ended. */
  readonly ended: Promise<{ readonly exitCode: number; readonly signal?: number | undefined }>;
  readonly #pty: IPty;
  readonly #looking = new Set<() => void>();
  #isOver = false;

  constructor(t: Scope, words: readonly string[], { columns = 80, rows = 24, env, program }: PtyOptions) {
    this.emulator = new Emulator({ columns, rows });
    const [file, ...rest] = program === undefined ? [process.execPath, PROGRAM, ...words] : [program, ...words];
    this.#pty = spawn(file as string, rest, {
      cols: columns,
      rows,
      name: 'xterm-256color',
      env: { PATH: process.env.PATH ?? '', COLORTERM: 'truecolor', LANG: 'C.UTF-8', ...env },
    });
    this.#pty.onData((data) => {
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

  /** Resolves when the screen shows this. Fails, with the screen, when the program ends before. */
  sees(wanted: string | RegExp | ((text: string) => boolean)): Promise<void> {
    const isThere = (text: string): boolean =>
      typeof wanted === 'function'
        ? wanted(text)
        : typeof wanted === 'string'
          ? text.includes(wanted)
          : wanted.test(text);
    return new Promise((resolve, reject) => {
      const look = (): void => {
        const text = this.emulator.text();
        if (!isThere(text) && !this.#isOver) return;
        this.#looking.delete(look);
        if (isThere(text)) resolve();
        else reject(new Error(`ended without ${wanted}:\n${text}`));
      };
      this.#looking.add(look);
      look();
    });
  }

  #look(): void {
    for (const look of this.#looking) look();
  }
}
