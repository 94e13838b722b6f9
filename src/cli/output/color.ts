/** Decides whether output is coloured, before any colour library is loaded. */

interface ColorContext {
  readonly arguments: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Both stdout and stderr are terminals. */
  readonly isTerminal: boolean;
}

/** False for `--no-color`, `NO_COLOR`, `TERM=dumb`, and unless both streams are terminals: then no escape byte is written. */
export function wantsColor({ arguments: words, environment, isTerminal }: ColorContext): boolean {
  const end = words.indexOf('--');
  const flags = end === -1 ? words : words.slice(0, end);
  return isTerminal && !environment.NO_COLOR && environment.TERM !== 'dumb' && !flags.includes('--no-color');
}

/**
 * Disables colours in the libraries with FORCE_COLOR=0: chalk, ansis and supports-color all obey it, but not all of them
 * know NO_COLOR. It also overrides a FORCE_COLOR from outside.
 */
export function applyColorChoice(environment: NodeJS.ProcessEnv, isTerminal: boolean): void {
  if (!wantsColor({ arguments: process.argv.slice(2), environment, isTerminal })) environment.FORCE_COLOR = '0';
}
