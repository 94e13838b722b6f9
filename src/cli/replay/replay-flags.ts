/** The flags of `im replay`. */
import { CLIError } from '@oclif/core/errors';
import { boolean, custom, integer, string } from '@oclif/core/flags';
import type { InferredFlags } from '@oclif/core/interfaces';
import { identityFlags, outputFlags, serverFlags, timeout } from '../app/flags.js';
import { formatDuration } from '../output/duration.js';
import { filterFlags } from '../queues/queue-flags.js';
import { REPLAY } from './replay-limits.js';

/** `50/s`, or 50. */
const rate = custom<number>({
  helpValue: 'N/s',
  parse: async (text) => {
    const perSecond = Number(/^(\d{1,7})(\/s)?$/.exec(text)?.[1] ?? 0);
    if (perSecond > 0) return perSecond;
    throw new CLIError(`${text} is not a rate such as 50/s`);
  },
});

export const replayFlags = {
  delivered: boolean({
    description: 'push delivered messages instead of undelivered ones',
    env: 'IM_REPLAY_DELIVERED',
  }),
  file: string({ description: 'exported messages; - is standard input', helpValue: 'FILE', env: 'IM_REPLAY_FILE' }),
  ...filterFlags,
  'dry-run': boolean({ description: 'show the messages and do nothing', env: 'IM_REPLAY_DRY_RUN' }),
  rate: rate({ description: 'at most this many messages per second', env: 'IM_REPLAY_RATE' }),
  'original-timing': boolean({
    description: 'keep the pauses between the messages',
    env: 'IM_REPLAY_ORIGINAL_TIMING',
    exclusive: ['rate'],
  }),
  speed: integer({
    description: 'with --original-timing: this many times as fast',
    default: 1,
    min: 1,
    helpValue: 'N',
    env: 'IM_REPLAY_SPEED',
  }),
  'keep-going': boolean({
    description: 'with --file: skip refused lines instead of stopping at the first',
    env: 'IM_REPLAY_KEEP_GOING',
  }),
  timeout: timeout({
    description: `how long to wait for the acks; default: ${formatDuration(REPLAY.timeoutMs)} if the user is connected, otherwise not at all`,
    env: 'IM_TIMEOUT',
  }),
  ...identityFlags,
  ...serverFlags,
  url: string({
    aliases: ['to-url'],
    description: 'the server; default: the one that runs on --data',
    helpValue: 'URL',
    env: 'IM_URL',
    helpGroup: 'global',
  }),
  ...outputFlags,
};

/** The values of these flags, and of the argument USER. */
export type ReplayFlags = InferredFlags<typeof replayFlags> & { readonly user: string | undefined };
