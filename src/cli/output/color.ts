/** Decides whether output is coloured, before any colour library is loaded. */

/** False for `--no-color`, `NO_COLOR`, `TERM=dumb`, and without a terminal: then no escape byte is written. */
export function wantsColor(argv: readonly string[], environment: NodeJS.ProcessEnv, isTerminal: boolean): boolean {
  const end = argv.indexOf('--');
  const flags = end === -1 ? argv : argv.slice(0, end);
  return isTerminal && !environment.NO_COLOR && environment.TERM !== 'dumb' && !flags.includes('--no-color');
}

/**
 * Disables colours in the libraries with FORCE_COLOR=0: chalk, ansis and supports-color all obey it, but not all of them
 * know NO_COLOR. It also overrides a FORCE_COLOR from outside.
 */
export function applyColorChoice({ argv, env, stdout, stderr }: NodeJS.Process): void {
  if (!wantsColor(argv.slice(2), env, Boolean(stdout.isTTY && stderr.isTTY))) env.FORCE_COLOR = '0';
}
