/** The flags of `im purge`. */
import { boolean, string } from '@oclif/core/flags';
import type { InferredFlags } from '@oclif/core/interfaces';
import { identityFlags, outputFlags, serverFlags } from '../app/flags.js';
import { filterFlags } from '../queues/queue-flags.js';

export const purgeFlags = {
  ...filterFlags,
  'dry-run': boolean({
    description: 'show the messages and do nothing',
    env: 'IM_PURGE_DRY_RUN',
    exclusive: ['yes'],
  }),
  yes: boolean({ description: 'export and delete them', env: 'IM_PURGE_YES' }),
  export: string({
    description: 'the file to create for them; default: purged-USER-TIME.jsonl',
    helpValue: 'FILE',
    env: 'IM_PURGE_EXPORT',
  }),
  ...identityFlags,
  ...serverFlags,
  ...outputFlags,
};

/** The values of these flags, and of the argument USER. */
export type PurgeFlags = InferredFlags<typeof purgeFlags> & { readonly user: string };
