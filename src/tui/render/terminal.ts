/** The terminal while the screen is open: modes, input, size. Its state is restored however the process ends. */
import { StringDecoder } from 'node:string_decoder';
import type { ReadStream, WriteStream } from 'node:tty';
import type { Clock, Timer } from '../../io/clock.js';
import type { Size } from '../rows/screen-regions.js';
import { type Input, KeyDecoder } from '../screen/key-decoder.js';

export interface Terminal {
  readonly size: Size;
  /** In bits: 1 is monochrome, 4 is 16 colors, 8 is 256 colors. */
  readonly colorDepth: number;
  /** Whether the output buffer is full; `drained` is called when it is empty. */
  readonly isBusy: boolean;
  /** Switches to raw input and the alternate screen, and starts to call the listener. */
  enter(listener: TerminalListener): void;
  /**
   * Restores the terminal. Does nothing if it is not entered. Input is left to the shell, or with `keepReading` to the next
   * reader in this process.
   */
  leave(keepReading?: boolean): void;
  /** Changes what the terminal reports and keeps, at once. */
  configure(options: TerminalOptions): void;
  /** Writes if the terminal is entered. */
  write(bytes: string): void;
  /** Restores the terminal and stops this process, as Ctrl+Z does; enters again when the process continues. */
  suspend(): void;
  /**
   * Restores the terminal, lets another program have it, and enters again when that has ended; not after a call of `leave`
   * meanwhile. Does nothing but run the program if it is not entered.
   */
  lend<T extends ProgramEnd>(program: () => Promise<T>): Promise<T>;
}

/** How a program has ended that had the terminal. */
export interface ProgramEnd {
  /** A signal ended it: it may not have reset what it had changed. */
  readonly wasKilled: boolean;
}

export interface TerminalListener {
  readonly input: (input: Input) => void;
  /** The size changed, or another program has drawn: everything must be redrawn. */
  readonly invalidated: () => void;
  /** The output buffer is empty after it was full. */
  readonly drained: () => void;
}

export interface TerminalOptions {
  /** Whether the terminal reports the mouse: for the wheel. Its own selection then needs Shift. */
  readonly hasMouse: boolean;
  /** Whether the title of the window is set: it is restored. */
  readonly hasTitle: boolean;
}

interface TerminalPorts {
  readonly stdin: ReadStream;
  readonly stdout: WriteStream;
  readonly clock: Clock;
}

const CSI = '\u001b[';

/**
 * Alternate screen (1049), no line wrap (7), bracketed paste (2004), focus reports (1004), and no Up and Down keys from the
 * mouse wheel (1007): they would recall earlier input.
 */
const ENTER = `${CSI}?1007s${CSI}?1007l${CSI}?1049h${CSI}?7l${CSI}?2004h${CSI}?1004h${CSI}2J${CSI}H`;
/** The reverse; also shows the cursor and resets the colors. */
const LEAVE = `${CSI}m${CSI}?1004l${CSI}?2004l${CSI}?7h${CSI}?25h${CSI}?1049l${CSI}?1007h${CSI}?1007r`;

/** Resets what a killed editor may leave: mouse reports, other keys than usual (keypad, cursor keys, modifyOtherKeys). */
const RESET_PROGRAM = `${CSI}?1000l${CSI}?1002l${CSI}?1003l${CSI}?1006l${CSI}?1l${CSI}>4m\u001b>`;

/** Keys of the terminal send them to all programs in front; only the one that has the terminal may take them. */
const KEY_SIGNALS = ['SIGINT', 'SIGQUIT'] as const;

/** Reports of the mouse: buttons and wheel (1000), with decimal numbers (1006). */
export const MOUSE_ON = `${CSI}?1000h${CSI}?1006h`;
export const MOUSE_OFF = `${CSI}?1006l${CSI}?1000l`;

/** Saves the title, and restores it; where terminals cannot do that, an empty one is the default. */
const SAVE_TITLE = `${CSI}22;2t`;
const RESTORE_TITLE = `\u001b]2;\u0007${CSI}23;2t`;

/** Still running this long after SIGTSTP: the signal was ignored, or the process has continued already. */
const STOP_TIMEOUT_MS = 100;

export class TtyTerminal implements Terminal {
  #listener: TerminalListener | undefined;
  readonly #decoder = new StringDecoder('utf8');
  readonly #keyDecoder = new KeyDecoder();
  #flushTimer: Timer | undefined;
  /** Another program has the terminal; this one is to enter it again. */
  #returnsTo: TerminalListener | undefined;

  constructor(
    private readonly ports: TerminalPorts,
    private options: TerminalOptions = { hasMouse: false, hasTitle: false },
  ) {}

  get #enter(): string {
    return (this.options.hasTitle ? SAVE_TITLE : '') + ENTER + (this.options.hasMouse ? MOUSE_ON : '');
  }

  get #leave(): string {
    return (this.options.hasMouse ? MOUSE_OFF : '') + LEAVE + (this.options.hasTitle ? RESTORE_TITLE : '');
  }

  configure(options: TerminalOptions): void {
    const { hasMouse, hasTitle } = this.options;
    this.options = options;
    if (options.hasMouse !== hasMouse) this.write(options.hasMouse ? MOUSE_ON : MOUSE_OFF);
    if (options.hasTitle !== hasTitle) this.write(options.hasTitle ? SAVE_TITLE : RESTORE_TITLE);
  }

  get size(): Size {
    const { columns, rows } = this.ports.stdout;
    // 0 means that the size is unknown.
    return { columns: columns || 80, rows: rows || 24 };
  }

  get colorDepth(): number {
    return this.ports.stdout.getColorDepth();
  }

  get isBusy(): boolean {
    return this.ports.stdout.writableNeedDrain;
  }

  enter(listener: TerminalListener): void {
    this.leave();
    this.#listener = listener;
    const { stdin, stdout } = this.ports;
    stdin.setRawMode(true);
    stdin.on('data', this.#onData);
    stdin.resume();
    stdout.on('resize', this.#onResize);
    stdout.on('drain', this.#onDrain);
    process.on('exit', this.#onExit);
    // Restore the terminal first: the error report must go to the shell's screen.
    process.prependListener('uncaughtException', this.#onExit);
    process.on('SIGTSTP', this.#onStop);
    process.on('SIGCONT', this.#onContinue);
    stdout.write(this.#enter);
  }

  leave(keepReading = false): void {
    this.#returnsTo = undefined;
    const listener = this.#listener;
    if (!listener) return;
    this.#listener = undefined;
    this.#flushTimer?.cancel();
    const { stdin, stdout } = this.ports;
    stdin.off('data', this.#onData);
    // A pause would cancel the pending read of the next reader.
    if (!keepReading) stdin.pause();
    stdin.setRawMode(false);
    stdout.off('resize', this.#onResize);
    stdout.off('drain', this.#onDrain);
    process.off('exit', this.#onExit);
    process.off('uncaughtException', this.#onExit);
    process.off('SIGTSTP', this.#onStop);
    process.off('SIGCONT', this.#onContinue);
    stdout.write(this.#leave);
    // The rest of what is unfinished goes to another program, or is lost.
    this.#decoder.end();
    emit(this.#keyDecoder.flush(), listener);
  }

  write(bytes: string): void {
    if (this.#listener) this.ports.stdout.write(bytes);
  }

  suspend(): void {
    const listener = this.#listener;
    if (!listener) return;
    this.leave();
    const resume = (): void => {
      process.off('SIGCONT', resume);
      timer.cancel();
      this.enter(listener);
      listener.invalidated();
    };
    process.on('SIGCONT', resume);
    // The signal is ignored in an orphaned process group, where no shell could continue us: then the timer resumes.
    process.kill(0, 'SIGTSTP');
    const timer = this.ports.clock.after(STOP_TIMEOUT_MS, resume);
  }

  async lend<T extends ProgramEnd>(program: () => Promise<T>): Promise<T> {
    const listener = this.#listener;
    if (!listener) return program();
    this.leave();
    this.#returnsTo = listener;
    const restoreSignals = ignoreKeySignals();
    const end = await program().finally(restoreSignals);
    const { stdout } = this.ports;
    if (end.wasKilled) stdout.write(RESET_PROGRAM);
    if (this.#returnsTo === undefined) {
      if (end.wasKilled) stdout.write(LEAVE);
      return end;
    }
    this.#returnsTo = undefined;
    this.enter(listener);
    listener.invalidated();
    return end;
  }

  readonly #onExit = (): void => this.leave();
  readonly #onStop = (): void => this.suspend();
  readonly #onDrain = (): void => this.#listener?.drained();
  readonly #onResize = (): void => this.#listener?.invalidated();

  /** Continued after a SIGSTOP: another program may have changed the terminal. */
  readonly #onContinue = (): void => {
    const listener = this.#listener;
    if (!listener) return;
    this.enter(listener);
    listener.invalidated();
  };

  readonly #onData = (bytes: Buffer): void => {
    this.#flushTimer?.cancel();
    const { clock } = this.ports;
    emit(this.#keyDecoder.push(this.#decoder.write(bytes), clock.monotonic()), this.#listener);
    const { flushAfterMs } = this.#keyDecoder;
    // An input may have left the terminal.
    if (flushAfterMs === undefined || !this.#listener) return;
    this.#flushTimer = clock.after(flushAfterMs, () => emit(this.#keyDecoder.flush(), this.#listener));
  };
}

/** Returns a function that restores the listeners. */
function ignoreKeySignals(): () => void {
  const ignore = (): void => undefined;
  const listeners = KEY_SIGNALS.map((signal) => [signal, process.rawListeners(signal)] as const);
  for (const signal of KEY_SIGNALS) process.removeAllListeners(signal).on(signal, ignore);
  return () => {
    for (const [signal, before] of listeners) {
      process.off(signal, ignore);
      for (const listener of before) process.on(signal, listener as NodeJS.SignalsListener);
    }
  };
}

/** All inputs of a read are handled, also those after one that leaves the terminal. */
function emit(inputs: readonly Input[], listener: TerminalListener | undefined): void {
  for (const input of inputs) listener?.input(input);
}
