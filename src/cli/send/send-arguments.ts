/** What the words of `im send` ask for: to whom, and with which body. Checked before anything is done. Pure. */
import { isMessageId, isUserName, MESSAGE_ID_RULE, USER_NAME_RULE } from '../../protocol/field-types.js';
import { Failure } from '../errors/failure.js';
import type { StdinMode } from './message-source.js';

interface SendArguments {
  /** Each once. None: every line of standard input names its own. */
  readonly targets: readonly string[];
  /** Undefined: it is on standard input, or a command makes it. */
  readonly body: string | undefined;
}

export interface RawSendArguments {
  /** The first two words. */
  readonly words: readonly (string | undefined)[];
  /** Of `--to`. With it, the only word is the body. */
  readonly to: readonly string[] | undefined;
  readonly id: string | undefined;
  readonly stdin: StdinMode;
  readonly exec: string | undefined;
}

const HOW = 'im send TO [BODY]; or, to several: im send --to alice --to bob [BODY]';

/** @throws Failure `usage` */
export function readSendArguments(given: RawSendArguments): SendArguments {
  const { id, stdin, exec } = given;
  const found = find(given);
  const { targets, body } = found;
  if (exec !== undefined && body !== undefined) {
    throw new Failure('usage', `--exec makes the message: ${body} is one word too many`, {
      next: "a command of several words is quoted: --exec 'make test'",
    });
  }
  if (id === undefined) return found;
  if (!isMessageId(id)) throw new Failure('usage', `--id must be ${MESSAGE_ID_RULE}`);
  if (targets.length === 1 && (body !== undefined || exec !== undefined || stdin === 'all')) return found;
  throw new Failure('usage', '--id names one message', {
    next: 'with --stdin jsonl each line can have an id of its own',
  });
}

function find({ words: [first, second], to, stdin, exec }: RawSendArguments): SendArguments {
  if (to !== undefined) {
    if (second === undefined) return { targets: [...new Set(to)], body: first };
    throw new Failure('usage', 'the targets are named by --to: the only word left is the BODY', {
      why: `what is left: ${first} and ${second}`,
      next: HOW,
    });
  }
  if (first === undefined) {
    if (stdin === 'jsonl' && exec === undefined) return { targets: [], body: undefined };
    throw new Failure('usage', 'missing: TO', { next: HOW });
  }
  if (isUserName(first)) return { targets: [first], body: second };
  throw new Failure('usage', `${first} is not a valid user name: ${USER_NAME_RULE}`, { next: HOW });
}
