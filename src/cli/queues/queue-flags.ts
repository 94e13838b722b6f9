/** The flags that say which messages of the queues are meant; the same in every command about queues. */
import { CLIError } from '@oclif/core/errors';
import { custom, integer, option, string } from '@oclif/core/flags';
import type { QueueFilter } from '../../queue-admin/filter.js';
import { QUEUE_STATES, type QueueState } from '../../queue-admin/queued-message.js';
import { duration, userFlag } from '../app/flags.js';
import { parseTime, type TimeInput } from '../output/timestamps.js';

const moment = custom<TimeInput>({
  helpValue: 'TIME',
  parse: async (text) => {
    const parsed = parseTime(text);
    if (parsed) return parsed;
    throw new CLIError(`${text} is no time such as 2h (ago), 2026-01-31 or 2026-01-31T14:03`);
  },
});

const regexp = custom<RegExp>({
  helpValue: 'REGEXP',
  parse: async (text) => {
    try {
      return new RegExp(text, 'su');
    } catch (error) {
      throw new CLIError((error as Error).message);
    }
  },
});

/** `50/s`, or 50. */
export const rate = custom<number>({
  helpValue: 'N/s',
  parse: async (text) => {
    const perSecond = Number(/^(\d{1,7})(\/s)?$/.exec(text)?.[1] ?? 0);
    if (perSecond > 0) return perSecond;
    throw new CLIError(`${text} is no rate such as 50/s`);
  },
});

export const filterFlags = {
  from: userFlag({
    description: 'only from this sender; may be given again',
    multiple: true,
    multipleNonGreedy: true,
    env: 'IM_QUEUE_FROM',
  }),
  id: string({
    description: 'only this message; may be given again',
    multiple: true,
    multipleNonGreedy: true,
    helpValue: 'ID',
    env: 'IM_QUEUE_ID',
  }),
  since: moment({ description: 'stored then or later: 2h (ago), 2026-01-31, …', env: 'IM_QUEUE_SINCE' }),
  until: moment({ description: 'stored before then', env: 'IM_QUEUE_UNTIL' }),
  'min-age': duration({ description: 'stored at least so long ago', env: 'IM_QUEUE_MIN_AGE' }),
  grep: regexp({ description: 'only if the body has this', env: 'IM_QUEUE_GREP' }),
  limit: integer({
    aliases: ['max'],
    description: 'at most so many; --max is the same',
    min: 1,
    helpValue: 'N',
    env: 'IM_QUEUE_LIMIT',
  }),
};

export const statusFlag = option({ options: [...QUEUE_STATES, 'all'] as const })({
  description: 'which of them',
  default: 'undelivered',
  env: 'IM_QUEUE_STATUS',
});

export interface FilterFlags {
  readonly from?: readonly string[] | undefined;
  readonly id?: readonly string[] | undefined;
  readonly since?: TimeInput | undefined;
  readonly until?: TimeInput | undefined;
  readonly 'min-age'?: number | undefined;
  readonly grep?: RegExp | undefined;
}

/** @param now ms since 1970: what the ages and the hours ago are counted from. */
export function filterOf(flags: FilterFlags, status: QueueState | 'all', now: number): QueueFilter {
  const { from, id: ids, since, until, 'min-age': minAge, grep } = flags;
  const oldEnough = minAge === undefined ? Number.POSITIVE_INFINITY : now - minAge + 1;
  return { status, from, ids, since: since?.(now), until: Math.min(until?.(now) ?? oldEnough, oldEnough), grep };
}
