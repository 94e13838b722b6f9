/** The flags of `im inspect-queue`. */
import { boolean, integer, option } from '@oclif/core/flags';
import type { InferredFlags } from '@oclif/core/interfaces';
import { QUEUE_STATES } from '../../queue-admin/queued-message.js';
import { duration, identityFlags, outputFlags, serverFlags } from '../app/flags.js';
import { formatDuration } from '../output/duration.js';
import { filterFlags } from './queue-flags.js';
import { CHECK, WATCH } from './queue-limits.js';

export const inspectFlags = {
  status: option({ options: [...QUEUE_STATES, 'all'] as const })({
    description: 'which messages to show',
    default: 'undelivered',
    env: 'IM_QUEUE_STATUS',
  }),
  ...filterFlags,
  'no-body': boolean({ description: 'show no bodies', env: 'IM_INSPECT_QUEUE_NO_BODY' }),
  summary: boolean({
    description: 'show one line per mailbox, the longest waiting first, and the total',
    env: 'IM_INSPECT_QUEUE_SUMMARY',
    exclusive: ['limit', 'no-body'],
  }),
  check: boolean({
    description: 'print one line for monitoring, and use its exit codes',
    env: 'IM_INSPECT_QUEUE_CHECK',
    exclusive: ['limit', 'no-body', 'summary'],
  }),
  'warn-age': duration({
    description: `with --check: warning if a message is this old; default: ${formatDuration(CHECK.warnAgeMs)}`,
    env: 'IM_INSPECT_QUEUE_WARN_AGE',
  }),
  'crit-age': duration({
    description: `with --check: critical if a message is this old; default: ${formatDuration(CHECK.critAgeMs)}`,
    env: 'IM_INSPECT_QUEUE_CRIT_AGE',
  }),
  'warn-count': integer({
    description: 'with --check: warning at this many messages',
    min: 1,
    helpValue: 'N',
    env: 'IM_INSPECT_QUEUE_WARN_COUNT',
  }),
  'crit-count': integer({
    description: 'with --check: critical at this many messages',
    min: 1,
    helpValue: 'N',
    env: 'IM_INSPECT_QUEUE_CRIT_COUNT',
  }),
  audit: boolean({
    description: 'show what operators did to the queues: when, who, and to how many messages',
    env: 'IM_INSPECT_QUEUE_AUDIT',
    exclusive: ['check', 'limit', 'no-body', 'summary'],
  }),
  watch: boolean({
    description: 'repeat: redraw on a terminal; elsewhere, and with --json, print a line per change',
    env: 'IM_INSPECT_QUEUE_WATCH',
    exclusive: ['audit', 'check'],
  }),
  interval: duration({
    description: `with --watch: how often; default: ${formatDuration(WATCH.intervalMs)}, at least ${formatDuration(WATCH.minIntervalMs)}`,
    env: 'IM_INSPECT_QUEUE_INTERVAL',
  }),
  ...identityFlags,
  ...serverFlags,
  ...outputFlags,
};

/** The values of these flags, and of the argument USER. */
export type InspectFlags = InferredFlags<typeof inspectFlags> & { readonly user: string | undefined };
