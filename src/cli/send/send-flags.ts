/** The flags of `im send`. */
import { boolean, option, string } from '@oclif/core/flags';
import { identityFlags, outputFlags, serverFlags, timeout, userFlag } from '../app/flags.js';
import { STDIN_MODES } from './message-source.js';

export const sendFlags = {
  to: userFlag({
    description: 'who gets it; may be given again',
    multiple: true,
    multipleNonGreedy: true,
    env: 'IM_SEND_TO',
  }),
  id: string({ description: 'the id of the message, to send it again', helpValue: 'ID', env: 'IM_SEND_ID' }),
  wait: option({ options: ['stored', 'delivered'] as const })({
    description: 'what each message has to reach',
    default: 'stored',
    env: 'IM_SEND_WAIT',
  }),
  timeout: timeout({ description: 'how long a message may take for that; default: 10s', env: 'IM_TIMEOUT' }),
  'retry-for': timeout({
    description: 'how long the server may be out of reach meanwhile; default: no longer than --timeout',
    env: 'IM_SEND_RETRY_FOR',
  }),
  stdin: option({ options: STDIN_MODES })({
    description: 'how standard input is cut into messages; a line of jsonl is {"to":…,"body":…,"id":…}',
    default: 'all',
    env: 'IM_SEND_STDIN',
  }),
  exec: string({
    description: 'run this first; the message is how it ended, and the last lines that it printed',
    helpValue: 'CMD',
    env: 'IM_SEND_EXEC',
    exclusive: ['stdin', 'keep-going', 'token-stdin', 'json'],
  }),
  'keep-going': boolean({
    description: 'leave lines out that are refused, instead of stopping',
    env: 'IM_SEND_KEEP_GOING',
  }),
  quiet: boolean({ description: 'print no ids', env: 'IM_SEND_QUIET' }),
  ...identityFlags,
  ...serverFlags,
  ...outputFlags,
};
