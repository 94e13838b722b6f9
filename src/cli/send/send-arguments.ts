/** The targets and the body on the command line of `im send`, checked before anything is done. Pure. */
import { isMessageId, isUserName, MESSAGE_ID_RULE, USER_NAME_RULE } from '../../protocol/fields.js';
import { Failure } from '../errors/failure.js';
import type { StdinMode } from './message-source.js';

interface SendArguments {
  /** Without duplicates. Empty: each line of standard input names its own. */
  readonly targets: readonly string[];
  /** Undefined: it is on standard input, or the report of a command. */
  readonly body: string | undefined;
}

export interface SendFlags {
  /** If there are any, the only argument is the body. */
  readonly to?: readonly string[] | undefined;
  readonly id?: string | undefined;
  readonly re?: string | undefined;
  readonly stdin: StdinMode;
  readonly exec?: string | undefined;
  readonly 'token-file'?: string | undefined;
}

const USAGE = 'im send TO [BODY]; or, to several: im send --to alice --to bob [BODY]';

/**
 * @param words the first two arguments.
 * @param isDashText `-` came after `--`: then it is a message, and not standard input.
 * @throws Failure `usage`
 */
export function readSendArguments(
  words: readonly (string | undefined)[],
  flags: SendFlags,
  isDashText = false,
): SendArguments {
  const { id, re, stdin, exec, 'token-file': tokenFile } = flags;
  const { targets, body: word } = splitWords(words, flags);
  const body = word === '-' && !isDashText && exec === undefined ? undefined : word;
  const found = { targets, body };
  if (exec !== undefined && tokenFile === '-') {
    throw new Failure('usage', '--token-file - is not possible with --exec', {
      why: 'standard input belongs to the command',
      next: 'put the token into a file, or into IM_TOKEN',
    });
  }
  if (exec !== undefined && body !== undefined) {
    throw new Failure('usage', `unexpected BODY with --exec: ${body}`, {
      next: "quote a command of several words: --exec 'make test'",
    });
  }
  if (stdin !== 'all' && body !== undefined) {
    throw new Failure('usage', `unexpected BODY with --stdin ${stdin}: ${body}`, {
      why: 'the messages are on standard input',
      next: 'leave out one of the two',
    });
  }
  if (re !== undefined && !isMessageId(re)) throw new Failure('usage', `--re must be an id: ${MESSAGE_ID_RULE}`);
  if (re !== undefined && stdin === 'jsonl') {
    throw new Failure('usage', '--re is not possible with --stdin jsonl', { next: 'each line can have its own re' });
  }
  if (id === undefined) return found;
  if (!isMessageId(id)) throw new Failure('usage', `--id must be ${MESSAGE_ID_RULE}`);
  if (targets.length === 1 && (exec !== undefined || stdin === 'all')) return found;
  throw new Failure('usage', '--id needs exactly one message', {
    next: 'with --stdin jsonl each line can have its own id',
  });
}

function splitWords(words: readonly (string | undefined)[], { to, stdin, exec }: SendFlags): SendArguments {
  const [first, second] = words;
  if (to !== undefined) {
    if (second === undefined) return { targets: [...new Set(to)], body: first };
    throw new Failure('usage', 'with --to the only argument is BODY', {
      why: `there are two: ${first} and ${second}`,
      next: USAGE,
    });
  }
  if (first === undefined) {
    if (stdin === 'jsonl' && exec === undefined) return { targets: [], body: undefined };
    throw new Failure('usage', 'missing: TO', { next: USAGE });
  }
  if (isUserName(first)) return { targets: [first], body: second };
  throw new Failure('usage', `${first} is not a valid user name: ${USER_NAME_RULE}`, { next: USAGE });
}
