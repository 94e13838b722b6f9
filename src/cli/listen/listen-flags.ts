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
  count: integer({ description: 'end after so many messages', min: 1, helpValue: 'N', env: 'IM_LISTEN_COUNT' }),
  timeout: timeout({ description: 'end after this time; with --count it is a failure', env: 'IM_TIMEOUT' }),
  from: userFlag({
    description:
      'only what this user sends; may be given again. What others send is acked too, and kept unread in the history: im connect shows it',
    multiple: true,
    multipleNonGreedy: true,
    env: 'IM_LISTEN_FROM',
  }),
  format: format({
    description:
      'how a message is printed: {from} {to} {id} {seq} {at} {attempt} {replay}, {body} with its further lines under a gutter, {line} with them in one line; {{ }} \\\\ for { } \\, \\n \\t for a new line and a tab',
    env: 'IM_LISTEN_FORMAT',
    exclusive: ['json', 'exec'],
  }),
  exec: string({
    description:
      'run this for each message instead: IM_ID, IM_FROM, IM_BODY … are in its environment, the exact body on its standard input',
    helpValue: 'CMD',
    env: 'IM_LISTEN_EXEC',
    exclusive: ['json'],
  }),
};
