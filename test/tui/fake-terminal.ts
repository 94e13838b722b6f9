/** A fake terminal: tests type into it, and read what was written. */
import type { ProgramEnd, Terminal, TerminalListener, TerminalOptions } from '../../src/tui/render/terminal.js';
import type { Size } from '../../src/tui/rows/screen-regions.js';
import { type Input, KeyDecoder } from '../../src/tui/screen/key-decoder.js';

export class FakeTerminal implements Terminal {
  size: Size = { columns: 80, rows: 24 };
  colorDepth = 8;
  isBusy = false;
  isEntered = false;
  suspended = 0;
  configured: TerminalOptions | undefined;
  /** Each write. */
  readonly written: string[] = [];
  #listener: TerminalListener | undefined;
  readonly #keys = new KeyDecoder();

  enter(listener: TerminalListener): void {
    this.#listener = listener;
    this.isEntered = true;
  }

  leave(): void {
    this.isEntered = false;
  }

  configure({ hasMouse, hasTitle }: TerminalOptions): void {
    this.configured = { hasMouse, hasTitle };
  }

  write(bytes: string): void {
    if (bytes !== '') this.written.push(bytes);
  }

  suspend(): void {
    this.suspended += 1;
  }

  async lend<T extends ProgramEnd>(program: () => Promise<T>): Promise<T> {
    this.isEntered = false;
    const end = await program();
    this.isEntered = true;
    this.#listener?.invalidated();
    return end;
  }

  // For tests:

  type(text: string): void {
    for (const input of this.#keys.push(text, 0)) this.input(input);
  }

  input(input: Input): void {
    this.#listener?.input(input);
  }

  resize(size: Size): void {
    this.size = size;
    this.#listener?.invalidated();
  }

  drain(): void {
    this.isBusy = false;
    this.#listener?.drained();
  }
}
