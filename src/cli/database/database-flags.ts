/** Flags of the commands that use a database themselves, and not through a server. */
import { boolean } from '@oclif/core/flags';
import { outputFlags } from '../app/flags.js';
import { databaseFlag } from './database-address.js';

export const singleNodeFlag = boolean({
  description: 'one disk is meant; the database has no standbys',
  env: 'IM_SERVE_SINGLE_NODE',
});

export const databaseFlags = {
  database: databaseFlag({ required: true }),
  'single-node': singleNodeFlag,
  ...outputFlags,
};

export interface DatabaseFlags {
  readonly database: string;
  readonly 'single-node': boolean;
}
