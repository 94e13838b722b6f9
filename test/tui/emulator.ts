/** A terminal emulator without a window: the screen that results from the bytes that were written. */
import { createRequire } from 'node:module';
import type * as Headless from '@xterm/headless';
import type { Size } from '../../src/tui/rows/screen-regions.js';

// Its ES module has no named exports.
const { Terminal } = createRequire(import.meta.url)('@xterm/headless') as typeof Headless;

interface LinkService {
  getLinkData(id: number): { readonly uri: string } | undefined;
}

/** The URL (OSC 8) of a cell. @xterm/headless has no public way to ask for it. */
export function linkAt(terminal: Headless.Terminal, x: number, y: number): string | undefined {
  const { active } = terminal.buffer;
  const cell = active.getLine(active.baseY + y)?.getCell(x) as unknown as { extended?: { urlId: number } } | undefined;
  const { _oscLinkService: links } = (terminal as unknown as { _core: { _oscLinkService: LinkService } })._core;
  const id = cell?.extended?.urlId ?? 0;
  return id === 0 ? undefined : links.getLinkData(id)?.uri;
}

export class Emulator {
  readonly terminal: Headless.Terminal;

  constructor({ columns, rows }: Size) {
    this.terminal = new Terminal({ cols: columns, rows, allowProposedApi: true, scrollback: 100 });
  }

  /** Resolves when the bytes are processed. */
  write(bytes: string): Promise<void> {
    return new Promise((resolve) => this.terminal.write(bytes, resolve));
  }

  resize({ columns, rows }: Size): void {
    this.terminal.resize(columns, rows);
  }

  /** Whether the program has switched to the alternate screen. */
  get isAlternate(): boolean {
    return this.terminal.buffer.active.type === 'alternate';
  }

  get cursor(): { readonly x: number; readonly y: number } {
    const { cursorX, cursorY } = this.terminal.buffer.active;
    return { x: cursorX, y: cursorY };
  }

  /** The URL that a click on this cell opens. */
  linkAt(x: number, y: number): string | undefined {
    return linkAt(this.terminal, x, y);
  }

  /** The rows, without blanks at their ends. */
  rows(): string[] {
    const { active } = this.terminal.buffer;
    const rowAt = (y: number): string => active.getLine(active.baseY + y)?.translateToString(true) ?? '';
    return Array.from({ length: this.terminal.rows }, (_, y) => rowAt(y));
  }

  text(): string {
    return this.rows().join('\n');
  }
}
