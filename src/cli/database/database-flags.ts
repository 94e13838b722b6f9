/** Flags of the commands that use a database themselves, and not through a server. */
import { boolean } from '@oclif/core/flags';
import { outputFlags } from '../app/flags.js';
import { databaseFlag } from './database-address.js';

export const singleNodeFlag = boolean({
  description: 'take a database without standbys: what is stored is on one disk',
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
