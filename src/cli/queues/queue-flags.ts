/** The flags that select messages of the queues: the same in every command about queues. */
import { CLIError } from '@oclif/core/errors';
import { custom, integer, string } from '@oclif/core/flags';
import type { InferredFlags } from '@oclif/core/interfaces';
import type { QueueFilter } from '../../queue-admin/filter.js';
import type { QueueState } from '../../queue-admin/queue-source.js';
import { duration, userFlag } from '../app/flags.js';
import { parseTime, type TimeInput } from '../output/timestamps.js';

/** A point in time: see `parseTime`. */
export const time = custom<TimeInput>({
  helpValue: 'TIME',
  parse: async (text) => {
    const parsed = parseTime(text);
    if (parsed) return parsed;
    throw new CLIError(`${text} is not a time such as 2h (ago), 2026-01-31 or 2026-01-31T14:03`);
  },
});

export const regexp = custom<RegExp>({
  helpValue: 'REGEXP',
  parse: async (text) => {
    try {
      return new RegExp(text, 'su');
    } catch (error) {
      throw new CLIError((error as Error).message);
    }
  },
});

export const filterFlags = {
  from: userFlag({
    description: 'only messages from this user; may be repeated',
    multiple: true,
    multipleNonGreedy: true,
    env: 'IM_QUEUE_FROM',
  }),
  id: string({
    description: 'only messages with this id; may be repeated',
    multiple: true,
    multipleNonGreedy: true,
    helpValue: 'ID',
    env: 'IM_QUEUE_ID',
  }),
  since: time({
    description: 'only messages stored at this time or later: 2h (ago), 2026-01-31, …',
    env: 'IM_QUEUE_SINCE',
  }),
  until: time({ description: 'only messages stored before this time', env: 'IM_QUEUE_UNTIL' }),
  'min-age': duration({ description: 'only messages stored at least this long ago', env: 'IM_QUEUE_MIN_AGE' }),
  grep: regexp({ description: 'only messages whose body matches', env: 'IM_QUEUE_GREP' }),
  limit: integer({
    aliases: ['max'],
    description: 'at most this many messages; --max is the same',
    min: 1,
    helpValue: 'N',
    env: 'IM_QUEUE_LIMIT',
  }),
};

export type FilterFlags = Partial<Omit<InferredFlags<typeof filterFlags>, 'json'>>;

/** @param now ms since 1970: ages, and times such as `2h`, are relative to it. */
export function filterOf(flags: FilterFlags, status: QueueState | 'all', now: number): QueueFilter {
  const { from, id: ids, since, until, 'min-age': minAge, grep } = flags;
  const oldEnough = minAge === undefined ? Number.POSITIVE_INFINITY : now - minAge + 1;
  return { status, from, ids, since: since?.(now), until: Math.min(until?.(now) ?? oldEnough, oldEnough), grep };
}
