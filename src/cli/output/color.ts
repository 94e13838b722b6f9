/** Decides about colours, before any library that colours is loaded. */

/** What the decision depends on. */
interface ColorContext {
  readonly arguments: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Both stdout and stderr are terminals. */
  readonly isTerminal: boolean;
}

/** `--no-color`, `NO_COLOR`, `TERM=dumb` and "not a terminal" all mean: not one escape byte. */
export function wantsColor({ arguments: words, environment, isTerminal }: ColorContext): boolean {
  const end = words.indexOf('--');
  const flags = end === -1 ? words : words.slice(0, end);
  return isTerminal && !environment.NO_COLOR && environment.TERM !== 'dumb' && !flags.includes('--no-color');
}

/**
 * Tells the libraries. chalk, ansis and supports-color all obey FORCE_COLOR=0, also where they do not know NO_COLOR; and
 * a FORCE_COLOR from outside must not overrule what `wantsColour` says.
 */
export function applyColorChoice(environment: NodeJS.ProcessEnv, isTerminal: boolean): void {
  const scene = { arguments: process.argv.slice(2), environment, isTerminal };
  if (!wantsColor(scene)) environment.FORCE_COLOR = '0';
}
