/** The flags of `im send`. */
import { boolean, option, string } from '@oclif/core/flags';
import { commonFlags, timeout, userFlag } from '../app/flags.js';
import { formatDuration } from '../output/duration.js';
import { STDIN_MODES } from './message-source.js';
import { SENDING } from './send-limits.js';

export const sendFlags = {
  to: userFlag({
    description: 'the receiver; may be repeated',
    multiple: true,
    multipleNonGreedy: true,
    env: 'IM_SEND_TO',
  }),
  id: string({
    description: 'the id of the message; use the same one to repeat a send safely',
    helpValue: 'ID',
    env: 'IM_SEND_ID',
  }),
  wait: option({ options: ['stored', 'delivered'] as const })({
    description: 'the state that each message must reach',
    default: 'stored',
    env: 'IM_SEND_WAIT',
  }),
  timeout: timeout({
    description: `how long each message may take to reach it; default: ${formatDuration(SENDING.timeoutMs)}`,
    env: 'IM_TIMEOUT',
  }),
  'retry-for': timeout({
    description: 'how long to keep trying while the server cannot be reached; default: no longer than --timeout',
    env: 'IM_SEND_RETRY_FOR',
  }),
  stdin: option({ options: STDIN_MODES })({
    description: 'how to split standard input into messages; a line of jsonl is {"to":…,"body":…,"id":…}',
    default: 'all',
    env: 'IM_SEND_STDIN',
  }),
  exec: string({
    description: 'run this shell command first; the message is its exit code and its last lines of output',
    helpValue: 'CMD',
    env: 'IM_SEND_EXEC',
    exclusive: ['stdin', 'keep-going', 'token-stdin', 'json'],
  }),
  'keep-going': boolean({
    description: 'skip refused lines instead of stopping at the first',
    env: 'IM_SEND_KEEP_GOING',
  }),
  quiet: boolean({ description: 'print no ids', env: 'IM_SEND_QUIET' }),
  ...commonFlags,
};
