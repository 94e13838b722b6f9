/** The flags of `im listen` alone. */
import { CLIError } from '@oclif/core/errors';
import { custom, integer, string } from '@oclif/core/flags';
import { timeout, userFlag } from '../app/flags.js';
import { type MessageFormat, parseFormat } from './message-format.js';

const format = custom<MessageFormat>({
  helpValue: 'TEXT',
  parse: async (text) => {
    const parsed = parseFormat(text);
    if (typeof parsed === 'function') return parsed;
    throw new CLIError(parsed.problem);
  },
});

export const listenFlags = {
  count: integer({ description: 'end after this many messages', min: 1, helpValue: 'N', env: 'IM_LISTEN_COUNT' }),
  timeout: timeout({
    description: 'end after this time; that is a failure if --count is not reached',
    env: 'IM_TIMEOUT',
  }),
  from: userFlag({
    description:
      'print only messages from this user; may be repeated. Messages from others are acked too, and kept unread for im connect',
    multiple: true,
    multipleNonGreedy: true,
    env: 'IM_LISTEN_FROM',
  }),
  format: format({
    description:
      'how to print a message: {from} {to} {id} {seq} {at} {attempt} {replay} {body} {line}. {line} is the body in one line; {body} indents its further lines. Write {{ }} \\\\ for { } \\, and \\n \\t for a new line and a tab',
    env: 'IM_LISTEN_FORMAT',
    exclusive: ['json', 'exec'],
  }),
  exec: string({
    description:
      'run this shell command for each message instead: IM_ID, IM_FROM, IM_BODY … are in its environment, the exact body on its standard input',
    helpValue: 'CMD',
    env: 'IM_LISTEN_EXEC',
    exclusive: ['json'],
  }),
};
