/** `im doctor`: looks at what `im` needs, from the ground up, and says what to do about what it finds. */
import { inline, type SafeText, safe } from '../../text/safe-text.js';
import type { Exit } from '../errors/exit-codes.js';
import type { Output } from '../output/output.js';

/** What one check found. Nothing in it is secret. Its texts may quote others: they are made safe where they are printed. */
export interface Finding {
  readonly check: string;
  readonly state: 'ok' | 'warning' | 'problem';
  readonly message: string;
  /** What to do next. */
  readonly next?: string | undefined;
  /** How a problem ends the command. */
  readonly exit?: Exit | undefined;
  /** The same for programs. */
  readonly facts?: Facts;
}

type Facts = Readonly<Record<string, string | number | boolean | undefined>>;

/** Looks at one thing. Finds what is wrong, and never throws because of it. */
export type Check = () => Promise<readonly Finding[]>;

/** Prints what each check finds as soon as it is found. Resolves with how the first problem ends the command; or `done`. */
export async function runChecks(checks: readonly Check[], output: Output): Promise<Exit> {
  let end: Exit = 'done';
  for (const check of checks) {
    for (const finding of await check()) {
      await (output.json ? output.object(objectOf(finding)) : output.line(lineOf(finding)));
      if (finding.state === 'problem' && end === 'done') end = finding.exit ?? 'unexpected';
    }
  }
  return end;
}

const objectOf = ({ check, state, message, next, facts }: Finding): object => ({
  check,
  state,
  message,
  next,
  ...facts,
});

/** `warning  data        /srv/im: others can read it - chmod 700 /srv/im` */
function lineOf({ check, state, message, next }: Finding): SafeText {
  const what = safe`${inline(state.padEnd(9))}${inline(check.padEnd(12))}${inline(message)}`;
  return next === undefined ? what : safe`${what} - ${inline(next)}`;
}
