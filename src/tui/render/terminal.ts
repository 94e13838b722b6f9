/** The terminal while the screen is open: its modes, its input, its size; and that it is left as it was found, whatever happens. */
import { StringDecoder } from 'node:string_decoder';
import type { ReadStream, WriteStream } from 'node:tty';
import type { Clock, Timer } from '../../io/clock.js';
import type { Size } from '../rows/screen-regions.js';
import { type Input, KeyDecoder } from '../screen/key-decoder.js';

export interface Terminal {
  readonly size: Size;
  /** Bits: 1 is none, 4 are 16 colours, 8 are 256. */
  readonly colorDepth: number;
  /** Whether the last write was taken: if not, the next one waits for `onDrain`. */
  readonly isBusy: boolean;
  /** Takes the terminal: raw input, a screen of our own. */
  enter(listener: TerminalListener): void;
  /**
   * Gives it back as it was. May be called at any time, also twice. What is typed from now on is left to the shell; with
   * `isReadOn` it waits for whoever reads on in this process.
   */
  leave(isReadOn?: boolean): void;
  write(bytes: string): void;
  /** Gives it back and stops this process, as Ctrl+Z does; takes it again when the process goes on. */
  suspend(): void;
}

export interface TerminalListener {
  readonly input: (input: Input) => void;
  /** The size changed, or somebody else has drawn: everything must be drawn again. */
  readonly lost: () => void;
  readonly drained: () => void;
}

interface TerminalPorts {
  readonly stdin: ReadStream;
  readonly stdout: WriteStream;
  readonly clock: Clock;
}

const CSI = '\u001b[';

/**
 * Screen of its own, no wrapping at its edge, pastes told from typing, focus reported; and a mouse wheel does not press Up and
 * Down, which would bring back what one wrote before.
 */
const ENTER = `${CSI}?1007s${CSI}?1007l${CSI}?1049h${CSI}?7l${CSI}?2004h${CSI}?1004h${CSI}2J${CSI}H`;
/** The reverse, with the cursor shown and nothing coloured. */
const LEAVE = `${CSI}m${CSI}?1004l${CSI}?2004l${CSI}?7h${CSI}?25h${CSI}?1049l${CSI}?1007h${CSI}?1007r`;

/** After a lone ESC, so long nothing comes if it was the key. */
const ESCAPE_MS = 40;
/** So long after the wish to stop we still run: either nothing can stop us, or we have been woken. */
const STOPPED_MS = 100;

export class TtyTerminal implements Terminal {
  #listener: TerminalListener | undefined;
  #text = new StringDecoder('utf8');
  #keys = new KeyDecoder();
  #escape: Timer | undefined;
  #resume: Timer | undefined;

  constructor(private readonly ports: TerminalPorts) {}

  get size(): Size {
    const { columns, rows } = this.ports.stdout;
    // A terminal that says 0 has not been told its size.
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
    stdin.on('data', this.#read);
    stdin.resume();
    stdout.on('resize', this.#lost);
    stdout.on('drain', this.#drained);
    process.on('exit', this.#leave);
    // An error is explained by whoever explains errors; on the screen of the shell, where it stays.
    process.prependListener('uncaughtException', this.#leave);
    process.on('SIGTSTP', this.#suspend);
    process.on('SIGCONT', this.#continue);
    stdout.write(ENTER);
  }

  leave(isReadOn = false): void {
    if (!this.#listener) return;
    this.#listener = undefined;
    this.#escape?.cancel();
    const { stdin, stdout } = this.ports;
    stdin.off('data', this.#read);
    // A pause ends the read that is under way, without a word to who has begun to wait for it.
    if (!isReadOn) stdin.pause();
    stdin.setRawMode(false);
    stdout.off('resize', this.#lost);
    stdout.off('drain', this.#drained);
    process.off('exit', this.#leave);
    process.off('uncaughtException', this.#leave);
    process.off('SIGTSTP', this.#suspend);
    process.off('SIGCONT', this.#continue);
    stdout.write(LEAVE);
  }

  write(bytes: string): void {
    if (this.#listener) this.ports.stdout.write(bytes);
  }

  suspend(): void {
    const listener = this.#listener;
    if (!listener) return;
    this.leave();
    const goOn = (): void => {
      process.off('SIGCONT', goOn);
      this.#resume?.cancel();
      this.#resume = undefined;
      this.enter(listener);
      listener.lost();
    };
    process.on('SIGCONT', goOn);
    // Where no shell could wake us again, the system does not stop us; then we just go on.
    process.kill(0, 'SIGTSTP');
    this.#resume = this.ports.clock.after(STOPPED_MS, goOn);
  }

  readonly #leave = (): void => this.leave();
  readonly #suspend = (): void => this.suspend();
  readonly #drained = (): void => this.#listener?.drained();
  readonly #lost = (): void => this.#listener?.lost();

  /** Stopped and woken by somebody else: whoever ran in between may have changed the terminal. */
  readonly #continue = (): void => {
    const listener = this.#listener;
    if (!listener) return;
    this.enter(listener);
    listener.lost();
  };

  readonly #read = (bytes: Buffer): void => {
    this.#escape?.cancel();
    this.#escape = undefined;
    this.#tell(this.#keys.push(this.#text.write(bytes)));
    if (this.#keys.isWaiting) this.#escape = this.ports.clock.after(ESCAPE_MS, () => this.#tell(this.#keys.flush()));
  };

  #tell(inputs: readonly Input[]): void {
    for (const input of inputs) this.#listener?.input(input);
  }
}
