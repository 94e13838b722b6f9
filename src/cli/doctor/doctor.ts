/** `im doctor`: runs checks one after the other and prints what each found, with what to do about it. */
import { inline, type SafeText, safe } from '../../text/safe-text.js';
import type { Exit } from '../errors/exit-codes.js';
import type { Output } from '../output/output.js';
import { unlessClosed } from '../output/output-failure.js';

/** A result of a check. Contains no secrets. Texts may quote untrusted input: they are escaped where they are printed. */
export interface Finding {
  readonly check: string;
  readonly state: 'ok' | 'warning' | 'problem';
  readonly message: string;
  /** What to do next. */
  readonly next?: string | undefined;
  /** The exit code of the command if this is its first problem. */
  readonly exit?: Exit | undefined;
  /** More fields for `--json`. */
  readonly facts?: Readonly<Record<string, string | number | boolean | undefined>>;
}

/** Never throws because of what it checks: that becomes a finding. */
export type Check = () => Promise<readonly Finding[]>;

/** Prints each finding at once. Resolves with the exit of the first problem; `done` if there is none. */
export async function runChecks(checks: readonly Check[], output: Output): Promise<Exit> {
  let exit: Exit = 'done';
  for (const check of checks) {
    for (const finding of await check()) {
      const { check: name, state, message, next, facts } = finding;
      const object = { check: name, state, message, next, ...facts };
      await unlessClosed(output.json ? output.object(object) : output.line(toLine(finding)));
      if (state === 'problem' && exit === 'done') exit = finding.exit ?? 'unexpected';
    }
  }
  return exit;
}

/** `warning  data        /srv/im: others can read it - chmod 700 /srv/im` */
function toLine({ check, state, message, next }: Finding): SafeText {
  const text = safe`${inline(state.padEnd(9))}${inline(check.padEnd(12))}${inline(message)}`;
  return next === undefined ? text : safe`${text} - ${inline(next)}`;
}
