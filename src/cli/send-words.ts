/** What the words after `im send` ask for: to whom, and with which body. Pure. */
import { isUserName } from '../protocol/field.js';
import { Failure } from './failure.js';

export interface SendWords {
  /** Each once. None: every line of standard input names its own. */
  readonly targets: readonly string[];
  /** Undefined: it is on standard input, or a command makes it. */
  readonly body: string | undefined;
}

export interface GivenWords {
  /** The first two words. */
  readonly words: readonly (string | undefined)[];
  /** Of `--to`. With it, the only word is the body. */
  readonly to: readonly string[] | undefined;
  /** Whether each line of standard input may name its target. */
  readonly mayNameTarget: boolean;
}

const HOW = 'im send TO [BODY]; or, to several: im send --to alice --to bob [BODY]';

/** @throws Failure `usage` */
export function readWords({ words: [first, second], to, mayNameTarget }: GivenWords): SendWords {
  if (to !== undefined) {
    if (second === undefined) return { targets: [...new Set(to)], body: first };
    throw new Failure('usage', 'the targets are named by --to: the only word left is the BODY', {
      why: `there are two: ${first} and ${second}`,
      next: HOW,
    });
  }
  if (first === undefined) {
    if (mayNameTarget) return { targets: [], body: undefined };
    throw new Failure('usage', 'missing: TO', { next: HOW });
  }
  if (isUserName(first)) return { targets: [first], body: second };
  throw new Failure('usage', `${first} cannot be the name of a user: 1 to 32 of a-z 0-9 . _ -`, { next: HOW });
}
